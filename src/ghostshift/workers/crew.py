"""The crew: builds the workers of one migration over one plan, with what they share. No policy, no phases.

What they share is little: the delta buffer, the copy front, the copy's tally and the log's state, each behind a guard,
and the status board.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ghostshift.binlog.stream import BinlogStream, current_position
from ghostshift.core.batching import most_bytes
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.pacing import CHUNK_SECONDS, Pace
from ghostshift.core.sizing import ChunkSizer
from ghostshift.model.change import Batch
from ghostshift.model.checkpoint import Compared, Totals
from ghostshift.model.errors import StreamError
from ghostshift.model.notice import Turn
from ghostshift.model.options import Options
from ghostshift.model.phase import Phase
from ghostshift.model.places import Mode
from ghostshift.model.plan import Plan
from ghostshift.model.position import Position
from ghostshift.mysql.dialect import Dialect
from ghostshift.mysql.inspector import read_table
from ghostshift.mysql.session import Session, SessionPool, kill
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop, WorkerGroup
from ghostshift.runtime.guarded import Guarded
from ghostshift.runtime.meter import Meter
from ghostshift.runtime.notifier import Notifier
from ghostshift.workers import failover
from ghostshift.workers.announcer import Announcer
from ghostshift.workers.applier import Applier
from ghostshift.workers.askers import Askers
from ghostshift.workers.changelog import Changelog
from ghostshift.workers.checkpointer import Checkpointer, Sources
from ghostshift.workers.copier import Copier
from ghostshift.workers.counter import RowCounter
from ghostshift.workers.cutover import CutOver
from ghostshift.workers.follower import LogFollower
from ghostshift.workers.gate import Gate
from ghostshift.workers.heartbeat import Heartbeat
from ghostshift.workers.home import Home
from ghostshift.workers.journal import Journal
from ghostshift.workers.losses import Losses
from ghostshift.workers.pacer import PaceKeeper
from ghostshift.workers.readiness import Readiness
from ghostshift.workers.sampler import Sampler
from ghostshift.workers.scout import Scout
from ghostshift.workers.scribe import Scribe
from ghostshift.workers.streamer import Streamer
from ghostshift.workers.throttler import Throttler, wait_for_go
from ghostshift.workers.topology import Sites
from ghostshift.workers.totals import begun_at, begun_tally, so_far
from ghostshift.workers.verification import Verification
from ghostshift.workers.warnings import WarningWatch
from ghostshift.workers.watching import Watching, log_state

ROW_BYTES = 200
"""Assumed where the server has no statistics of the table."""


class Crew:
    """The workers of one migration."""

    def __init__(
        self,
        plan: Plan,
        options: Options,
        dialect: Dialect,
        pool: SessionPool,
        changelog: Changelog,
        board: StatusBoard,
        stop: Stop,
        *,
        sites: Sites,
        reading: SessionPool,
        journal: Journal,
        scout: Scout | None = None,
        elapsed: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`elapsed`: seconds that the migration has taken, over all its runs."""
        self.plan = self._plan = plan
        self._options = options
        self._dialect = dialect
        self.pool = pool
        self.sites = sites
        self._scout = scout
        self.journal = journal
        """What is known of an earlier run, and what another may go on with."""
        self.reading = reading
        """Sessions on the server whose log is read; all others are on the one that is migrated."""
        self.changelog = changelog
        self._board = board
        self.stop = self._stop = stop
        self._elapsed = elapsed
        before = journal.last.totals
        self.buffer = Guarded(begun_at(before, DeltaBuffer(plan.key, options.buffer_bytes)), stop)
        self.front = Guarded(CopyFront(plan.key, may_discard=not plan.secondary_unique), stop)
        self.tally = Guarded(begun_tally(journal.last), stop)
        self._verification: Verification | None = None
        self.gate = Gate(board, stop, Pace(looking=True))
        self._copiers, self._appliers = 0, 1
        self._reader = 0
        """The session through which the log was read last."""
        self._test = sites.mode is Mode.TEST_ON_REPLICA
        self.log = Guarded(log_state(plan, journal.last, back=self._test), stop)
        self.warned = WarningWatch(plan.table, options.allow, revert=options.recovery.revert)
        self.losses = Losses(plan, accepted=options.allow.data_loss)
        self.applier = self._make_applier()
        self.counter = RowCounter(
            plan.table, pool, board, stop, lambda _: Notifier.of(board).mention(Turn.ROWCOUNT_COMPLETE)
        )
        self.follower = LogFollower(plan, self.applier, changelog, self.log)

    def _make_applier(self) -> Applier:
        return Applier(
            self._plan,
            self.pool,
            self.buffer,
            self.front,
            self.changelog,
            self._board,
            self._stop,
            self.warned,
            self.losses,
            batch=self._options.apply_batch,
            most_bytes=most_bytes(self.sites.migrated.facts.variables.get("max_allowed_packet", "")),
            attempts=self._options.retries,
        )

    def follow(self, group: WorkerGroup, start: Position) -> None:
        """Start those who follow the log from `start`, and the heartbeat."""
        options, plan = self._options, self._plan
        with self.buffer.open() as buffer:
            buffer.prepared.update(bytes.fromhex(xid) for xid in self.journal.last.prepared)
        heartbeat = Heartbeat(
            self.pool.session,
            self.changelog,
            self._dialect,
            self._stop,
            seconds=options.heartbeat_millis / 1000,
            attempts=options.retries,
            writable=not options.topology.on_replica,
        )
        streamer = Streamer(
            self._open_stream,
            start,
            (plan.table, plan.ghost.name, self.changelog.name, *map(plan.table.sibling, plan.original.views)),
            self.buffer,
            self.log,
            self._board,
            self._stop,
            attempts=options.stream_reconnects or options.retries,
            nullable=plan.key if plan.key.nullable else None,
            reconnects=self.journal.last.totals.reconnects,
        )
        askers = Askers(self.sites, self.changelog.name, plan.table.schema, self._board, self._stop)
        announcer = Announcer(self.pool.session, self.changelog, self._stop, attempts=options.retries)
        throttler = Throttler(
            self._board, askers, announcer, group.start, self._stop, beat=options.heartbeat_millis / 1000
        )
        heartbeat.begin()
        group.start("heartbeat", heartbeat.run)
        throttler.look()
        group.start("streamer", streamer.run, listening=True)
        group.start("throttler", throttler.run)

    def check_unchanged(self, session: Session) -> None:
        """The original is still the one that was planned: from here on the log would tell of a change."""
        found = read_table(session, self._dialect, self._plan.table)
        if (found.columns, found.unique_keys) != (self._plan.original.columns, self._plan.original.unique_keys):
            raise StreamError(f"{self._plan.table} was altered by somebody else while the migration was being prepared")

    def sample(self, group: WorkerGroup, began: float) -> Sampler:
        """Start the sampler."""
        scribe = Scribe(
            self.pool.session, self.changelog, self._board, self.tally, self._stop, attempts=self._options.retries
        )
        group.start("scribe", scribe.run)
        restarts = self.journal.last.totals.restarts
        sampler = Sampler(self._board, self.buffer, self.front, self.tally, self._stop, began=began, restarts=restarts)
        group.start("sampler", sampler.run)
        return sampler

    def apply(self, group: WorkerGroup) -> None:
        """Start the appliers."""
        group.start("applier-1", self.applier.run)

    def copy(self, group: WorkerGroup) -> None:
        """Start the copiers; the front has been opened."""
        options = self._options
        row_bytes = self._plan.original.row_bytes or ROW_BYTES
        sizer = ChunkSizer(
            seconds=options.chunk_seconds or CHUNK_SECONDS,
            most_bytes=options.chunk_bytes,
            row_bytes=row_bytes,
            widest=max(column.octets for column in self._plan.original.columns),
        )
        copier = Copier(
            self._plan,
            self.pool,
            self.buffer,
            self.front,
            self.tally,
            sizer,
            self._board,
            self._stop,
            self.warned,
            self.losses,
            self.gate,
            attempts=options.retries,
            seconds=options.chunk_seconds,
        )
        scout = self._scout
        if scout is not None and not scout.done:
            group.start("scout", lambda: scout.look_along(self.pool.session, self._ahead))
        keeper = PaceKeeper(
            self._plan,
            self.pool,
            self.changelog,
            self.gate,
            self.front,
            self.buffer,
            self.tally,
            self._board,
            self._stop,
            lambda pace: self._hire(group, copier, pace),
            attempts=options.retries,
        )
        group.start("pacer", keeper.run)

    def _hire(self, group: WorkerGroup, copier: Copier, pace: Pace) -> None:
        """Start the threads that this pace needs and that are not there yet."""
        for number in range(self._copiers + 1, pace.threads + 1):
            group.start(f"copier-{number}", partial(copier.run, number))
        self._copiers = max(self._copiers, pace.threads)
        # Who stays of rows that clash is decided by one, and rows are put together by one (workers.keeping).
        alone = self.losses.accepted or bool(self._plan.kept)
        wanted = 1 if alone else pace.appliers
        for number in range(self._appliers + 1, wanted + 1):
            group.start(f"applier-{number}", partial(self.applier.run_lane, number))
        self._appliers = max(self._appliers, wanted)

    def keep(self, group: WorkerGroup) -> None:
        """Start to save how far the migration is."""
        if not self.journal.kept:
            return
        sources = Sources(
            spec=self._plan.key,
            front=self.front,
            buffer=self.buffer,
            tally=self.tally,
            compared=lambda: Compared() if self._verification is None else self._verification.compared(),
            lost=lambda: (self.losses.rows, self.losses.values),
            totals=self.totals,
            logged=self._logged if failover.keeps_gtids(self.sites.inspected) else None,
            reading=self.reading,
        )
        checkpointer = Checkpointer(
            self.journal,
            sources,
            self.pool,
            self._stop,
            seconds=self._options.recovery.seconds,
            attempts=self._options.retries,
        )
        group.start("checkpointer", checkpointer.run)

    def totals(self) -> Totals:
        """The figures of the migration, over all its runs."""
        before = self.journal.last.totals
        return so_far(before, self.tally, self.buffer, self._board, now=self._stop.now(), seconds=self._elapsed())

    def _logged(self, session: Session) -> tuple[Position, str]:
        gtids = failover.gtids_so_far(self.sites.inspected, session)
        return current_position(session), gtids

    def _ahead(self) -> bool:
        """Whether there is still something to be ahead of; waits while throttled."""
        with self.front.open() as front:
            copying = not front.dispatched_all
        return copying and wait_for_go(self._board, self._stop)

    def verify(self, group: WorkerGroup) -> Verification:
        """Start to compare what the copiers have finished."""
        verification = Verification(
            self._plan,
            self._options,
            self.pool,
            self.front,
            self.buffer,
            self.follower,
            self.changelog,
            self.sites,
            self._board,
            self._stop,
            self.gate,
            row_bytes=self._plan.original.row_bytes or ROW_BYTES,
            accepted=lambda _, keys: self.losses.explains(keys),
            repairs=not self.journal.last.revert,
        )
        since = self.journal.last.compared
        verification.start(group, since if since != Compared() else None)
        self._verification = verification
        return verification

    def note_swap(self, home: Home) -> None:
        """The swap is certain and nothing is owed any more: from here on only the cleaning up is left."""
        with self.log.open() as log:
            place = log.swapped_after
        facts: dict[str, object] = {"totals": self.totals()}
        if place is not None:
            facts["position"] = place
        home.retried(lambda session: self.journal.note(session, Phase.CLEANING, **facts))

    def readiness(self) -> Readiness:
        """Who says when to lock."""
        return Readiness(
            self.buffer,
            self.applier,
            self.follower,
            self._board,
            self._stop,
            self._options,
            self._plan,
            mariadb=self._dialect.mariadb,
        )

    def cut_over(self) -> CutOver:
        """The worker that swaps the tables."""
        return CutOver(
            plan=self._plan,
            dialect=self._dialect,
            pool=self.pool,
            stop=self._stop,
            follower=self.follower,
            lock_seconds=self._options.cut_over_lock_seconds,
            meter=Meter.of(self._board),
            back=self._test,
        )

    def _open_stream(self, start: Position) -> SessionStream:
        watched, rewatch = Watching(
            plan=self._plan, changelog=self.changelog.name, log=self.log, test=self._test
        ).start()  # fmt: skip
        session = self.reading.session()
        if self._reader:  # the server may believe in a lost one for a day, and keep its files of the log for it
            kill(session, self._reader)
        self._reader = session.id
        return SessionStream(
            session,
            lambda session: BinlogStream(
                session,
                start,
                watched,
                server_id=self._options.replica_server_id,
                mariadb=self._dialect.mariadb,
                rewatch=rewatch,
            ),
        )


class SessionStream:
    """A stream together with the session that it lives on."""

    def __init__(self, session: Session, open_stream: Callable[[Session], BinlogStream]) -> None:
        self._session = session
        try:
            self._stream = open_stream(session)
        except BaseException:
            session.close()
            raise

    def read(self) -> Batch:
        """The next batch."""
        return self._stream.read()

    def close(self) -> None:
        """End the dump and its session."""
        self._stream.close()
        self._session.close()
