"""What a run that failed leaves to whoever comes after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ghostshift.core.parting import last_word, refuted
from ghostshift.model.checkpoint import Compared
from ghostshift.model.errors import (
    DataLossError,
    MigrationError,
    ServerChanged,
    ServerError,
    StreamError,
    StreamLost,
    VerificationFailed,
)
from unit.core.test_checkpoints import PLAIN

REVERT = replace(PLAIN, revert=True)


@pytest.mark.parametrize(
    ("error", "migration", "revert"),
    [
        (StreamError("why"), "--no-resume", "--no-resume and --timestamp-old-table"),
        (VerificationFailed("why"), "--no-resume", "with --no-verify"),
        (DataLossError("why"), "--no-resume", "the same command again"),
        (StreamLost("why"), "the same command again", "the same command again"),
        (ServerChanged("why"), "the same command again", "the same command again"),
        (ServerError(1146, "why"), "the same command again", "the same command again"),
    ],
)
def test_nothing_is_advised_that_would_be_refused(error: MigrationError, migration: str, revert: str) -> None:
    facts, word = last_word(PLAIN, error)
    assert migration in word
    assert facts == ({"hopeless": "why"} if migration == "--no-resume" else {})
    facts, word = last_word(REVERT, error)
    assert revert in word
    assert "same command with --no-resume" not in word
    assert ("hopeless" in facts) is (type(error) is StreamError)


def test_a_revert_compares_all_again_after_rows_that_differed() -> None:
    facts, _ = last_word(replace(REVERT, compared=Compared(after=(9,), rows=9)), VerificationFailed("why"))
    assert facts == {"compared": Compared()}


def test_without_its_checkpoint_a_migration_begins_anew_and_a_revert_cannot() -> None:
    gone = ServerError(1146, "why")
    assert "somebody has dropped it" in last_word(PLAIN, gone, "it")[1]
    assert "--initially-drop-ghost-table" in last_word(PLAIN, gone, "it")[1]
    facts, word = last_word(REVERT, gone, "it")
    assert not facts
    assert "somebody has dropped it" in word
    assert "--initially" not in word


def test_what_was_refused_is_not_advised_any_more() -> None:
    hint = last_word(PLAIN, ServerChanged("why"))[1]
    assert "the same command again" in hint
    assert refuted(["left on the server", hint], "leave out --no-verify") == [
        "left on the server",
        "the same command cannot go on with it: leave out --no-verify",
    ]
