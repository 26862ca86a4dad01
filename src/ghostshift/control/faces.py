"""The command server of a migration as faces to run beside its workers: `api.migrate(options, faces=control_faces(…))`.

Several threads serve the same sockets, so that a command that takes its time keeps no other one waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from ghostshift.control.commands import Commands
from ghostshift.control.lines import LineServer
from ghostshift.control.sockets import TOKEN_VARIABLE, Wanted, default_socket, read_listening, token_file_of
from ghostshift.model.address import show_address
from ghostshift.model.notice import Hear
from ghostshift.model.options import Options
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.notifier import Notifier

THREADS = 3

MakeFace = Callable[[StatusBoard, Stop], Callable[[], None]]

_log = logging.getLogger("ghostshift")


def control_faces(options: Options, token: str = "", before: Hear | None = None) -> dict[str, MakeFace]:
    """Faces that take commands where the options say. Raises UsageError for an address that is none.

    `token` is what the network must say to change anything; without one it is made, and written to a private file.
    The hearers of the migration hear of each command first, and may object; `before` stands in for them.
    """
    wanted = wanted_of(options, token)
    if not (wanted.path or wanted.serving().tcp_port):
        return {}
    made: list[LineServer] = []

    def first(board: StatusBoard, stop: Stop) -> Callable[[], None]:
        hear = before or (lambda notice: Notifier.of(board).pass_on(notice))
        commands = Commands(board, options.table, stop, settings=options.cut_over, before=hear)
        made.append(LineServer(wanted, commands, stop))
        _tell(wanted)
        return made[0].run

    faces: dict[str, MakeFace] = {"control-1": first}
    for number in range(2, THREADS):
        faces[f"control-{number}"] = lambda _, __: made[0].run
    return {**faces, f"control-{THREADS}": lambda _, __: made[0].run_private}


def wanted_of(options: Options, token: str = "") -> Wanted:
    """Where these options want commands to be taken."""
    path = options.serve_socket_file or default_socket(f"{options.schema}.{options.table}")
    beside = default_socket(f"{options.schema}.{options.table}") if path == "-" else path
    read_listening(options.serve_tcp)
    return Wanted(
        path="" if path == "-" else path,
        tcp=options.serve_tcp,
        drop_existing=options.initially_drop_socket_file,
        token=token,
        token_file=token_file_of(beside),
    )


def _tell(wanted: Wanted) -> None:
    serving = wanted.serving()
    if serving.tcp_port:
        where = f"in {TOKEN_VARIABLE}" if wanted.token else f"in the file {wanted.token_file}"
        _log.warning(
            "commands are taken on %s from everybody who can reach it; to change anything they need the token %s",
            show_address(serving.tcp_host, serving.tcp_port),
            where,
        )
