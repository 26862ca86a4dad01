"""What to do about an error of the server's."""

from __future__ import annotations

import pytest

from ghostshift.core.advice import advice, out_of_memory
from ghostshift.model.errors import MigrationError, ServerError


@pytest.mark.parametrize(
    ("errno", "text", "known"),
    [
        (1114, "The table '_t_gho' is full", True),
        (3675, "Create table/tablespace '_t_ghk' failed, as disk is full", True),
        (1021, "Disk full (/tmp/#sql); waiting for someone to free some space...", True),
        (3, "Error writing file './t/t_ghk.frm' (Errcode: 28 \"No space left on device\")", True),
        (1030, "Got error 28 from storage engine", True),
        (1030, "Got error 168 from storage engine", False),
        (3, "Error writing file 'x' (Errcode: 13 \"Permission denied\")", False),
        (1205, "Lock wait timeout exceeded", False),
    ],
)
def test_a_server_without_room_is_known_by_its_words(errno: int, text: str, known: bool) -> None:  # noqa: FBT001
    assert ("Make room" in advice(ServerError(errno, text))) is known


def test_want_of_memory_gets_a_message_and_all_else_stays() -> None:
    other = MigrationError("x")
    assert out_of_memory(other) is other
    assert out_of_memory(RuntimeError("x")).args == ("x",)
    for error in (MemoryError(), RuntimeError("can't start new thread")):
        told = out_of_memory(error)
        assert isinstance(told, MigrationError)
        assert "refused memory" in str(told)
        assert told.__cause__ is error
