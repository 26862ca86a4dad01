"""How long an answer is waited for: with two sockets, and looks that the test gives."""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator

import pytest

from ghostshift.mysql import patience
from ghostshift.mysql.patience import PatientReader, Sign

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    """Our end and the server's, with hardly any patience."""
    monkeypatch.setattr(patience, "SILENCE", 0.01)
    monkeypatch.setattr(patience, "AGAIN", 0.01)
    ours, theirs = socket.socketpair()
    ours.settimeout(patience.SILENCE)
    with ours, theirs:
        yield ours, theirs


class Looks:
    """Says what is seen, look by look; bytes are sent at that look."""

    def __init__(self, ends: Ends, *signs: Sign | bytes) -> None:
        self.left = list(signs)
        self.reader = io.BufferedReader(PatientReader(ends[0], self))
        self._theirs = ends[1]

    def __call__(self) -> Sign:
        """A look."""
        sign = self.left.pop(0)
        if isinstance(sign, bytes):
            self._theirs.sendall(sign)
            return Sign.IDLE
        return sign


def test_a_session_that_is_at_work_is_waited_for_however_often_it_takes(ends: Ends) -> None:
    looks = Looks(ends, *[Sign.WORKING] * 20, b"late")
    assert looks.reader.read(4) == b"late"
    assert not looks.left


def test_one_that_the_server_does_not_know_any_more_is_given_up_at_once(ends: Ends) -> None:
    looks = Looks(ends, Sign.WORKING, Sign.GONE)
    with pytest.raises(TimeoutError, match="has no such session"):
        looks.reader.read(4)


@pytest.mark.parametrize("sign", [Sign.IDLE, Sign.UNKNOWN])
def test_doubts_must_come_in_a_row(ends: Ends, sign: Sign) -> None:
    looks = Looks(ends, sign, sign, Sign.WORKING, sign, sign, sign, Sign.WORKING)
    with pytest.raises(TimeoutError, match="nothing comes from the server any more"):
        looks.reader.read(4)
    assert len(looks.left) == 1


def test_an_answer_that_was_on_its_way_while_it_was_looked_is_taken(ends: Ends) -> None:
    looks = Looks(ends, Sign.IDLE, b"half", b"done", Sign.GONE)
    assert looks.reader.read(4) == b"half"
    assert looks.reader.read(4) == b"done"
    assert ends[0].gettimeout() == patience.SILENCE


def test_a_connection_that_was_closed_is_no_matter_of_patience(ends: Ends) -> None:
    looks = Looks(ends)
    ends[1].close()
    assert looks.reader.read(4) == b""
