"""What a run that failed leaves to whoever comes after it: words for a person, and facts for its checkpoint. Pure.

Must never advise what would be refused: a revert cannot be begun anew, for the old table is not any more as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ghostshift.model.checkpoint import Checkpoint, Compared
from ghostshift.model.errors import DataLossError, ServerChanged, StreamError, StreamLost, VerificationFailed

GO_ON = "to go on where it ended, give the same command again"

GIVE_UP = "give it up with migrate … --no-resume and --timestamp-old-table, which leaves the old table there"


def last_word(last: Checkpoint, error: BaseException, gone: str = "") -> tuple[Mapping[str, Any], str]:
    """Facts to be noted in the checkpoint, if any, and how to go on. `gone`: the error says that this is not there."""
    if last.revert:
        return _of_a_revert(error, gone)
    if _final(error, DataLossError, VerificationFailed):
        return {"hopeless": str(error)}, "to begin anew, give the same command with --no-resume"
    if gone:
        return {}, (
            f"somebody has dropped {gone}: nobody can go on where this ended. To begin anew, give "
            "--initially-drop-ghost-table"
        )
    return {}, GO_ON


def refuted(notes: Iterable[str], refusal: str) -> list[str]:
    """What is said with an error after the same command was tried again, and refused: not to give it once more."""
    return [*(note for note in notes if note != GO_ON), f"the same command cannot go on with it: {refusal}"]


def _of_a_revert(error: BaseException, gone: str) -> tuple[Mapping[str, Any], str]:
    if isinstance(error, VerificationFailed):
        # The rows may be mended, or be meant to come back as they are; what was found equal before is asked again.
        return {"compared": Compared()}, (
            "to compare all rows again, give the same command again; with --no-verify the old table comes back as it is"
        )
    if _final(error):
        return {"hopeless": str(error)}, f"nobody can go on with this revert, nor begin it anew: {GIVE_UP}"
    if gone:
        return {}, f"somebody has dropped {gone}: nobody can go on with this revert, nor begin it anew"
    return {}, GO_ON


def _final(error: BaseException, *more: type[BaseException]) -> bool:
    """Whether it would end every other run as well."""
    return isinstance(error, (StreamError, *more)) and not isinstance(error, (StreamLost, ServerChanged))
