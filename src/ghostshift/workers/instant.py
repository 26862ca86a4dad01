"""--attempt-instant-ddl: the ALTER as a change of the definition alone, before any table of ours is made.

It waits for the table's lock no longer than the cut-over would, on the very session that asks for it, lets go and tries
again; what the server cannot do instantly is migrated in the usual way. The postpone flag file holds it back, too: an
instant change is a cut-over. Whether there is anything to hold back is asked on an empty copy first. Without the flag
it is only asked, and said.

It must never take a lost connection for a failure: the server may have done what it was told.
"""

from __future__ import annotations

import logging
from pathlib import Path

from ghostshift.core import remarks
from ghostshift.model.errors import ConnectionLost, OutcomeUnknown, ServerError
from ghostshift.model.names import TableName, quote_name
from ghostshift.model.options import Endpoint, Options, Tunables
from ghostshift.model.report import Native
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session, ensure_dead
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.sql.cutover_statements import LOCK_TIMEOUT
from ghostshift.sql.instant import instant_alter, plain_structure, unfit
from ghostshift.sql.native import INSTANTLY, NO_SUCH_WAY, native_alter
from ghostshift.workers import preparation, preparer
from ghostshift.workers.constraints import Constraints
from ghostshift.workers.home import Home
from ghostshift.workers.native import NativeQuestion, no_room, read_versions

PAUSE_STEP, PAUSE_MOST = 5.0, 60.0
"""Seconds between two tries for the lock: so much longer each time, up to so many."""


class InstantDdl:
    """See the module. For the conductor's thread only."""

    def __init__(
        self,
        home: Home,
        options: Options,
        found: preparation.Inspection,
        endpoint: Endpoint,
        board: StatusBoard,
        stop: Stop,
    ) -> None:
        self._home = home
        self._options = options
        self._found = found
        self._endpoint = endpoint
        self._board = board
        self._stop = stop
        self._log = logging.getLogger("ghostshift")

    def done(self, made: preparer.Made) -> bool:
        """Try; true when the table is altered. Raises what stops the program, OutcomeUnknown."""
        reason = unfit(self._found.alter.options, skip_renamed=self._options.allow.skip_renamed_columns)
        if reason:
            self._log.info("the ALTER is not tried as an instant one: %s", reason)
            return False
        try:
            if self._flagged():
                native = self._ask(made)
                if native.way != "instant":
                    self._log.info(
                        "the ALTER cannot be done instantly (%s); the table is migrated", native.attempts[-1].reason
                    )
                    return False
                self._await_flag()
            return self._try_for_lock()
        except ConnectionLost:
            raise
        except ServerError as error:
            self._log.info("the ALTER cannot be done instantly (%s); the table is migrated", error.server_message)
            return False
        finally:
            if not self._stop.is_set():
                self._restore()

    def _prepare(self) -> None:
        """The session as for the ghost's ALTER, so that it means the same; with a short patience for locks."""
        for statement in self._altering():
            self._home.session.execute(statement)

    def _altering(self) -> tuple[str, ...]:
        setting = self._found.dialect.altering_setup(zero_dates=self._options.allow.zero_in_date)
        return setting, f"USE {quote_name(self._options.schema)}", self._patience()

    def _patience(self) -> str:
        return f"SET SESSION lock_wait_timeout = {self._options.cut_over_lock_seconds:d}"

    def _restore(self) -> None:
        session = self._home.renewed()
        for statement in preparation.setup_of(self._found.dialect):
            session.execute(statement)

    def _ask(self, made: preparer.Made) -> Native:
        """Whether the server would do it, tried on an empty table of the same kind."""
        found, session, original = self._found, self._home.session, self._options.original
        own = (*preparation.setup_of(found.dialect), self._patience())
        for statement in own:
            session.execute(statement)
        checks = Constraints(session, original, found.names, shared=found.dialect.checks_share_names)
        settings = own, self._altering()
        question = NativeQuestion(session, found.dialect, original, found.alter.options, settings, checks)
        return question.ask(found.names.ghost, made, INSTANTLY)

    def _flagged(self) -> bool:
        path = self._board.get(Tunables, self._options.tunables).postpone_flag_file
        return bool(path) and Path(path).exists()

    def _await_flag(self) -> None:
        self._log.info("the ALTER can be done instantly, and waits until the postpone flag file is removed")
        while self._flagged():
            self._stop.raise_cause()
            self._home.keep()
            self._stop.wait(0.2)

    def _try_for_lock(self) -> bool:
        original = self._options.original
        statement = instant_alter(original, self._found.alter.options)
        before = _structure(self._home.renewed(), original)
        for attempt in range(1, self._options.retries + 1):
            self._stop.raise_cause()
            self._home.renewed()  # it may be another session than the last time, and must have its settings
            self._prepare()
            try:
                self._home.session.execute(statement)
            except ConnectionLost as lost:
                if self._took_effect(lost, before):
                    return True
            except ServerError as error:
                if error.errno != LOCK_TIMEOUT:
                    raise
                self._log.info(
                    "%s is in use; its lock was not had within %d s (try %d of %d)",
                    original, self._options.cut_over_lock_seconds, attempt, self._options.retries,
                )  # fmt: skip
                self._stop.wait(min(PAUSE_MOST, PAUSE_STEP * attempt))
            else:
                return True
        self._log.info("the lock of %s could not be had for an instant change; the table is migrated", original)
        return False

    def _took_effect(self, lost: ConnectionLost, before: str) -> bool:
        """Whether the ALTER whose connection died was done, looked at when it can no longer be done."""
        original = self._options.original
        try:
            with Session.open(self._endpoint) as session:
                ensure_dead(session, self._home.session.id, Stop())
                return _structure(session, original) != before
        except ServerError as error:
            raise OutcomeUnknown(
                f"the connection died while {original} was being altered instantly ({lost}), and whether it was cannot "
                f"be seen ({error}); look at SHOW CREATE TABLE {original.sql}: nothing else was done"
            ) from error


def _structure(session: Session, name: TableName) -> str:
    return plain_structure(inspector.read_create(session, name))


class InstantNote:
    """Without the flag: only says that the server could. Asked on the ghost, before that is altered as it is to be.

    Where it could not, which is the rule, the ghost is as it was and no other table is made for the question.
    """

    def __init__(self, options: Options, found: preparation.Inspection) -> None:
        self._options = options
        self._found = found
        self.remarks: tuple[str, ...] = ()

    def trial(self, session: Session, options: str) -> bool:
        """Ask. True where the ghost is altered by that: instantly, so that it must be made anew."""
        log, found, allow = logging.getLogger("ghostshift"), self._found, self._options.allow
        if allow.instant_ddl or unfit(found.alter.options, skip_renamed=allow.skip_renamed_columns):
            return False
        try:
            session.execute(native_alter(found.names.ghost, INSTANTLY[0], options))
        except ConnectionLost:
            raise
        except ServerError as error:
            if error.errno not in NO_SUCH_WAY:
                log.info("whether the server could do the ALTER instantly is not known: %s", error.server_message)
            return False
        used = read_versions(session, found.dialect, found.names.ghost)
        if not no_room(found.dialect, read_versions(session, found.dialect, self._options.original), used):
            remark = remarks.instant_possible(found.alter.options)
            log.info("%s", remark)
            self.remarks = (remark.text,)
        return True
