"""Damage: whatever comes over the wire, it ends in a StreamError or in a valid batch, soon, and without much memory.

The logs are real ones (builders.capture). With checksums, a flipped bit never gives a key that is not in the log.
"""

from __future__ import annotations

import contextlib
import json
import random
import tracemalloc
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import binlog as log
from ghostshift.binlog import events as ev
from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.model.change import Keys, Statement, XaOutcome, XaPrepared, XaStart
from ghostshift.model.errors import ConnectionLost, StreamError
from ghostshift.model.position import Position

DATA = Path(__file__).parent.parent.parent / "data"
CAPTURES = ["binlog-mysql-crc32", "binlog-mysql-none", "binlog-mariadb-crc32", "binlog-mariadb-none"]
SPEC = log.key(log.int_column(ordinal=1, unsigned=True))
WATCHED = [log.watched(columns=6, spec=SPEC, schema="fuzz"), log.watched("o", label="o", schema="fuzz")]
EVENTS = (Keys, Statement, XaStart, XaPrepared, XaOutcome)
SMALL_BUFFER = 1 << 16


@cache
def _capture(name: str) -> tuple[bytes, Position, Position]:
    facts = json.loads((DATA / f"{name}.json").read_text())
    begin, end = Position(facts["file"], facts["offset"]), Position(facts["end_file"], facts["end_offset"])
    return (DATA / f"{name}.bin").read_bytes(), begin, end


@cache
def _all_keys(name: str) -> frozenset[object]:
    data, start, _ = _capture(name)
    return frozenset(_read(data, start)[0])


def _read(data: bytes, start: Position) -> tuple[list[tuple[str, object]], Decoder]:
    """All keys that were handed out before the end or the error."""
    decoder = Decoder(WATCHED, start, max_event_bytes=1 << 24)
    packets = Packets(decoder, max_event_bytes=1 << 24, buffer_bytes=SMALL_BUFFER)
    keys: list[tuple[str, object]] = []
    with contextlib.suppress(StreamError, ConnectionLost):
        packets.feed(data)
    batch = decoder.take()
    assert all(isinstance(event, EVENTS) for event in batch.events)
    for event in batch.events:
        if isinstance(event, Keys):
            keys += [(event.label, key) for key in [*event.changed, *event.gone]]
    assert batch.boundary >= start or batch.boundary.file != start.file
    return keys, decoder


@pytest.mark.parametrize("name", CAPTURES)
def test_the_capture_itself(name: str) -> None:
    data, start, end = _capture(name)
    keys, decoder = _read(data, start)
    assert decoder.boundary == end
    numbers = {key for label, key in keys if label == "original"}
    assert numbers >= {1, 2, 3, 103, 7, 4_000_000_000, *range(1000, 1060)}
    assert {key for label, key in keys if label == "o"} >= {1, 2}


@pytest.mark.parametrize("name", CAPTURES)
def test_cut_off_at_every_byte(name: str) -> None:
    data, start, _ = _capture(name)
    known = _all_keys(name)
    for end in range(0, len(data), 3 if name.endswith("none") else 1):
        keys, _ = _read(data[:end], start)
        assert known.issuperset(keys)


@pytest.mark.parametrize("name", ["binlog-mysql-crc32", "binlog-mariadb-crc32"])
def test_a_flipped_bit_never_gives_a_wrong_key(name: str) -> None:
    """Every byte once, one bit of it by chance."""
    data, start, _ = _capture(name)
    known = _all_keys(name)
    rng = random.Random(11)
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << rng.randrange(8)
        keys, _ = _read(bytes(damaged), start)
        assert known.issuperset(keys), at


@pytest.mark.parametrize("name", CAPTURES)
@settings(max_examples=300, deadline=4000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(choices=st.data())
def test_any_change(name: str, choices: st.DataObject) -> None:
    data, start, _ = _capture(name)
    damaged = bytearray(data)
    for _ in range(choices.draw(st.integers(1, 8))):
        at = choices.draw(st.integers(0, len(damaged) - 1))
        what = choices.draw(st.sampled_from(["set", "ff", "zero", "cut", "double", "insert"]))
        length = choices.draw(st.integers(1, 8))
        if what == "set":
            damaged[at] = choices.draw(st.integers(0, 255))
        elif what in ("ff", "zero"):
            damaged[at : at + length] = (b"\xff" if what == "ff" else b"\0") * length
        elif what == "cut":
            del damaged[at : at + length]
        elif what == "double":
            damaged[at:at] = damaged[at : at + length * 40]
        else:
            damaged[at:at] = choices.draw(st.binary(max_size=20))
        damaged = damaged or bytearray(1)
    _read(bytes(damaged), start)


@pytest.mark.parametrize("name", ["binlog-mysql-none", "binlog-mariadb-none"])
def test_bytes_set_to_extremes_without_checksums(name: str) -> None:
    data, start, _ = _capture(name)
    rng = random.Random(12)
    for at in range(0, len(data), 2):
        damaged = bytearray(data)
        damaged[at] = rng.choice((0x00, 0xFF, data[at] ^ 0x80, data[at] ^ 1))
        _read(bytes(damaged), start)


@settings(max_examples=500, deadline=4000)
@given(st.binary(max_size=2000))
def test_garbage(data: bytes) -> None:
    _read(data, Position("binlog.000001", 4))


@settings(max_examples=300, deadline=4000)
@given(st.integers(0, 200), st.binary(max_size=300), st.booleans())
def test_garbage_inside_an_event(kind: int, body: bytes, ours: bool) -> None:  # noqa: FBT001 - drawn
    made = log.Log(checksum=True).add(*log.table_map(70, "o", [log.INT, log.VARCHAR], b"\x50\0", schema="fuzz"))
    if ours:
        body = (70).to_bytes(6, "little") + b"\1\0" + body
    _read(bytes(made.add(kind, body).packets), log.START)


@pytest.mark.parametrize("name", ["binlog-mysql-none", "binlog-mariadb-none"])
def test_little_input_takes_little_memory(name: str) -> None:
    data, start, _ = _capture(name)
    rng = random.Random(5)
    tracemalloc.start()
    try:
        for _ in range(100):
            damaged = bytearray(data)
            for _ in range(rng.randrange(1, 6)):
                damaged[rng.randrange(len(damaged))] = rng.choice((0, 0x7F, 0x80, 0xFF, rng.randrange(256)))
            _read(bytes(damaged), start)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_bombs_take_little_memory() -> None:
    """Zeros pack into next to nothing: an event of 60 MB in a few kilobytes, a text that claims 4 GB."""
    event = (60_000_000).to_bytes(4, "little")
    inner = bytes(9) + event + bytes(6) + bytes(60_000_000 - 19)
    payload = log.payload(inner)
    assert len(payload[1]) < 10_000
    bombs = [
        payload,
        log.query(b"\x84\xff\xff\xff\xff" + log.zlib.compress(bytes(20_000_000)), kind=ev.QUERY_COMPRESSED),
        log.query(b"\x83\xff\xff\xff" + log.zlib.compress(bytes(20_000_000)), kind=ev.QUERY_COMPRESSED),
    ]
    for bomb in bombs:
        made = bytes(log.Log().add(*bomb).packets)
        tracemalloc.start()
        try:
            with pytest.raises(StreamError):
                log.read(made, WATCHED, max_event_bytes=1 << 24)
            assert tracemalloc.get_traced_memory()[1] < 64 << 20
        finally:
            tracemalloc.stop()
