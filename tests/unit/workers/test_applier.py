"""The applier with sessions that only write down what they are asked: order, batches, barriers, pauses, the drain."""
# ruff: noqa: D102 - the bench's methods are named by what they do

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from builders.directing import wait_until
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.planner import make_plan
from ghostshift.core.throttling import Verdict
from ghostshift.model.change import Keys
from ghostshift.model.errors import ConnectionLost, DataLossError, ServerError, StreamError
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.options import Tunables
from ghostshift.model.plan import Plan
from ghostshift.model.position import Position
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.model.settings import Allowances
from ghostshift.mysql.session import Result
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.alter import read_alter
from ghostshift.workers.applier import Applier, apply_keys
from ghostshift.workers.changelog import Changelog, moment, seconds_since
from ghostshift.workers.guard import UniquenessGuard
from ghostshift.workers.losses import Losses
from ghostshift.workers.warnings import WarningWatch

NAME = TableName("shop", "t")
HELPERS = helper_names(NAME, sort_after=False)


def make(*, stricter: bool = False) -> Plan:
    columns = tuple(Column(name=n, ordinal=i, data_type="int", column_type="int") for i, n in enumerate(["id", "a"]))
    primary = UniqueKey(name="PRIMARY", columns=("id",))
    keys = (primary, UniqueKey(name="u", columns=("a",))) if stricter else (primary,)
    original = Table(name=NAME, columns=columns, unique_keys=(primary,), engine="InnoDB")
    ghost = Table(name=HELPERS.ghost, columns=columns, unique_keys=keys, engine="InnoDB")
    return make_plan(original, ghost, HELPERS, read_alter("ADD UNIQUE u (a)" if stricter else "FORCE"))


PLAN = make()
WATCH = WarningWatch(NAME, Allowances())


def kind(statement: str) -> str:
    """A statement as one word and its keys."""
    if "_ghc" in statement:
        return "barrier"
    verb = statement.split(maxsplit=1)[0]
    _, found, keys = statement.partition(" IN (")
    return f"{verb} {keys.rstrip(')')}" if found else statement if len(statement) < 20 else verb


class Session:
    """Writes statements down; fails as it is told."""

    def __init__(self, fail: Callable[[str], Exception | None] = lambda _: None, number: int = 1) -> None:
        self.said: list[str] = []
        self.fail = fail
        self.id = number
        self.closed = False

    def execute(self, statement: str) -> Result:
        """Note, perhaps fail."""
        if statement.startswith("SET "):
            return Result(0, "", 0)
        self.said.append(kind(statement))
        failure = self.fail(self.said[-1])
        if failure is not None:
            raise failure
        return Result(1, "", 0)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Nothing is ever found."""
        self.said.append(kind(statement))
        return []

    def close(self) -> None:
        """Note that."""
        self.closed = True


class Pool:
    """Hands out sessions that all write into one list."""

    def __init__(self, fail: Callable[[str], Exception | None]) -> None:
        self.fail = fail
        self.sessions: list[Session] = []
        self.said: list[str] = []

    def session(self, **_: object) -> Session:
        """A new one."""
        session = Session(self.fail, len(self.sessions) + 1)
        session.said = self.said
        self.sessions.append(session)
        return session


class Bench:
    """An applier and all that it touches."""

    def __init__(self, fail: Callable[[str], Exception | None] = lambda _: None, plan: Plan = PLAN) -> None:
        self.stop = Stop()
        self.pool = Pool(fail)
        self.buffer = Guarded(DeltaBuffer(PLAN.key, 1 << 20), self.stop)
        self.front = Guarded(CopyFront(PLAN.key, may_discard=True), self.stop)
        self.board = StatusBoard()
        self.applier = Applier(
            plan, self.pool, self.buffer, self.front, Changelog(HELPERS.changelog), self.board, self.stop,  # type: ignore[arg-type]
            WATCH, Losses(plan, accepted=False), batch=2, most_bytes=1 << 20, attempts=3,
        )  # fmt: skip
        with self.front.open() as front:
            front.open(100)
        with self.buffer.open() as buffer:
            buffer.reached(Position("b.1", 1))

    @property
    def delta(self) -> DeltaBuffer:
        with self.buffer.open() as delta:
            return delta

    def put(self, changed: list[int], gone: list[int] | None = None) -> None:
        with self.buffer.open() as buffer:
            buffer.put(Keys("original", changed, gone or []))

    def copied(self, upto: int = 100) -> None:
        with self.front.open() as front:
            front.finish(front.dispatch(upto, 10))

    def run(self, until: Callable[[DeltaBuffer], bool] = lambda delta: delta.idle) -> list[str]:
        thread = threading.Thread(target=self.applier.run, daemon=True)
        thread.start()
        assert self.buffer.wait_until(until, 20)
        self.stop.set()
        thread.join(20)
        assert not thread.is_alive()
        return self.pool.said


# -- one batch


def test_i6_keys_that_may_be_gone_are_deleted_and_all_are_read_again_in_one_transaction() -> None:
    session = Session()
    apply_keys(session, PLAN, [(1, False), (2, True), (3, True)], UniquenessGuard(PLAN), WATCH)  # type: ignore[arg-type]
    assert session.said == ["START TRANSACTION", "DELETE 2,3", "REPLACE 1,2,3", "COMMIT"]


def test_keys_that_are_all_there_are_one_statement() -> None:
    session = Session()
    apply_keys(session, PLAN, [(1, False), (2, False)], UniquenessGuard(PLAN), WATCH)  # type: ignore[arg-type]
    assert session.said == ["REPLACE 1,2"]


@pytest.mark.parametrize("where", ["DELETE 2", "REPLACE 1,2", "COMMIT"])
def test_a_batch_that_failed_has_done_nothing(where: str) -> None:
    session = Session(lambda said: ServerError(1213, "deadlock") if said == where else None)
    with pytest.raises(ServerError, match="deadlock"):
        apply_keys(session, PLAN, [(1, False), (2, True)], UniquenessGuard(PLAN), WATCH)  # type: ignore[arg-type]
    assert session.said[-2:] == [where, "ROLLBACK"]


def test_where_the_ghosts_key_is_wider_all_are_deleted_before_they_are_read_again() -> None:
    session = Session()
    plan = replace(PLAN, wider_key=True)
    apply_keys(session, plan, [(1, False), (2, True)], UniquenessGuard(plan), WATCH)  # type: ignore[arg-type]
    assert session.said == ["START TRANSACTION", "DELETE 1,2", "REPLACE 1,2", "COMMIT"]
    bench, session = Bench(plan=plan), Session()
    bench.copied()
    bench.put([3], [])
    bench.applier.drain(session, 20)  # type: ignore[arg-type]
    assert session.said == ["DELETE 3", "REPLACE 3", "COMMIT"]


def test_on_a_lost_connection_nothing_more_is_said() -> None:
    session = Session(lambda said: ConnectionLost(2013, "lost") if said == "DELETE 2" else None)
    with pytest.raises(ConnectionLost):
        apply_keys(session, PLAN, [(2, True)], UniquenessGuard(PLAN), WATCH)  # type: ignore[arg-type]
    assert session.said == ["START TRANSACTION", "DELETE 2"]


def test_i7_where_the_ghost_is_more_unique_no_row_is_ever_replaced() -> None:
    plan = make(stricter=True)
    session = Session()
    apply_keys(session, plan, [(1, False)], UniquenessGuard(plan), WATCH)  # type: ignore[arg-type]
    assert session.said == ["START TRANSACTION", "DELETE 1", "INSERT 1", "COMMIT"]


def test_i7_a_value_that_stays_taken_by_nobody_known_is_an_error_and_no_loop() -> None:
    plan = make(stricter=True)
    taken = ServerError(1062, f"Duplicate entry '1' for key '{plan.new_uniqueness[0].index}'")
    session = Session(lambda said: taken if said.startswith("INSERT") else None)
    with pytest.raises(DataLossError, match=r"without losing rows: Duplicate entry '1'.*Nothing was swapped"):
        apply_keys(session, plan, [(1, False)], UniquenessGuard(plan), WATCH)  # type: ignore[arg-type]
    assert "REPLACE 1" not in session.said


# -- flushing


def test_i1_no_key_is_applied_before_a_barrier_and_one_barrier_serves_a_generation() -> None:
    bench = Bench()
    bench.copied()
    bench.put([1, 2, 3], [4])
    assert bench.run() == ["barrier", "REPLACE 1,2", "START TRANSACTION", "DELETE 4", "REPLACE 3,4", "COMMIT"]
    assert (bench.delta.applied, bench.delta.discarded) == (4, 0)


def test_i3_i4_keys_are_deferred_and_discarded_as_the_front_says_and_deferred_ones_need_no_second_barrier() -> None:
    bench = Bench()
    with bench.front.open() as front:
        front.finish(front.dispatch(10, 10))
        chunk = front.dispatch(20, 10)
    bench.put([5, 15, 25])
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    assert bench.buffer.wait_until(lambda delta: delta.applied == 1 and not delta.pending, 20)
    assert (bench.delta.deferred, bench.delta.discarded) == (1, 1)
    with bench.front.open() as front:
        front.finish(chunk)
    assert bench.buffer.wait_until(lambda delta: delta.idle, 20)
    bench.stop.set()
    thread.join(20)
    assert bench.pool.said == ["barrier", "REPLACE 5", "REPLACE 15"]


def test_i1_a_barrier_that_changed_nothing_proves_nothing_and_ends_the_run() -> None:
    session = Session()
    session.execute = lambda _: Result(0, "", 0)  # type: ignore[method-assign]
    with pytest.raises(StreamError, match=r"'barrier' to `shop`\.`_t_ghc` changed nothing"):
        Changelog(HELPERS.changelog).barrier(session)  # type: ignore[arg-type]


def test_the_size_of_batches_may_change_while_it_runs() -> None:
    bench = Bench()
    bench.copied()
    bench.board.publish(Tunables(dml_batch_size=1))
    bench.put([1, 2])
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    assert bench.buffer.wait_until(lambda delta: delta.idle, 20)
    bench.board.publish(Tunables(dml_batch_size=3))
    bench.put([3, 4, 5])
    assert bench.buffer.wait_until(lambda delta: delta.applied == 5, 20)
    bench.stop.set()
    thread.join(20)
    assert bench.pool.said == ["barrier", "REPLACE 1", "REPLACE 2", "barrier", "REPLACE 3,4,5"]


@pytest.mark.parametrize("how", [Verdict("flag-file"), Tunables(throttled_by_user=True)], ids=["verdict", "user"])
def test_throttled_in_the_middle_of_a_generation_the_rest_of_it_waits(how: object) -> None:
    bench = Bench(lambda said: bench.board.publish(how) if said == "REPLACE 1,2" else None)
    bench.copied()
    bench.put([1, 2, 3])
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    wait_until(lambda: "REPLACE 1,2" in bench.pool.said)
    assert not bench.stop.wait(0.3)
    assert bench.pool.said == ["barrier", "REPLACE 1,2"]
    bench.board.publish(type(how)())
    assert bench.buffer.wait_until(lambda delta: delta.idle, 20)
    assert bench.pool.said[2:] == ["REPLACE 3"]
    bench.stop.set()
    thread.join(20)


def test_a_cut_over_that_has_begun_does_not_wait_for_the_throttle() -> None:
    bench = Bench(lambda said: bench.board.publish(Verdict("flag-file")) if said == "REPLACE 1,2" else None)
    bench.copied()
    bench.put([1, 2, 3])
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    wait_until(lambda: "REPLACE 1,2" in bench.pool.said)
    assert bench.applier.pause(20)
    assert bench.pool.said[2:] == ["REPLACE 3"]
    bench.stop.set()
    thread.join(20)


def test_a_repetition_waits_while_throttled() -> None:
    failures = [ServerError(1213, "deadlock")]

    def fail(said: str) -> ServerError | None:
        if not said.startswith("REPLACE") or not failures:
            return None
        bench.board.publish(Verdict("max-load Threads_running=9 >= 8"))
        return failures.pop()

    bench = Bench(fail)
    bench.copied()
    bench.put([1])
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    wait_until(lambda: not failures)
    assert not bench.stop.wait(0.3)
    assert bench.pool.said == ["barrier", "REPLACE 1"]
    bench.board.publish(Verdict())
    assert bench.buffer.wait_until(lambda delta: delta.idle, 20)
    assert bench.pool.said == ["barrier", "REPLACE 1", "REPLACE 1"]
    bench.stop.set()
    thread.join(20)


def test_a_deadlock_is_tried_again_and_then_the_generation_is_settled() -> None:
    failures = [ServerError(1213, "deadlock")]
    bench = Bench(lambda said: failures.pop() if said.startswith("REPLACE") and failures else None)
    bench.copied()
    bench.put([1])
    assert bench.run() == ["barrier", "REPLACE 1", "REPLACE 1"]


def test_a_batch_that_keeps_failing_ends_the_run_with_the_servers_error() -> None:
    bench = Bench(lambda said: ServerError(1146, "No such table") if said.startswith("REPLACE") else None)
    bench.copied()
    bench.put([1])
    with pytest.raises(ServerError, match="No such table"):
        bench.applier.run()
    assert bench.delta.applied == 0
    assert bench.pool.sessions[0].closed


def test_while_throttled_or_paused_nothing_is_taken() -> None:
    bench = Bench()
    bench.copied()
    bench.put([1])
    bench.board.publish(Verdict("because"))
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    assert not bench.buffer.wait_until(lambda delta: delta.idle, 0.3)
    assert bench.applier.pause(5)
    bench.board.publish(Verdict())
    assert not bench.buffer.wait_until(lambda delta: delta.idle, 0.3)
    bench.applier.resume()
    assert bench.buffer.wait_until(lambda delta: delta.idle, 20)
    bench.stop.set()
    thread.join(20)


def test_a_pause_waits_for_the_generation_under_way_and_says_when_that_takes_too_long() -> None:
    slow = threading.Event()

    def hold(said: str) -> None:
        if said.startswith("REPLACE"):
            slow.wait(20)

    bench = Bench(hold)
    bench.copied()
    bench.put([1])
    thread = threading.Thread(target=bench.applier.run, daemon=True)
    thread.start()
    assert bench.buffer.wait_until(lambda delta: delta.backlog == 1 and not delta.pending, 20)
    assert not bench.applier.pause(0.1)
    slow.set()
    assert bench.applier.pause(20)
    bench.stop.set()
    thread.join(20)


def test_i12_keys_under_way_are_counted_once() -> None:
    counted: list[int] = []
    bench = Bench(lambda said: counted.append(bench.delta.backlog) if said.startswith("REPLACE") else None)
    bench.copied()
    bench.put([1, 2])
    bench.run()
    assert counted == [2]


def test_two_lanes_share_the_batches_of_a_generation_and_it_ends_with_the_last() -> None:
    both = threading.Barrier(2, timeout=20)

    def meet(said: str) -> None:
        if said.startswith("REPLACE"):
            both.wait()

    bench = Bench(meet)
    bench.copied()
    bench.put([1, 2, 3, 4])
    helper = threading.Thread(target=bench.applier.run_lane, args=(2,), daemon=True)
    helper.start()
    said = bench.run()
    helper.join(20)
    assert sorted(said) == ["REPLACE 1,2", "REPLACE 3,4", "barrier"]
    assert bench.delta.applied == 4


# -- the drain under the lock


def test_the_drain_applies_all_that_is_owed_in_the_locked_session_without_a_barrier() -> None:
    bench = Bench()
    bench.copied()
    bench.put([1, 2], [3])
    session = Session()
    assert bench.applier.drain(session, 20) == 3  # type: ignore[arg-type]
    assert session.said == ["REPLACE 1,2", "DELETE 3", "REPLACE 3", "COMMIT"]
    assert bench.delta.idle
    assert bench.delta.applied == 3


def test_the_drain_takes_deferred_keys_whose_chunks_have_ended_too() -> None:
    bench = Bench()
    bench.copied()
    with bench.buffer.open() as buffer:
        buffer.put(Keys("original", [7], []))
        buffer.defer(buffer.take(0, 9).keys, 1)
        buffer.settle(0, 0)
    session = Session()
    assert bench.applier.drain(session, 20) == 1  # type: ignore[arg-type]
    assert session.said == ["REPLACE 7", "COMMIT"]


def test_a_drain_that_takes_too_long_is_undone_and_all_is_owed_again() -> None:
    bench = Bench()
    bench.copied()
    bench.put([1, 2, 3])
    session = Session()
    with pytest.raises(TimeoutError, match="longer to apply than the lock may be held"):
        bench.applier.drain(session, -1)  # type: ignore[arg-type]
    assert session.said == ["ROLLBACK"]
    assert (bench.delta.pending, bench.delta.applied) == (3, 0)
    moment = bench.delta.moment()
    assert moment.position == Position("b.1", 1)
    assert not bench.delta.settled(moment.mark)


@pytest.mark.parametrize(
    ("failure", "raised", "last"),
    [
        (ConnectionLost(2013, "lost"), ConnectionLost, "REPLACE 1"),
        (ServerError(1205, "lock wait"), ServerError, "ROLLBACK"),
        (ServerError(1062, "Duplicate entry '5' for key 'u'"), DataLossError, "ROLLBACK"),
    ],
)
def test_a_drain_that_fails_leaves_all_of_it_owed(failure: Exception, raised: type[Exception], last: str) -> None:
    bench = Bench()
    bench.copied()
    bench.put([1])
    session = Session(lambda said: failure if said.startswith("REPLACE") else None)
    with pytest.raises(raised) as error:
        bench.applier.drain(session, 20)  # type: ignore[arg-type]
    assert type(error.value) is raised
    assert session.said[-1] == last
    assert bench.delta.pending == 1
    if raised is DataLossError:
        assert "`shop`.`t`" in str(error.value)
        assert "Duplicate entry '5'" in str(error.value)


def test_i7_under_the_lock_all_keys_go_before_any_comes_so_that_what_then_clashes_is_a_real_loss() -> None:
    plan = make(stricter=True)
    bench = Bench(plan=plan)
    bench.copied()
    bench.put([1, 2, 3])
    session = Session()
    bench.applier.drain(session, 20)  # type: ignore[arg-type]
    assert session.said == ["DELETE 1,2", "DELETE 3", "INSERT 1,2", "INSERT 3", "COMMIT"]


def test_a_drain_of_nothing_is_over_at_once() -> None:
    bench = Bench()
    bench.copied()
    assert bench.applier.drain(Session(), 20) == 0  # type: ignore[arg-type]


# -- the changelog


def test_i1_no_two_writes_to_the_changelog_are_alike_not_even_of_two_runs() -> None:
    written: list[str] = []

    class Pen(Session):
        """Keeps whole statements."""

        def execute(self, statement: str) -> Result:
            """Keep it."""
            written.append(statement)
            return Result(2, "", 0)

    pen, one, other = Pen(), Changelog(HELPERS.changelog), Changelog(HELPERS.changelog)
    for changelog in (one, other):
        for _ in range(3):
            changelog.barrier(pen)  # type: ignore[arg-type]
    markers = [one.mark(pen), one.mark(pen), other.mark(pen)]  # type: ignore[arg-type]
    assert len(set(markers)) == 3
    assert f"'{markers[0]}'" in written[-3]
    assert len(set(written)) == len(written) == 9
    for changelog in (one, one, other):
        changelog.state(pen, "copying")  # type: ignore[arg-type]
    assert len(set(written)) == len(written) == 15, "each state is set, and added to the story"
    locked = [one.mark_locked(pen), other.mark_locked(pen)]  # type: ignore[arg-type]
    assert len({*markers, *locked}) == 5
    assert all(marker in statement for marker, statement in zip(locked, written[-2:], strict=True))
    assert all("`shop`.`_t_ghc`" in statement for statement in written)


def test_a_moment_is_read_back_as_the_seconds_since() -> None:
    assert 0 <= seconds_since(moment()) < 5
    assert seconds_since("2020-01-01T00:00:00+00:00") > 0
    assert -3600 < seconds_since("2020-01-01T00:00:00+00:00") - seconds_since("2020-01-01T01:00:00+01:00") < 1


@pytest.mark.parametrize("text", ["", "soon", "12:00"])
def test_what_is_no_moment_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        seconds_since(text)
