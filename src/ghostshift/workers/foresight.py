"""Looks at the rows for `ghostshift plan`: whether all of them can be in the new table, as far as that is quickly seen.

The looks are those of a migration's start (nulls, guard, scout), in a session whose queries have a time limit. What is
not seen in time is said to be unknown, never taken for well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ghostshift.model.errors import DataLossError, Refused, ServerError
from ghostshift.model.options import Options
from ghostshift.model.plan import Plan
from ghostshift.model.remark import Remark
from ghostshift.mysql.session import Session
from ghostshift.workers import nulls
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.scout import Scout
from ghostshift.workers.survey import OUT_OF_TIME, SECONDS


@dataclass
class Foresight:
    """What was seen."""

    refused: list[Refused] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def try_(self, what: str, look: Callable[[], object]) -> bool:
        """Look; whether that came to an end in time. Raises ServerError."""
        try:
            look()
        except DataLossError as error:
            self.refused.append(Refused("rows-lost", str(error)))
        except ServerError as error:
            if error.errno not in OUT_OF_TIME:
                raise
            self.not_seen(what)
            return False
        return True

    def not_seen(self, what: str) -> None:
        """It took too long."""
        self.unknown.append(f"whether {what}: not all rows were looked at within {SECONDS} s; a migration does that")


def look_at_rows(session: Session, options: Options, plan: Plan, now: Callable[[], float]) -> Foresight:
    """All looks, one after another."""
    found, accepted = Foresight(), options.allow.data_loss
    found.try_("a row has NULL in the key", lambda: nulls.check_rows(session, plan))
    found.try_("rows clash in a new unique index", lambda: _clashes(session, plan, found, accepted=accepted))
    if not options.allow.skip_strict_mode:
        scout = Scout(plan, now, accepted=accepted)
        fits = "all rows fit"
        ended = found.try_(fits, lambda: scout.look(session, SECONDS))
        if ended and not scout.done and not found.refused:
            found.not_seen(fits)
    return found


def _clashes(session: Session, plan: Plan, found: Foresight, *, accepted: bool) -> None:
    guard = UniquenessGuard(plan)
    if not accepted:
        guard.check_original(session)
        return
    for index, rows in guard.count_original(session):
        text = f"{plan.table} loses about {rows} rows to the unique index {index!r} (--allow-data-loss)"
        found.remarks.append(Remark("loss-accepted", text))
