"""The streamer, told what the log says by a script: it loses nothing, and stops at what it cannot follow."""
# ruff: noqa: D102 - a clock, a script and a bench; their methods are named by what they do

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest

from ghostshift.core.delta import DeltaBuffer, key_bytes
from ghostshift.model.change import Batch, Event, Keys, Statement, XaOutcome, XaPrepared, XaStart
from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.runtime.guarded import Guarded
from ghostshift.sql.cutover_statements import swap
from ghostshift.workers.changelog import HEARTBEAT, MARKER, moment
from ghostshift.workers.streamer import (
    GATHER,
    LITTLE,
    OLD,
    PAUSE,
    SILENCE,
    LogState,
    Streamer,
    StreamReading,
    statement_words,
)

ORDERS = TableName("shop", "orders")
NAMES = helper_names(ORDERS, sort_after=False)
RENAME = swap(ORDERS, NAMES)
SPEC = KeySpec(index="PRIMARY", columns=(KeyColumn(name="id", ordinal=0, kind=KeyKind.INTEGER),))
LOST = ConnectionLost(2013, "lost connection")


class Clock(Stop):
    """A stop token whose clock is moved by hand, and whose waits take no time."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 1000.0
        self.waits: list[float] = []

    def now(self) -> float:
        return self.seconds

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        return self.is_set()


class Script:
    """What each connection reads, one after the other; after the last word the streamer is stopped."""

    def __init__(self, stop: Stop, connections: Iterable[Iterable[Batch | Exception | Callable[[], object]]]) -> None:
        self.stop = stop
        self.connections = [list(words) for words in connections]
        self.starts: list[Position] = []
        self.last: Position | None = None
        self.closed = 0

    def __call__(self, start: Position) -> Script:
        self.starts.append(start)
        if len(self.starts) > len(self.connections):
            raise LOST
        return self

    def read(self) -> Batch:
        words = self.connections[len(self.starts) - 1]
        while words:
            word = words.pop(0)
            if isinstance(word, Exception):
                raise word
            if isinstance(word, Batch):
                self.last = word.boundary
                return word
            word()
        self.stop.set()
        return Batch([], self.last or self.starts[-1])

    def close(self) -> None:
        self.closed += 1


class Bench:
    """A streamer and all that it touches."""

    def __init__(self, *connections: Iterable[Batch | Exception | Callable[[], object]], room: int = 100) -> None:
        self.stop = Clock()
        self.script = Script(self.stop, connections)
        self.buffer = Guarded(DeltaBuffer(SPEC, key_bytes(SPEC) * room), self.stop)
        self.state = Guarded(LogState(rename=statement_words(RENAME)), self.stop)
        self.board = StatusBoard()
        self.streamer = Streamer(
            self.script, at(4), (ORDERS, NAMES.ghost), self.buffer, self.state, self.board, self.stop, attempts=3
        )

    def run(self) -> Bench:
        self.streamer.run()
        return self

    @property
    def delta(self) -> DeltaBuffer:
        with self.buffer.open() as delta:
            return delta

    @property
    def log(self) -> LogState:
        with self.state.open() as state:
            return state

    def pending(self) -> dict[object, bool]:
        return dict(self.delta.take(0, 1000).keys)


def at(offset: int) -> Position:
    return Position("binlog.000003", offset)


def batch(*events: Event, to: int = 99, transactions: int = 0) -> Batch:
    return Batch(list(events), at(to), transactions)


def changed(*keys: int, label: str = "original") -> Keys:
    return Keys(label, list(keys), [])


def gone(*keys: int, label: str = "original") -> Keys:
    return Keys(label, [], list(keys))


def changelog(number: int, value: str) -> Keys:
    return Keys("changelog", [(number, value.encode())], [])


def statement(text: str, schema: str = "shop") -> Statement:
    return Statement(schema, text)


# -- keys


def test_changed_and_gone_keys_are_pending_and_the_position_moves_to_the_boundary() -> None:
    bench = Bench([batch(changed(1, 2), gone(3), to=50)]).run()
    assert bench.pending() == {1: False, 2: False, 3: True}
    reading = bench.board.read(StreamReading)
    assert reading is not None
    assert reading.position == at(50)
    assert bench.delta.moment().position == at(50)


def test_i8_before_the_first_event_a_resume_would_start_where_the_stream_did() -> None:
    assert Bench().delta.moment().position == at(4)


# -- connections


def test_i8_a_lost_connection_is_opened_again_at_the_last_boundary_and_the_old_one_is_closed() -> None:
    bench = Bench([batch(changed(1), to=50), batch(changed(2), to=70), LOST], [batch(changed(2, 3), to=90)]).run()
    assert bench.script.starts == [at(4), at(70)]
    assert bench.script.closed == 2
    assert bench.pending() == {1: False, 2: False, 3: False}
    reading = bench.board.read(StreamReading)
    assert reading is not None
    assert (reading.reconnects, reading.position) == (1, at(90))


def test_i9_after_a_reconnect_within_an_xa_transaction_other_rows_are_not_taken_for_its_own() -> None:
    bench = Bench([batch(XaStart(b"x"), changed(1), to=50), LOST], [batch(changed(7), to=90)]).run()
    assert bench.pending() == {7: False}
    assert bench.delta.held == 1


def test_a_log_that_cannot_be_reached_any_more_ends_the_run_and_says_where_it_stood() -> None:
    bench = Bench([batch(changed(1), to=50), LOST])
    with pytest.raises(StreamError, match=r"cannot be reached any more, at binlog\.000003:50: .*lost connection"):
        bench.run()
    assert len(bench.script.starts) == 4
    assert len(bench.stop.waits) == 3
    assert all(0 < wait <= 5.0 for wait in bench.stop.waits)


def test_failures_are_counted_afresh_after_each_batch_that_came() -> None:
    flaky = [[batch(changed(n), to=50 + n), LOST] for n in range(10)]
    bench = Bench(*flaky, [batch(changed(99))]).run()
    assert len(bench.pending()) == 11


def test_a_stop_ends_the_reading_without_an_error() -> None:
    bench = Bench()
    bench.script.connections = [[bench.stop.set, batch(changed(1))]]
    bench.run()
    assert bench.script.closed == 1


# -- XA (invariant 9)


def test_i9_rows_of_a_prepared_transaction_wait_for_its_commit() -> None:
    start = [batch(XaStart(b"x"), changed(1), gone(2), XaPrepared(b"x", one_phase=False), changed(3), to=50)]
    bench = Bench(start)
    bench.run()
    assert bench.pending() == {3: False}
    assert (bench.delta.held, bench.delta.idle) == (2, False)
    bench = Bench([*start, batch(changed(4), to=60), batch(XaOutcome(b"x", committed=True), to=70)]).run()
    assert bench.pending() == {1: False, 2: True, 3: False, 4: False}
    assert bench.delta.held == 0


def test_i9_rows_of_a_prepared_transaction_are_read_again_after_its_rollback_too() -> None:
    bench = Bench(
        [batch(XaStart(b"x"), changed(1), XaPrepared(b"x", one_phase=False), XaOutcome(b"x", committed=False))]
    )
    assert bench.run().pending() == {1: False}


def test_i9_a_transaction_committed_in_one_phase_is_like_any_other() -> None:
    bench = Bench([batch(XaStart(b"x"), changed(1), XaPrepared(b"x", one_phase=True), changed(2))])
    assert bench.run().pending() == {1: False, 2: False}
    assert bench.delta.held == 0


def test_i9_two_prepared_transactions_do_not_mix() -> None:
    bench = Bench(
        [
            batch(XaStart(b"x"), changed(1), XaPrepared(b"x", one_phase=False)),
            batch(XaStart(b"y"), changed(2), XaPrepared(b"y", one_phase=False), XaOutcome(b"y", committed=True)),
        ]
    ).run()
    assert bench.pending() == {2: False}
    assert bench.delta.held == 1


def committed_unknown(bench: Bench) -> None:
    bench.script.connections = [[batch(XaOutcome(b"elder", committed=True))]]


def test_i9_a_transaction_prepared_before_our_time_and_committed_while_copying_ends_the_run() -> None:
    bench = Bench()
    committed_unknown(bench)
    bench.log.copying = True
    with pytest.raises(StreamError, match=r"elder.*prepared before the migration began.*Start again"):
        bench.run()


def test_i9_the_same_before_the_copy_begins_or_rolled_back_is_harmless() -> None:
    bench = Bench()
    committed_unknown(bench)
    bench.run()
    bench = Bench([batch(XaOutcome(b"elder", committed=False))])
    bench.log.copying = True
    bench.run()
    assert bench.pending() == {}


def test_i9_a_prepared_transaction_without_rows_of_ours_may_be_committed_while_copying_but_only_once() -> None:
    prepared = batch(XaStart(b"x"), XaPrepared(b"x", one_phase=False))
    outcome = batch(XaOutcome(b"x", committed=True))
    bench = Bench([prepared, outcome])
    bench.log.copying = True
    bench.run()
    bench = Bench([prepared, outcome, outcome])
    bench.log.copying = True
    with pytest.raises(StreamError, match=r"prepared before the migration began"):
        bench.run()


# -- statements (invariant 10)


def test_i10_a_statement_that_names_our_table_ends_the_run_and_is_quoted() -> None:
    bench = Bench([batch(statement("ALTER  TABLE orders\n ADD COLUMN c int"))])
    with pytest.raises(
        StreamError, match=r"`shop`\.`orders`.*'ALTER TABLE orders ADD COLUMN c int'.*nothing was swapped"
    ):
        bench.run()


def test_i10_a_statement_that_names_the_ghost_ends_the_run_too() -> None:
    with pytest.raises(StreamError, match=r"`shop`\.`_orders_gho`"):
        Bench([batch(statement("DROP TABLE _orders_gho"))]).run()


def test_i10_a_statement_that_is_no_sql_and_may_be_about_our_table_ends_the_run_as_any_other() -> None:
    with pytest.raises(StreamError, match=r"`shop`\.`orders`.*Start again when the table is at rest"):
        Bench([batch(statement("UPDATE orders SET a = 'never closed"))]).run()


def test_a_long_statement_is_shown_by_its_beginning() -> None:
    with pytest.raises(StreamError) as error:
        Bench([batch(statement("INSERT INTO orders VALUES " + "(1)," * 500))]).run()
    assert len(str(error.value)) < 500


def test_statements_of_others_and_expected_ones_of_ours_pass() -> None:
    ours = "ALTER TABLE `shop`.`_orders_gho` AUTO_INCREMENT = 5"
    bench = Bench([batch(statement("DROP TABLE others"), statement(ours.lower() + " ;"), changed(1))])
    bench.log.expected.add(statement_words(ours))
    assert bench.run().pending() == {1: False}


def test_i8_the_counter_that_an_earlier_run_has_set_is_ours_whatever_its_number() -> None:
    bench = Bench(
        [batch(statement(f"ALTER TABLE `shop`.`_orders_gho` AUTO_INCREMENT = {n}"), changed(1)) for n in (5, 6)]
    )
    bench.log.counter = statement_words("ALTER TABLE `shop`.`_orders_gho` AUTO_INCREMENT = 0")[:-1]
    assert bench.run().pending() == {1: False}


REVERT = "RENAME TABLE `shop`.`orders` TO `shop`.`_orders_del`"


def test_a_revert_heeds_nothing_before_the_swap_that_it_undoes_and_no_write_to_the_old_table_behind_it() -> None:
    def reading(*more: Event) -> Bench:
        swap = statement(f"{REVERT}, `shop`.`_orders_gho` TO `shop`.`orders`")
        bench = Bench([batch(statement("ALTER TABLE orders ADD c int"), swap), batch(*more, changed(1))])
        bench.log.opened, bench.log.opening = False, statement_words(REVERT)
        return bench

    assert reading().run().log.opened
    assert reading().run().pending() == {1: False}
    with pytest.raises(StreamError, match="cannot be followed"):
        reading(statement("ALTER TABLE orders ADD d int")).run()
    with pytest.raises(StreamError, match="written to"):
        reading(changed(1, label=OLD)).run()


def test_i11_our_own_rename_is_the_swap_and_what_was_not_drained_has_slipped() -> None:
    bench = Bench(
        [
            batch(changelog(MARKER, "m1"), changed(1), gone(2), statement(RENAME.replace(", ", " ,\n"), "")),
            batch(changed(5, label="swapped"), gone(6, label="swapped"), statement("ALTER TABLE orders ADD c int")),
        ]
    ).run()
    assert list(bench.log.markers) == ["m1"]
    assert bench.log.swapped
    assert bench.log.slipped == {1: False, 2: True}
    assert bench.log.since_swap == {5, 6}
    assert bench.pending() == {}


def test_i10_another_rename_of_the_table_is_not_taken_for_the_swap() -> None:
    other = RENAME.replace("_orders_del", "_orders_old")
    bench = Bench([batch(statement(other, ""))])
    with pytest.raises(StreamError, match=r"`shop`\.`orders`"):
        bench.run()
    assert not bench.log.swapped


# -- the changelog


def test_a_heartbeat_that_came_back_is_on_the_board_and_says_how_far_behind_we_are() -> None:
    beat = moment()
    bench = Bench([batch(changelog(HEARTBEAT, beat)), batch(changed(1))]).run()
    reading = bench.board.read(StreamReading)
    assert reading is not None
    assert reading.heartbeat == beat
    assert 0 <= reading.lag() < 60
    assert StreamReading(at(1)).lag() == float("inf")


def test_a_changelog_value_that_is_no_text_ends_the_run() -> None:
    with pytest.raises(StreamError, match=r"changelog's value came as None"):
        Bench([batch(Keys("changelog", [(HEARTBEAT, None)], []))]).run()


def silence(bench: Bench, seconds: float) -> Callable[[], None]:
    def pass_by() -> None:
        bench.stop.seconds += seconds

    return pass_by


def test_i1_i10_transactions_that_pass_without_a_heartbeat_for_long_end_the_run() -> None:
    bench = Bench()
    with bench.state.open() as state:
        state.copying = True
    passing = [silence(bench, PAUSE), batch(changed(1), transactions=1)]
    bench.script.connections = [[batch(changelog(HEARTBEAT, moment()), transactions=1), *passing * int(SILENCE + 1)]]
    with pytest.raises(StreamError, match=r"no heartbeat of ours.*61 s.*our writes are not logged"):
        bench.run()


def test_i1_a_heartbeat_in_time_or_a_log_at_rest_is_no_reason_to_stop() -> None:
    bench = Bench()
    bench.script.connections = [
        [
            silence(bench, SILENCE - 1),
            batch(changelog(HEARTBEAT, moment()), transactions=1),
            silence(bench, SILENCE - 1),
            batch(changed(1), transactions=5),
            silence(bench, SILENCE * 9),
            batch(transactions=0),
            batch(changelog(HEARTBEAT, moment()), changed(2), transactions=5),
        ]
    ]
    assert bench.run().pending() == {1: False, 2: False}


def test_i1_a_replica_that_stood_still_is_not_a_silence_of_the_log() -> None:
    # When it goes on, others' transactions of that moment may come first; and a late one begins long before our start.
    bench = Bench()
    early = [silence(bench, PAUSE), batch(changed(1), transactions=1)] * int(SILENCE * 2)
    late = [silence(bench, SILENCE * 9), batch(changed(2), transactions=9)]
    bench.script.connections = [[*early, batch(changelog(HEARTBEAT, moment()), transactions=1), *late]]
    assert bench.run().pending() == {1: False, 2: False}


def test_i1_the_time_without_a_connection_is_not_a_silence_of_the_log() -> None:
    # Heartbeats could not be written either: the first batch after a long outage has only the others' transactions.
    bench = Bench()
    bench.script.connections = [
        [batch(changed(1), to=50), silence(bench, SILENCE * 2), LOST],
        [batch(changed(2), transactions=3), batch(changelog(HEARTBEAT, moment()), transactions=1)],
    ]
    assert bench.run().pending() == {1: False, 2: False}


# -- backpressure (invariant 12)


def test_i12_a_full_buffer_makes_the_reader_wait_until_there_is_room() -> None:
    read = threading.Event()
    bench = Bench([batch(changed(1, 2, 3), to=50), read.set, batch(changed(4), to=60)], room=3)
    reader = threading.Thread(target=bench.run, daemon=True)
    reader.start()
    assert bench.buffer.wait_until(lambda delta: delta.full, 10)
    assert not read.wait(0.3), "it read on although the buffer is full"
    with bench.buffer.open() as delta:
        generation = delta.take(0, 10)
    assert not read.wait(0.3), "keys in flight take room, too"
    with bench.buffer.open() as delta:
        delta.settle(len(generation), 0)
    assert read.wait(10)
    reader.join(10)
    assert bench.pending() == {4: False}


def test_i12_a_stop_ends_the_wait_for_room_and_waiting_is_no_silence() -> None:
    bench = Bench([batch(changed(1, 2, 3), to=50)], room=3)
    reader = threading.Thread(target=bench.run, daemon=True)
    reader.start()
    assert bench.buffer.wait_until(lambda delta: delta.full, 10)
    bench.stop.set()
    reader.join(10)
    assert not reader.is_alive()


def test_i12_time_spent_waiting_for_room_does_not_count_as_silence() -> None:
    bench = Bench(room=2)

    def make_room_late() -> None:
        bench.buffer.wait_until(lambda delta: delta.full, 10)
        bench.stop.seconds += SILENCE * 3
        with bench.buffer.open() as delta:
            delta.settle(len(delta.take(0, 10)), 0)

    bench.script.connections = [[batch(changed(1, 2), to=50, transactions=1), batch(changed(3), transactions=1)]]
    helper = threading.Thread(target=make_room_late, daemon=True)
    helper.start()
    assert bench.run().pending() == {3: False}
    helper.join(10)


# -- words


def test_a_statement_is_compared_by_its_words_not_by_its_spaces_case_or_semicolon() -> None:
    assert statement_words("RENAME TABLE `a`  TO b;") == statement_words("rename\ntable A to `b`")
    assert statement_words("RENAME TABLE a TO b") != statement_words("RENAME TABLE a TO c")


def test_what_is_no_sql_equals_no_statement_of_ours() -> None:
    assert statement_words("'never closed") == ("'never closed",)


@pytest.mark.parametrize(
    ("phase", "size", "waits"),
    [
        (Phase.COPYING, LITTLE - 1, True),
        (Phase.POSTPONED, LITTLE - 1, True),
        (Phase.COPYING, LITTLE, False),
        (Phase.CATCHING_UP, LITTLE - 1, False),
        (Phase.CUTTING_OVER, 10, False),
    ],
)
def test_little_by_little_is_read_together_unless_somebody_waits_or_it_is_behind(
    phase: Phase, size: int, *, waits: bool
) -> None:
    bench = Bench([Batch([changed(1)], at(99), size=size)])
    bench.board.publish(phase)
    bench.run()
    assert bench.stop.waits == ([GATHER] if waits else [])
    assert bench.pending() == {1: False}
