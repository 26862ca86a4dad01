"""Large events are read as they come: the same keys as from events that are held whole, and nothing else held."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable

import pytest

from builders import binlog as log
from builders.binlog import Log, framed, read
from ghostshift.binlog import events as ev
from ghostshift.binlog import remainder
from ghostshift.binlog.decoder import Decoder
from ghostshift.binlog.packets import Packets
from ghostshift.model.change import Keys
from ghostshift.model.errors import StreamError
from ghostshift.model.key import KeyColumn, KeyKind

# Columns: INT, VARCHAR(300), LONGBLOB, LONGLONG, JSON. The key is the fourth and the second.
TYPES = [log.INT, log.VARCHAR, log.BLOB, log.LONGLONG, log.JSON]
METADATA = (300).to_bytes(2, "little") + bytes((4, 4))
TEXT = KeyColumn(name="b", ordinal=1, kind=KeyKind.TEXT, charset="utf8mb4", collation="utf8mb4_bin")
SPEC = log.key(log.int_column("d", 3), TEXT)
WATCHED = [log.watched(columns=5, spec=SPEC)]
MAP = log.table_map(70, "t", TYPES, METADATA)


def image(dice: random.Random, key: tuple[int, bytes], present: list[bool], blob: bytes) -> bytes:
    values = [
        (7).to_bytes(4, "little"),
        log.text(key[1], 2),
        log.text(blob, 4),
        key[0].to_bytes(8, "little"),
        log.text(b"json" * dice.randrange(5), 4),
    ]
    here = [place for place in range(5) if present[place]]
    null = [place in (0, 2, 4) and dice.random() < 0.3 for place in here]
    return log.bitmap(null) + b"".join(values[place] for place, gone in zip(here, null, strict=True) if not gone)


def rows_event(seed: int) -> tuple[int, bytes]:
    """Some rows of some kind, with some columns present."""
    dice = random.Random(seed)
    kinds = (ev.WRITE_V1, ev.WRITE_V2, ev.DELETE_V2, ev.UPDATE_V1, ev.UPDATE_V2, ev.PARTIAL_UPDATE)
    kind = kinds[seed % len(kinds)]
    before = [dice.random() < 0.6, True, dice.random() < 0.6, True, dice.random() < 0.6]
    after = [dice.random() < 0.6 for _ in range(5)]
    images = []
    for _ in range(dice.randrange(1, 6)):
        key = dice.randrange(100), b"k" * dice.randrange(200)
        images.append(image(dice, key, before, dice.randbytes(dice.randrange(500))))
        if kind in ev.UPDATES:
            if kind == ev.PARTIAL_UPDATE:
                images[-1] += dice.choice([b"\0", b"\1\0"])
            new = key if dice.random() < 0.5 else (dice.randrange(100), b"n")
            images[-1] += image(dice, new, after, dice.randbytes(dice.randrange(500)))
    present = [log.bitmap(before), log.bitmap(after)] if kind in ev.UPDATES else [log.bitmap(before)]
    return log.rows(kind, 70, 5, images, present, extra=b"extra" if kind in ev.V2_ROWS and dice.random() < 0.5 else b"")


def plain(made: Log, event: tuple[int, bytes]) -> Log:
    return made.transaction(MAP, event)


def zipped(made: Log, event: tuple[int, bytes]) -> Log:
    return made.add(*log.payload(made.inner(log.query("BEGIN"), MAP, event, log.xid())))


def unzipped(made: Log, event: tuple[int, bytes]) -> Log:
    return made.add(*log.payload(made.inner(log.query("BEGIN"), MAP, event, log.xid()), 255))


@pytest.mark.parametrize("wrapped", [plain, zipped, unzipped])
@pytest.mark.parametrize("checksum", [True, False])
def test_what_is_read_as_it_comes_is_what_is_read_whole(
    monkeypatch: pytest.MonkeyPatch,
    wrapped: Callable[..., Log],
    checksum: bool,  # noqa: FBT001
) -> None:
    for seed in range(36):
        made = wrapped(Log(checksum=checksum), rows_event(seed))
        whole = read(bytes(made.packets), WATCHED)
        monkeypatch.setattr(remainder, "LARGE", 1)
        for step, size in ((1, 70), (7, 64), (0, 100)):
            parts = read(bytes(made.packets), WATCHED, step=step, buffer_bytes=size)
            assert parts == whole, f"seed {seed}"
        monkeypatch.undo()


@pytest.mark.parametrize("wrapped", [plain, zipped])
def test_damage_in_a_large_event_is_found_and_its_rows_are_not_handed_over(
    monkeypatch: pytest.MonkeyPatch, wrapped: Callable[..., Log]
) -> None:
    monkeypatch.setattr(remainder, "LARGE", 1)
    for seed in range(12):
        made = wrapped(Log(), rows_event(seed))
        packets = made.packets
        # Of the last event but the end of the transaction, where it has one.
        at = len(packets) - (60 if wrapped is plain else 20)
        packets[at] ^= 0x55
        decoder = Decoder(WATCHED, log.START)
        with pytest.raises(StreamError, match=r"damaged|cannot be used|of a type"):
            Packets(decoder, max_event_bytes=1 << 30, buffer_bytes=64).feed(bytes(packets))
        batch = decoder.take()
        assert batch.transactions == 0
        assert not [event for event in batch.events if isinstance(event, Keys) and wrapped is plain]


@pytest.mark.parametrize("size", [1, -1, 1 << 30])
def test_rows_that_do_not_fit_their_event_are_damage(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(remainder, "LARGE", 1)
    row = b"\xe0" + (7).to_bytes(4, "little") + log.text(b"key", 2)
    row += (1000 + size).to_bytes(4, "little", signed=True) + bytes(1000) + bytes(8) + log.text(b"{}", 4)
    made = plain(Log(), log.rows(ev.WRITE_V2, 70, 5, [row]))
    with pytest.raises(StreamError, match=r"damaged"):
        read(bytes(made.packets), WATCHED, buffer_bytes=64)


def test_a_row_of_forty_megabytes_takes_no_room() -> None:
    size = 40_000_000
    row = b"\xe0" + (7).to_bytes(4, "little") + log.text(b"key", 2) + log.text(bytes(size), 4) + bytes(8)
    event = Log().transaction(MAP, log.rows(ev.WRITE_V2, 70, 5, [row + log.text(b"{}", 4)])).packets
    data = memoryview(bytes(event))
    decoder = Decoder(WATCHED, log.START)
    packets = Packets(decoder, max_event_bytes=1000)
    tracemalloc.start()
    for at in range(0, len(data), 1 << 16):
        packets.feed(bytes(data[at : at + (1 << 16)]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert decoder.take().events == [Keys("original", [(0, b"key")], [])]
    assert peak < size / 4


def test_a_compressed_transaction_is_not_held_and_gives_its_keys_as_they_come() -> None:
    dice = random.Random(5)
    events = [
        log.rows(
            ev.WRITE_V2, 70, 5,
            [b"\xe0" + bytes(4) + log.text(b"k", 2) + log.text(dice.randbytes(8000), 4) + n.to_bytes(12, "little")],
        )
        for n in range(1000)
    ]  # fmt: skip
    made = Log()
    packed = made.event(*log.payload(made.inner(log.query("BEGIN"), MAP, *events, log.xid())))
    assert len(packed) > 8_000_000
    made.packets += framed(packed)
    decoder = Decoder(WATCHED, log.START)
    packets = Packets(decoder, max_event_bytes=1 << 20)
    found: list[object] = []
    most = 0
    for at in range(0, len(made.packets), 1 << 16):
        packets.feed(bytes(made.packets[at : at + (1 << 16)]))
        batch = decoder.take()
        some = [key for event in batch.events if isinstance(event, Keys) for key in event.changed]
        most = max(most, len(some))
        found += some
        assert batch.boundary == log.START or len(found) == 1000
    assert found == [(n, b"k") for n in range(1000)]
    assert most < 300
