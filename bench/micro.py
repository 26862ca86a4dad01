"""Our own code's speed, without a server: the reader, the delta buffer, the copy front, statements and the planner.

Each case is measured as a ratio to a fixed loop of plain Python that runs in the same process, in turns with it: so the
figures of two machines, and of a busy hour and a quiet one, can be compared. Seconds are of CPU time, ratios are
medians of the rounds; 2.0 means that one unit (a row, an event, a key) takes twice as long as one turn of the loop.

`bench/baseline.json` holds what was measured when the code was last made faster or slower on purpose. A ratio that is
worse than that by more than the tolerance ends the run with exit code 1; --write makes a new baseline. Prints JSON.

    make bench-micro [BENCH_ARGS="--rounds 9 --only reader"]
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import synthetic
from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.core.batching import batches
from ghostshift.core.delta import DeltaBuffer
from ghostshift.core.front import CopyFront
from ghostshift.core.planner import make_plan
from ghostshift.model.change import Keys, WatchedTable
from ghostshift.model.names import helper_names
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql.alter import read_alter
from ghostshift.sql.statements import delete_keys, replace_keys

BASELINE = Path(__file__).with_name("baseline.json")
TOLERANCE = 1.6
"""So much worse than the baseline is a regression: less is what machines and moments differ by."""
TURNS = 300_000
_BLOCK = 1 << 18
GENERATION = 20_000
"""Keys that the applier takes at once."""


@dataclass(frozen=True)
class Case:
    """Work to be measured; `work` returns how many units it has done, `ready` is run before, unmeasured."""

    name: str
    unit: str
    work: Callable[[Any], int]
    ready: Callable[[], Any] = lambda: None


def reference(turns: int = TURNS) -> int:
    """What all is compared with: a little of everything that an interpreter does. Never change it."""
    table: dict[int, int] = {}
    names = [b"one", b"two", b"three", b"four"]
    total = 0
    for turn in range(turns):
        name = names[turn & 3]
        total += len(name) + (turn >> 3 & 255)
        table[turn & 4095] = total
        if name == b"three":
            names[3] = name[:2]
    return total


# -- the reader


def _read(packets: bytes, watched: list[WatchedTable]) -> int:
    decoder = Decoder(watched, synthetic.START)
    reader = Packets(decoder, max_event_bytes=1 << 30)
    view = memoryview(packets)
    rows = 0
    for at in range(0, len(view), _BLOCK):
        reader.feed(view[at : at + _BLOCK])
        rows += decoder.take().rows
    return rows


def reader_cases(rows: int = 60_000) -> list[Case]:
    """Rows of ours and events of others."""
    big, small = synthetic.statements(rows), synthetic.transactions(rows // 15)
    large, little = bytes(big.packets), bytes(small.packets)

    def foreign(log: synthetic.Log, packets: bytes) -> Callable[[Any], int]:
        def work(_: Any) -> int:
            _read(packets, [])
            return log.events

        return work

    return [
        Case("reader: changed rows, large statements", "row", lambda _: _read(large, synthetic.WATCHED)),
        Case("reader: changed rows, small transactions", "row", lambda _: _read(little, synthetic.WATCHED)),
        Case("reader: foreign events, large", "event", foreign(big, large)),
        Case("reader: foreign events, small transactions", "event", foreign(small, little)),
    ]


# -- the delta buffer and the front


def delta_cases(rounds: int = 400) -> list[Case]:
    """Keys in and out."""
    chance = random.Random(5)
    uniform = [[chance.randrange(10_000_000) for _ in range(500)] for _ in range(rounds)]
    hot = [[chance.randrange(2_000) for _ in range(500)] for _ in range(rounds)]

    def empty() -> DeltaBuffer:
        return DeltaBuffer(synthetic.KEY, 1 << 30)

    def put(many: list[list[int]]) -> Callable[[DeltaBuffer], int]:
        def work(buffer: DeltaBuffer) -> int:
            for some in many:
                buffer.put(Keys("original", list(some), []))
            return 500 * len(many)

        return work

    def full() -> DeltaBuffer:
        buffer = empty()
        put(uniform)(buffer)
        return buffer

    def marked() -> DeltaBuffer:
        buffer = full()
        buffer.mark()
        put(uniform[:100])(buffer)
        return buffer

    def mark(buffer: DeltaBuffer) -> int:
        buffer.mark()
        return buffer.pending

    def take(buffer: DeltaBuffer) -> int:
        taken = 0
        while generation := buffer.take(0, GENERATION):
            taken += len(generation)
            buffer.settle(len(generation), 0)
        buffer.settle(0, 0)
        return taken

    return [
        Case("delta buffer: put, uniform", "key", put(uniform), empty),
        Case("delta buffer: put, hot", "key", put(hot), empty),
        Case("delta buffer: take and settle", "key", take, full),
        Case("delta buffer: mark again", "key", mark, marked),
    ]


def front_cases() -> list[Case]:
    """Verdicts."""
    chance = random.Random(4)
    keys = {chance.randrange(1_000_000): number % 8 == 0 for number in range(GENERATION)}
    copying = CopyFront(synthetic.KEY, may_discard=True)
    copying.open(1_000_000)
    for number in range(1, 6):
        chunk = copying.dispatch(number * 100_000, 100_000)
        if number < 3:
            copying.finish(chunk)
    done = CopyFront(synthetic.KEY, may_discard=True)
    done.open(None)

    def judge(front: CopyFront) -> Callable[[Any], int]:
        def work(_: Any) -> int:
            front.judge(keys.items())
            return len(keys)

        return work

    return [
        Case("front: judge while copying", "key", judge(copying)),
        Case("front: judge after the copy", "key", judge(done)),
    ]


# -- plans and statements


def _column(name: str, kind: str, ordinal: int, **more: Any) -> Column:
    data_type = kind.partition("(")[0]
    return Column(name=name, ordinal=ordinal, data_type=data_type, column_type=kind, **more)


def _table(columns: int, key: Column) -> Table:
    rest = [_column(f"c{n}", "int", n) for n in range(1, columns)]
    return Table(
        name=synthetic.NAME,
        columns=(key, *rest),
        unique_keys=(UniqueKey(name="PRIMARY", columns=(key.name,)),),
        engine="InnoDB",
        rows_estimate=1_000_000,
    )


def _plan(columns: int, key: Column) -> Plan:
    table = _table(columns, key)
    helpers = helper_names(synthetic.NAME, sort_after=False)
    ghost = Table(
        name=helpers.ghost,
        columns=(*table.columns, _column("added", "int", columns)),
        unique_keys=table.unique_keys,
        engine="InnoDB",
        rows_estimate=0,
    )
    return make_plan(table, ghost, helpers, read_alter("ADD COLUMN added int NOT NULL DEFAULT 7"))


def statement_cases() -> list[Case]:
    """Batches, their text, and a plan."""
    chance = random.Random(3)
    number = _column("id", "int", 0)
    text = _column("id", "varchar(40)", 0, charset="utf8mb4", collation="utf8mb4_0900_ai_ci")
    numbers = {chance.randrange(1_000_000): False for _ in range(GENERATION)}
    texts = {b"key-%012d" % chance.randrange(1_000_000): False for _ in range(GENERATION)}

    def written(plan: Plan, work: dict[Any, bool]) -> Callable[[Any], int]:
        def build(_: Any) -> int:
            for batch in batches(work, 1000, 8 << 20):
                keys = [key for key, _ in batch]
                delete_keys(plan, keys[:100])
                replace_keys(plan, keys)
            return len(work)

        return build

    def planned(_: Any) -> int:
        for _turn in range(20):
            _plan(200, number)
        return 20 * 200

    return [
        Case("statements: batches and text, numbers", "key", written(_plan(4, number), numbers)),
        Case("statements: batches and text, texts", "key", written(_plan(4, text), texts)),
        Case("planner: a plan of 200 columns", "column", planned),
    ]


def every_case(*, small: bool = False) -> list[Case]:
    """All of them; `small`: with a little work in each, to see them work."""
    scaled = [*reader_cases(60), *delta_cases(4)] if small else [*reader_cases(), *delta_cases()]
    return [*scaled, *front_cases(), *statement_cases()]


# -- measuring


def timed(work: Callable[[], int]) -> tuple[float, int]:
    """CPU seconds and what it returned."""
    began = time.process_time()
    units = work()
    return time.process_time() - began, units


def measure(cases: list[Case], rounds: int) -> dict[str, dict[str, Any]]:
    """Each case in turns with the reference loop."""
    ratios: dict[str, list[float]] = {case.name: [] for case in cases}
    rates: dict[str, list[float]] = {case.name: [] for case in cases}
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for case in cases:
            prepared = case.ready()
            seconds, units = timed(lambda case=case, prepared=prepared: case.work(prepared))  # type: ignore[misc]
            turn = min(timed(reference)[0], timed(reference)[0]) / TURNS
            ratios[case.name].append(seconds / units / turn)
            rates[case.name].append(units / seconds)
    return {
        case.name: {
            "ratio": round(statistics.median(ratios[case.name]), 2),
            "per_second": round(statistics.median(rates[case.name])),
            "unit": case.unit,
        }
        for case in cases
    }


def worse(found: dict[str, dict[str, Any]], known: dict[str, float], tolerance: float) -> list[str]:
    """What is slower than the baseline allows; a case that the baseline does not know is told, too."""
    said = []
    for name, figures in found.items():
        if name not in known:
            said.append(f"{name}: not in the baseline; write it with --write")
        elif figures["ratio"] > known[name] * tolerance:
            said.append(f"{name}: {figures['ratio']} times the reference loop, {known[name]} in the baseline")
    return said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="cases whose names contain this")
    parser.add_argument("--tolerance", type=float, default=TOLERANCE, help="factor over the baseline's ratio")
    parser.add_argument("--write", action="store_true", help="make what is measured the baseline")
    args = parser.parse_args()
    found = measure([case for case in every_case() if args.only in case.name], args.rounds)
    print(json.dumps(found, indent=2))
    known: dict[str, float] = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if args.write:
        known |= {name: figures["ratio"] for name, figures in found.items()}
        BASELINE.write_text(json.dumps(known, indent=2) + "\n")
        return 0
    said = worse(found, known, args.tolerance)
    for line in said:
        print(f"slower: {line}" if "not in" not in line else line, file=sys.stderr)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
