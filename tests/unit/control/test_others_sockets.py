"""Sockets and files that another user of the machine has put where ours are looked for."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ghostshift.control import client
from ghostshift.control.commands import Commands
from ghostshift.control.lines import LineServer
from ghostshift.control.sockets import Wanted
from ghostshift.model.errors import Refused, UsageError
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop

NOBODY = 65534
ESCAPE = "\x1b]0;owned\x07\x1b[2J\u202e"

IMPOSTOR = """
import os, socket, sys
path, uid, answer = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3]) * int(sys.argv[4])
os.setgid(uid)
os.setuid(uid)
listening = socket.socket(socket.AF_UNIX)
listening.bind(path)
os.chmod(path, 0o777)
listening.listen()
print("ready", flush=True)
while True:
    line, _ = listening.accept()
    if line.recv(4096):
        try:
            line.sendall(answer)
        except OSError:
            pass
    line.close()
"""

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder such as /tmp: every user may make files in it. Not below pytest's, which is closed to others."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


@contextlib.contextmanager
def impostor(path: Path, answer: bytes, uid: int = NOBODY, times: int = 1) -> Iterator[None]:
    """Another user's process, which answers whoever comes to its socket, for the length of the block."""
    words = [sys.executable, "-I", "-S", "-c", IMPOSTOR, str(path), str(uid), answer.hex(), str(times)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


def said(text: str) -> bytes:
    """An answer as a migration gives it."""
    return (json.dumps({"ok": True, "answer": text}) + "\n").encode()


@as_root
def test_another_user_s_socket_is_talked_to_only_where_its_path_is_given(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shared / "gh-ost.shop.orders.sock"
    monkeypatch.setattr(client, "default_socket", lambda _: str(path))
    with impostor(path, said("Throttled\n")):
        with pytest.raises(UsageError, match=r"is served by the user nobody, .* give --socket="):
            client.ask(str(path), "throttle")
        assert client.ask(str(path), "throttle", anybodys=True) == "Throttled\n"


@as_root
def test_our_own_and_root_s_are_talked_to(shared: Path) -> None:
    with impostor(shared / "s", said("yes\n"), uid=0):
        assert client.ask(str(shared / "s"), "sup") == "yes\n"


@as_root
def test_a_list_shows_what_others_claim_but_obeys_no_escape(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(client, "FOLDER", str(shared))
    status = json.dumps({"table": f"`a`.`{ESCAPE}\n`", "state": ESCAPE})
    with (
        impostor(shared / "gh-ost.a.sock", said(status)),
        impostor(shared / "gh-ost.b.sock", said("[1]")),
        impostor(shared / "gh-ost.c.sock", said("{}")),
        impostor(shared / "gh-ost.d.sock", b"{"),
    ):
        client._list(as_json=False)
        client._list(as_json=True)
    shown = capsys.readouterr().out
    assert shown.count("gh-ost.a.sock") == 2
    assert not set(shown) & set(ESCAPE.translate({ord(sign): None for sign in "]0;owned[2J"}))
    assert len(shown.splitlines()) == 2


@as_root
def test_an_answer_without_an_end_is_not_read_for_ever(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_BYTES", 1 << 16)
    with (
        impostor(shared / "s", b"x" * 1024, times=256),
        pytest.raises(UsageError, match="does not answer as ghostshift does"),
    ):
        client.ask(str(shared / "s"), "sup", anybodys=True)


@as_root
@pytest.mark.parametrize("drop_existing", [True, False])
@pytest.mark.parametrize("alive", [True, False])
def test_a_path_that_another_user_has_taken_is_named_with_its_owner(
    shared: Path, *, alive: bool, drop_existing: bool
) -> None:
    path = shared / "s"
    with contextlib.ExitStack() as living:
        living.enter_context(impostor(path, said("x")))
        made = path.lstat()
        if not alive:
            living.close()
        kind = Refused if alive else UsageError
        with pytest.raises(kind, match=f"belongs to the user with the number {NOBODY}.* give another"):
            serve(path, drop_existing=drop_existing)
        assert (path.lstat().st_ino, path.lstat().st_uid) == (made.st_ino, NOBODY)


def test_a_link_in_the_socket_s_place_is_neither_followed_nor_heeded(tmp_path: Path) -> None:
    aim, path = tmp_path / "aim", tmp_path / "s"
    for made in (lambda: None, aim.touch):
        made()
        path.unlink(missing_ok=True)
        path.symlink_to(aim)
        with pytest.raises(UsageError, match="cannot be used"):
            serve(path)
        assert path.is_symlink()
    assert aim.read_bytes() == b""
    assert stat.S_ISREG(aim.lstat().st_mode)


def test_a_socket_that_has_taken_the_place_of_ours_is_not_removed_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = serve(path)
    path.unlink()
    second = serve(path)
    first.close()
    assert stat.S_ISSOCK(path.lstat().st_mode)
    second.close()
    assert not path.exists()


def serve(path: Path, **more: bool) -> LineServer:
    """Take commands there."""
    return LineServer(Wanted(str(path), **more), Commands(StatusBoard(), "orders"), Stop())
