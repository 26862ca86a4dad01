"""Whose row events and statements count, from which place in the log on.

A migration follows the original until the swap, and from there what bears its name. A revert begins in the log before
the swap that it undoes: until then the names stand for other tables, and whatever is said of them is done already.
Behind that swap nobody may write to the old table before we do, for nobody could tell which rows are wrong in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ghostshift.model.change import Statement, WatchedTable
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.names import TableName, quote_name
from ghostshift.model.plan import Plan
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.cutover_statements import swap, swap_begins
from ghostshift.sql.indexes import LOCKS, add_indexes
from ghostshift.sql.loosening import change_names, exchange
from ghostshift.sql.statements import CHANGELOG_COLUMNS, changelog_begins, set_counter
from ghostshift.sql.triggers import drop_trigger, head_of
from ghostshift.workers.changelog import CHANGELOG_KEY
from ghostshift.workers.streamer import OLD, LogState, begins, statement_words


def log_state(plan: Plan, last: Checkpoint, *, back: bool) -> LogState:
    """What of our own will be in the log: the swap, and the making and dropping of triggers."""
    ghost, changelog = plan.ghost.name, plan.helpers.changelog
    expected = {statement_words(drop_trigger(ghost.schema, trigger.name)) for trigger in plan.triggers}
    if last.later:  # and the adding of indexes, which an earlier run may have done
        adding = (add_indexes(ghost, last.later, lock, mariadb=plan.ghost.mariadb) for lock in LOCKS)
        expected.update(map(statement_words, adding))
    if last.whole:  # and its last form
        expected.update(map(statement_words, (exchange(ghost, plan.helpers.shell), change_names(plan.helpers))))
    return LogState(
        rename=statement_words(swap(plan.table, plan.helpers, back=back)),
        triggers=tuple(head_of(trigger.target, ghost) for trigger in plan.triggers),
        expected=expected,
        counter=statement_words(set_counter(ghost, 0))[:-1],
        opening=statement_words(swap_begins(plan.table, ghost)) if last.revert else (),
        beginning=statement_words(changelog_begins(changelog)) if last.revert else (),
        opened=last.opened,
        writing=last.opened,
        changelog=changelog,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """The tables whose rows are decoded, at each place of the log."""

    plan: Plan
    changelog: TableName
    log: Guarded[LogState]
    test: bool = False
    """Names are swapped and swapped back: nothing changes."""

    def start(self) -> tuple[tuple[WatchedTable, ...], Rewatcher]:
        """What to watch where the log is read from now, and who says what to watch from a statement on."""
        with self.log.open() as state:
            state_now = _Place(opened=state.opened, writing=state.writing, swapped=state.swapped and not self.test)
            rewatcher = Rewatcher(self, state_now, state.rename, state.opening, state.beginning)
        return rewatcher.watched(), rewatcher


@dataclass(slots=True)
class _Place:
    opened: bool
    writing: bool
    swapped: bool


@dataclass(slots=True)
class Rewatcher:
    """Follows the statements of one stream. For the thread that reads it."""

    _watching: Watching
    _place: _Place
    _rename: tuple[str, ...]
    _opening: tuple[str, ...]
    _beginning: tuple[str, ...]

    def watched(self) -> tuple[WatchedTable, ...]:
        """The tables at this place."""
        plan, place = self._watching.plan, self._place
        changelog = WatchedTable("changelog", self._watching.changelog, CHANGELOG_KEY, CHANGELOG_COLUMNS, news=True)
        if not place.opened:
            return (changelog,)
        if place.swapped:
            return (WatchedTable("swapped", plan.table, plan.ghost_key, plan.ghost.logged_columns), changelog)
        original = WatchedTable("original", plan.table, plan.key, plan.original.logged_columns)
        if place.writing:
            return (original, changelog)
        return (original, WatchedTable(OLD, plan.ghost.name, plan.ghost_key, plan.ghost.logged_columns), changelog)

    def __call__(self, statement: Statement) -> Sequence[WatchedTable] | None:
        """The tables from this statement on, where it changes them."""
        plan, place = self._watching.plan, self._place
        # Ours name them in backquotes, and a backquote within a name is written twice.
        if not any(quote_name(name.table) in statement.text for name in (plan.table, self._watching.changelog)):
            return None
        words = statement_words(statement.text)
        if not place.opened:
            if not begins(words, self._opening):
                return None
            place.opened = True
        elif words == self._rename and not self._watching.test:
            place.swapped = True
        elif not place.writing and begins(words, self._beginning):
            place.writing = True
        else:
            return None
        return self.watched()
