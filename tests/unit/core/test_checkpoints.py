"""A checkpoint comes back from its text as it was; what is none, or a newer version's, is refused by name."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from ghostshift.core.checkpoints import from_text, key_of, portable, run_in, to_text
from ghostshift.model.checkpoint import FORMAT, Checkpoint, Compared, Identities, Totals
from ghostshift.model.errors import Refused
from ghostshift.model.index import Index, IndexPart
from ghostshift.model.key import Key, KeyColumn, KeyKind, KeySpec
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.model.server import Life, ServerIdentity

SERVER = ServerIdentity(server_id="7", uuid="b64c", host="db1", port="3306")
PLAIN = Checkpoint(
    tool="1.0",
    table="`shop`.`t`",
    old="_t_del",
    run="cafe",
    phase=Phase.COPYING,
    alter="ADD COLUMN `ü'\\` int",
    choices={"allow-data-loss": "false"},
    original="0" * 32,
    ghost="1" * 32,
    inspected=SERVER,
    migrated=SERVER,
    position=Position("binlog.000012", 3456),
)
FULL = replace(
    PLAIN,
    gtids="b64c:1-7",
    later=(
        Index(name="i`", parts=(IndexPart(column="a", length=3), IndexPart(column="b", descending=True)), comment="ü"),
    ),
    whole="2" * 32,
    prepared=("6162",),
    copied=(7, "00ff"),
    limit=(900, "ff"),
    copy_done=True,
    rows=12,
    chunks=3,
    rows_lost=1,
    values_changed=2,
    compared=Compared(
        after=(3, "aa"), number=2, extras_seen=True, rows=9, explained=1, suspects=((1, "00"), (2, "01"))
    ),
    identities=Identities(original=(11,), ghost=(12, 13)),
    lives=(Life(since=5, durable=True), Life(since=6)),
    totals=Totals(restarts=2, seen=3, seconds=1.5, verified=True),
    hopeless="a reason",
)


@pytest.mark.parametrize("checkpoint", [PLAIN, FULL])
def test_i8_a_checkpoint_comes_back_as_it_was(checkpoint: Checkpoint) -> None:
    assert from_text(to_text(checkpoint), "`shop`.`_t_ghk`") == checkpoint
    assert to_text(checkpoint).isascii()


def test_what_a_newer_version_wrote_is_refused_by_name() -> None:
    text = json.dumps({"format": FORMAT + 1, "tool": "9.9", "something": "new"})
    with pytest.raises(Refused, match=r"written by ghostshift 9\.9 in format 2.*--no-resume") as caught:
        from_text(text, "`shop`.`_t_ghk`")
    assert caught.value.code == "checkpoint-format"


def test_whose_sessions_are_to_be_ended_is_read_of_what_else_cannot_be() -> None:
    assert run_in(to_text(PLAIN)) == "cafe"
    assert run_in(json.dumps({"format": 99, "run": "beef"})) == "beef"
    assert [run_in(text) for text in ("", "rubbish", "{}", "[]", "7", '{"run": 7}')] == [""] * 6


def damaged() -> list[str]:
    """Every field left out once, or of another kind; and no checkpoints at all."""
    whole = json.loads(to_text(FULL))
    texts = [json.dumps({key: value for key, value in whole.items() if key != name}) for name in whole]
    wrong = {"phase": "DREAMING", "position": "nowhere", "copied": {"a": 1}, "limit": [None], "inspected": {"x": 1}}
    return [*texts, *(json.dumps({**whole, name: value}) for name, value in wrong.items()), "", "{}", "[]", "null", "{"]


@pytest.mark.parametrize("text", damaged())
def test_i8_no_field_is_ever_guessed(text: str) -> None:
    with pytest.raises(Refused) as caught:
        from_text(text, "`shop`.`_t_ghk`")
    assert caught.value.code == "checkpoint-unreadable"


def column(kind: KeyKind) -> KeyColumn:
    return KeyColumn(name="k", ordinal=0, kind=kind)


KEYS = [
    (KeyKind.INTEGER, -(1 << 63)), (KeyKind.INTEGER, (1 << 64) - 1), (KeyKind.ENUM, 0), (KeyKind.SET, 1 << 63),
    (KeyKind.BIT, 5), (KeyKind.BYTES, b""), (KeyKind.BYTES, bytes(range(256))), (KeyKind.TEXT, "ü".encode("latin1")),
    (KeyKind.DECIMAL, Decimal("-0.00")), (KeyKind.DECIMAL, Decimal("99999999999999999999.0000000001")),
    (KeyKind.DATE, "0000-00-00"), (KeyKind.DATETIME, "2026-01-31 23:59:59.000001"),
    (KeyKind.TIMESTAMP, "1970-01-01 00:00:01.000000"), (KeyKind.TIME, -3_020_399_000_000), (KeyKind.INET4, b"\1\2\3\4"),
    (KeyKind.INET6, bytes(16)), (KeyKind.UUID, bytes(range(16))),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), KEYS)
def test_i6_i8_a_key_of_any_kind_comes_back_to_the_byte(kind: KeyKind, value: Key) -> None:
    single = KeySpec(index="k", columns=(column(kind),))
    double = KeySpec(index="k", columns=(column(KeyKind.INTEGER), column(kind)))
    for spec, key in ((single, value), (double, (4, value))):
        found = key_of(spec, json.loads(json.dumps(portable(spec, key))))
        assert found == key
        assert repr(found) == repr(key)
    assert portable(single, None) is None
    assert key_of(single, None) is None


def test_a_key_of_another_shape_is_an_error() -> None:
    spec = KeySpec(index="k", columns=(column(KeyKind.INTEGER),))
    for values in ((1, 2), ("not hex", 1), ()):
        with pytest.raises(ValueError, match="columns"):
            key_of(spec, values)
    with pytest.raises(ValueError, match="hexadecimal"):
        key_of(KeySpec(index="k", columns=(column(KeyKind.BYTES),)), ("xyz",))
    with pytest.raises(ValueError, match="kind date"):
        key_of(KeySpec(index="k", columns=(column(KeyKind.DATE),)), (5,))


def test_any_key_survives() -> None:
    chance = random.Random(5)
    for _ in range(200):
        kinds = [
            chance.choice((KeyKind.INTEGER, KeyKind.BYTES, KeyKind.DECIMAL)) for _ in range(chance.randrange(2, 4))
        ]
        spec = KeySpec(index="k", columns=tuple(map(column, kinds)))
        made = {
            KeyKind.INTEGER: lambda: chance.randrange(-(1 << 40), 1 << 40),
            KeyKind.BYTES: lambda: chance.randbytes(chance.randrange(9)),
            KeyKind.DECIMAL: lambda: Decimal(chance.randrange(-9999, 9999)).scaleb(-chance.randrange(5)),
        }
        key = tuple(made[kind]() for kind in kinds)
        assert key_of(spec, portable(spec, key)) == key


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (KeyKind.DATETIME, "' OR '1'='1"),
        (KeyKind.DATE, "2026-01-01'"),
        (KeyKind.TIMESTAMP, "2026-01-31 23:59:59\n"),
        (KeyKind.DECIMAL, "NaN"),
        (KeyKind.DECIMAL, "1E999999"),
        (KeyKind.DECIMAL, "one"),
        (KeyKind.BYTES, "') OR 1"),
        (KeyKind.INTEGER, "1 OR 1"),
    ],
)
def test_what_somebody_else_wrote_as_a_key_gets_into_no_statement(kind: KeyKind, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        key_of(KeySpec(index="k", columns=(column(kind),)), (value,))
