"""The line protocol on a Unix socket: private, patient for a moment only, and gone at the end."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ghostshift.control.commands import Commands
from ghostshift.control.lines import LINE_LIMIT, LineServer
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup


@contextmanager
def serving(path: Path, board: StatusBoard | None = None, *, drop_existing: bool = False) -> Iterator[Stop]:
    stop = Stop()
    server = LineServer(str(path), Commands(board or StatusBoard(), "orders"), stop, drop_existing=drop_existing)
    with WorkerGroup(stop, lambda: None) as group:
        group.start("lines", server.run)
        yield stop


def say(path: Path, words: bytes, *, end: bool = True) -> str:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(10)
        client.connect(str(path))
        client.sendall(words)
        if end:
            client.shutdown(socket.SHUT_WR)
        answer = b""
        while more := client.recv(4096):
            answer += more
    return answer.decode()


def test_a_line_gets_a_reply_and_the_end(tmp_path: Path) -> None:
    board = StatusBoard()
    with serving(tmp_path / "s", board):
        assert "throttled" in say(tmp_path / "s", b"throttle\nrubbish", end=False)
    assert board.get(Tunables, Tunables()).throttled_by_user


def test_a_line_may_end_with_the_clients_side_and_may_be_no_text(tmp_path: Path) -> None:
    with serving(tmp_path / "s"):
        assert say(tmp_path / "s", b"chunk-size=?") == "0\n"
        assert say(tmp_path / "s", b"\xff\xfe\n").startswith("unknown command")
        assert say(tmp_path / "s", b"") == "unknown command: \n"


def test_a_line_without_an_end_is_not_read_for_ever(tmp_path: Path) -> None:
    with serving(tmp_path / "s"):
        assert say(tmp_path / "s", b"x" * LINE_LIMIT, end=False).startswith("unknown command: xxx")


def test_a_client_that_hangs_up_is_its_own_loss(tmp_path: Path) -> None:
    with serving(tmp_path / "s"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.connect(str(tmp_path / "s"))
        assert say(tmp_path / "s", b"chunk-size=?\n") == "0\n"


def test_the_socket_is_its_owners_alone_and_is_gone_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


def test_the_socket_is_gone_also_where_the_server_never_ran(tmp_path: Path) -> None:
    stop = Stop()
    LineServer(str(tmp_path / "s"), Commands(StatusBoard(), "orders"), stop, drop_existing=False)
    stop.set()
    assert not (tmp_path / "s").exists()


def test_a_server_that_has_ended_does_not_remove_the_next_ones_socket(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(path) as stop:
        stop.set()
        stop.wait(0)
        while path.exists():
            threading.Event().wait(0.01)
        path.touch()
    assert path.exists()


def listening(path: Path) -> socket.socket:
    """Somebody else's socket, alive until it is closed."""
    other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    other.bind(str(path))
    other.listen(1)
    return other


def test_a_socket_that_somebody_serves_is_named_with_what_to_do_and_a_flag_takes_it_over(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listening(path):
        with pytest.raises(UsageError, match=r"control socket .*remove it, give --initially-drop-socket-file") as error:
            LineServer(str(path), Commands(StatusBoard(), "orders"), Stop(), drop_existing=False)
        assert str(path) in str(error.value)
        with serving(path, drop_existing=True):
            assert say(path, b"chunk-size=?\n") == "0\n"


def test_the_socket_of_a_run_that_died_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listening(path).close()
    assert path.exists()
    with serving(path):
        assert say(path, b"chunk-size=?\n") == "0\n"


@pytest.mark.parametrize("drop_existing", [True, False])
def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path, *, drop_existing: bool) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(UsageError, match="or another --serve-socket-file"):
        LineServer(str(path), Commands(StatusBoard(), "orders"), Stop(), drop_existing=drop_existing)
    assert path.read_text() == "precious"


def test_the_next_files_have_the_usual_modes(tmp_path: Path) -> None:
    with serving(tmp_path / "s"):
        (tmp_path / "other").touch()
        assert stat.S_IMODE((tmp_path / "other").stat().st_mode) & 0o044
