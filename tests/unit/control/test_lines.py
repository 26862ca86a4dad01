"""The line protocol on a Unix socket: private, patient for a moment only, and gone at the end."""

from __future__ import annotations

import contextlib
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ghostshift.control import client, lines
from ghostshift.control.commands import Commands
from ghostshift.control.lines import LINE_LIMIT, LineServer
from ghostshift.control.sockets import FOLDER, Wanted, default_socket, read_listening
from ghostshift.model.errors import Aborted, Refused, UsageError
from ghostshift.model.messages import Serving
from ghostshift.model.notice import Notice
from ghostshift.model.options import Tunables
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup


@contextmanager
def serving(path: Path, board: StatusBoard | None = None, *, drop_existing: bool = False) -> Iterator[Stop]:
    stop = Stop()
    server = LineServer(
        Wanted(str(path), drop_existing=drop_existing), Commands(board or StatusBoard(), "orders"), stop
    )
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
    LineServer(Wanted(str(tmp_path / "s")), Commands(StatusBoard(), "orders"), stop)
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


@pytest.mark.parametrize("drop_existing", [True, False])
def test_a_socket_that_somebody_serves_is_left_to_him_and_named(tmp_path: Path, *, drop_existing: bool) -> None:
    path = tmp_path / "s"
    with listening(path):
        with pytest.raises(
            Refused, match=r"answers at the control socket .* give another --serve-socket-file"
        ) as error:
            LineServer(Wanted(str(path), drop_existing=drop_existing), Commands(StatusBoard(), "orders"), Stop())
        assert str(path) in str(error.value)
        assert path.is_socket()


def test_the_socket_of_a_run_that_died_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listening(path).close()
    assert path.exists()
    with serving(path):
        assert say(path, b"chunk-size=?\n") == "0\n"


@pytest.mark.parametrize("drop_existing", [True, False])
def test_a_link_to_a_socket_at_which_nobody_listens_is_never_removed(tmp_path: Path, *, drop_existing: bool) -> None:
    aim, path = tmp_path / "aim", tmp_path / "s"
    listening(aim).close()
    path.symlink_to(aim)
    with pytest.raises(UsageError, match="remove it, or give another --serve-socket-file"):
        LineServer(Wanted(str(path), drop_existing=drop_existing), Commands(StatusBoard(), "orders"), Stop())
    assert path.is_symlink()
    assert aim.is_socket()


@pytest.mark.parametrize("drop_existing", [True, False])
def test_a_file_that_is_no_socket_is_never_removed(tmp_path: Path, *, drop_existing: bool) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(UsageError, match="or give another --serve-socket-file"):
        LineServer(Wanted(str(path), drop_existing=drop_existing), Commands(StatusBoard(), "orders"), Stop())
    assert path.read_text() == "precious"


def test_the_next_files_have_the_usual_modes(tmp_path: Path) -> None:
    with serving(tmp_path / "s"):
        (tmp_path / "other").touch()
        assert stat.S_IMODE((tmp_path / "other").stat().st_mode) & 0o044


# -- several at once


def test_a_client_that_says_nothing_keeps_nobody_waiting(tmp_path: Path) -> None:
    with serving(tmp_path / "s"), contextlib.ExitStack() as silent:
        for _ in range(5):
            client = silent.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            client.connect(str(tmp_path / "s"))
            client.sendall(b"sta")
        assert say(tmp_path / "s", b"chunk-size=?\n") == "0\n"


def test_who_says_nothing_is_let_go_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "PATIENCE", 0.01)
    with serving(tmp_path / "s"):
        assert say(tmp_path / "s", b"chunk", end=False) == ""


def test_of_too_many_the_one_that_waited_longest_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MOST_CLIENTS", 2)
    with serving(tmp_path / "s"), contextlib.ExitStack() as silent:
        clients = [silent.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) for _ in range(3)]
        for client in clients:
            client.settimeout(10)
            client.connect(str(tmp_path / "s"))
        assert clients[0].recv(1) == b""
        clients[2].sendall(b"chunk-size=?\n")
        assert clients[2].recv(10) == b"0\n"


def test_a_command_that_takes_its_time_keeps_no_other_thread_s_clients_waiting(tmp_path: Path) -> None:
    held, go = threading.Event(), threading.Event()
    slow: list[str] = []

    def hear(notice: Notice) -> None:
        if notice.more["command"] == "throttle":
            held.set()
            assert go.wait(20)

    stop, board = Stop(), StatusBoard()
    server = LineServer(Wanted(str(tmp_path / "s")), Commands(board, "orders", stop, before=hear), stop)
    with WorkerGroup(stop, lambda: None) as group:
        for number in range(2):
            group.start(f"lines-{number}", server.run)
        group.start("slow", lambda: slow.append(say(tmp_path / "s", b"throttle\n")))
        assert held.wait(20)
        answers = [say(tmp_path / "s", b"chunk-size=?\n") for _ in range(3)]
        go.set()
    assert answers == ["0\n"] * 3


def test_those_of_the_network_cannot_take_the_thread_of_those_who_need_no_token(tmp_path: Path) -> None:
    """A hook that hangs is heard first of each of their commands."""
    go = threading.Event()
    stop, board = Stop(), StatusBoard()
    hanging = threading.Semaphore(0)
    path = str(tmp_path / "s")

    def hear(notice: Notice) -> None:
        if notice.more["command"] == "help":
            hanging.release()
            assert go.wait(20)

    port = free_port()
    wanted = Wanted(path, f"127.0.0.1:{port}", token_file=str(tmp_path / "token"))
    server = LineServer(wanted, Commands(board, "orders", stop, before=hear), stop)
    with WorkerGroup(stop, lambda: None) as group:
        group.start("all", server.run)
        group.start("private", server.run_private)
        clients = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(5)]
        for client in clients:
            client.sendall(b"help\n")
        assert hanging.acquire(timeout=20)
        answers = [say(tmp_path / "s", b"chunk-size=?\n") for _ in range(3)]
        go.set()
        for client in clients:
            client.close()
    assert answers == ["0\n"] * 3


def test_panic_is_answered_although_it_ends_the_server(tmp_path: Path) -> None:
    stop = Stop()
    server = LineServer(Wanted(str(tmp_path / "s")), Commands(StatusBoard(), "orders", stop), stop)
    answers: list[str] = []

    def serve() -> None:
        with WorkerGroup(stop, lambda: None) as group:
            group.start("lines", server.run)
            group.start("client", lambda: answers.append(say(tmp_path / "s", b"panic\n")))
            stop.wait(20)

    with pytest.raises(Aborted, match="panic"):
        serve()
    assert "aborted by the command panic" in answers[0]


# -- the network


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def test_over_the_network_one_may_look_and_with_the_token_change(tmp_path: Path) -> None:
    port, token_file = free_port(), tmp_path / "token"
    token_file.write_text("of a run that died")
    stop, board = Stop(), StatusBoard()
    wanted = Wanted(str(tmp_path / "s"), str(port), token_file=str(token_file))
    server = LineServer(wanted, Commands(board, "orders", stop), stop)
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    token = token_file.read_text().strip()
    assert len(token) >= 32
    with WorkerGroup(stop, lambda: None) as group:
        group.start("lines", server.run)
        where = ("127.0.0.1", port)
        assert client.ask(where, "chunk-size=?") == "0\n"
        with pytest.raises(UsageError, match="needs the token"):
            client.ask(where, "chunk-size=50")
        with pytest.raises(UsageError, match="the token is wrong"):
            client.ask(where, "chunk-size=50", "guess")
        assert board.get(Tunables, Tunables()).chunk_size == 0
        client.ask(where, "chunk-size=50", token)
        assert board.get(Tunables, Tunables()).chunk_size == 50
        assert client.ask(str(tmp_path / "s"), "chunk-size=?") == "50\n"
        assert board.get(Serving, Serving()) == Serving(str(tmp_path / "s"), "127.0.0.1", port)
    assert not token_file.exists()
    with pytest.raises(UsageError, match="nobody listens"):
        client.ask(where, "status")


def test_a_given_token_is_not_written(tmp_path: Path) -> None:
    stop = Stop()
    wanted = Wanted("", f"127.0.0.1:{free_port()}", token="mine", token_file=str(tmp_path / "token"))
    LineServer(wanted, Commands(StatusBoard(), "orders"), stop)
    assert list(tmp_path.iterdir()) == []
    stop.set()


def test_a_port_that_is_taken_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"--serve-tcp-port 127.0.0.1:{port} cannot be used"):
            LineServer(
                Wanted(str(tmp_path / "s"), str(port), token_file=str(tmp_path / "token")),
                Commands(StatusBoard(), "orders"),
                Stop(),
            )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_a_token_file_that_is_not_ours_is_never_replaced(tmp_path: Path, kind: str) -> None:
    token, aim = tmp_path / "token", tmp_path / "aim"
    if kind == "folder":
        token.mkdir()
    else:
        token.symlink_to(aim)
    wanted = Wanted("", str(free_port()), token_file=str(token))
    with pytest.raises(UsageError, match="cannot be written to"):
        LineServer(wanted, Commands(StatusBoard(), "orders"), Stop())
    assert not aim.exists()
    assert token.is_symlink() or token.is_dir()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ("", 0)),
        ("0", ("", 0)),
        ("10001", ("127.0.0.1", 10001)),
        ("192.0.2.1:9000", ("192.0.2.1", 9000)),
        ("[::1]:9000", ("::1", 9000)),
        ("db1:9000", ("db1", 9000)),
    ],
)
def test_where_to_listen(text: str, found: tuple[str, int]) -> None:
    assert read_listening(text) == found


@pytest.mark.parametrize("text", ["65536", "x", "host", "host:", ":9", "-1", "1.5", "99999", "h:99999", "::1"])
def test_a_bad_port_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--serve-tcp-port must be a port"):
        read_listening(text)


def test_the_usual_path_is_gh_osts_and_fits() -> None:
    assert default_socket("shop.orders") == f"{FOLDER}/gh-ost.shop.orders.sock"
    assert len(default_socket("s" * 64 + "." + "ö" * 64)) < 107
    assert default_socket("a/b.c").count("/") == 2
