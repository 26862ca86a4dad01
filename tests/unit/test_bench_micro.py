"""The micro-bench: what it calls slower, and that its baseline knows each of its cases."""

from __future__ import annotations

import json

from bench import micro, synthetic

from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets

KNOWN = {"a": 2.0, "b": 4.0}


def found(**ratios: float) -> dict[str, dict[str, float]]:
    return {name: {"ratio": ratio} for name, ratio in ratios.items()}


def test_only_what_is_worse_than_the_baseline_by_more_than_the_tolerance_is_told() -> None:
    assert micro.worse(found(a=2.9, b=6.1), KNOWN, 1.5) == ["b: 6.1 times the reference loop, 4.0 in the baseline"]
    assert micro.worse(found(a=0.1, b=6.0), KNOWN, 1.5) == []


def test_a_case_without_a_baseline_is_no_silent_pass() -> None:
    assert "not in the baseline" in micro.worse(found(c=1.0), KNOWN, 1.5)[0]


def test_each_case_works_and_has_a_baseline() -> None:
    known = json.loads(micro.BASELINE.read_text())
    cases = micro.every_case(small=True)
    assert {case.name for case in cases} == known.keys()
    for case in cases:
        assert case.work(case.ready()) > 0, case.name


def test_the_log_that_is_made_by_hand_tells_of_the_rows_that_were_put_into_it() -> None:
    log = synthetic.transactions(10)
    decoder = Decoder(synthetic.WATCHED, synthetic.START)
    Packets(decoder, max_event_bytes=1 << 30).feed(bytes(log.packets))
    batch = decoder.take()
    assert (batch.rows, batch.transactions, log.events) == (40, 10, 1 + 10 * 11)
