"""A checkpoint in which somebody has written: refused by name, or read; never any other error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ghostshift.core.checkpoints import from_text, key_of, run_in, to_text
from ghostshift.model.checkpoint import Checkpoint, Compared, Identities
from ghostshift.model.errors import Refused
from ghostshift.model.key import KeyColumn, KeyKind, KeySpec
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.model.server import Life, ServerIdentity

SERVER = ServerIdentity(server_id="7", uuid="b64c", host="db1", port="3306")
WHOLE = Checkpoint(
    tool="1.0",
    table="`shop`.`t`",
    old="_t_del",
    run="cafe",
    phase=Phase.COPYING,
    alter="ADD COLUMN a int",
    choices={"allow-data-loss": "false"},
    original="0" * 32,
    ghost="1" * 32,
    inspected=SERVER,
    migrated=SERVER,
    position=Position("binlog.000012", 3456, 1_700_000_000),
    prepared=("6162",),
    copied=(7, "00ff"),
    limit=(900, "ff"),
    compared=Compared(after=(3, "aa"), suspects=((1, "00"),)),
    identities=Identities(original=(11,), ghost=(12, 13)),
    lives=(Life(since=5, durable=True),),
)
JUNK = (
    None, True, -1, 1.5, 10**30, float("inf"), float("nan"), "", "x", "\ud800", "9" * 5000,
    [], [[]], [None], [1], {}, {"a": 1}, [{"a": 1}],
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a text's values, the whole of it among them."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*path, name))


def tampered(path: tuple[Any, ...], junk: Any) -> str:
    """The checkpoint's text with something else at that place."""
    if not path:
        return json.dumps(junk)
    whole = json.loads(to_text(WHOLE))
    at = whole
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = junk
    return json.dumps(whole)


def test_whatever_somebody_writes_there_is_refused_or_read() -> None:
    refused = 0
    for path in places(json.loads(to_text(WHOLE))):
        for junk in JUNK:
            text = tampered(path, junk)
            run_in(text)
            try:
                read = from_text(text, "t")
            except Refused:
                refused += 1
            else:
                assert from_text(to_text(read), "t") == read or junk != junk, path  # noqa: PLR0124 - NaN
    assert refused > 500


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("copy_done", "no"), ("rows", True), ("position", ["x"]), ("choices", ["x"]), ("choices", {"a": 1}),
        ("compared", {"after": None, "suspects": [], "number": "x"}), ("identities", {"original": [None], "ghost": []}),
        ("lives", [{"since": "x"}]), ("inspected", {"server_id": 7, "uuid": "", "host": "", "port": ""}),
        ("copied", [True]), ("hopeless", None), ("born", "x"), ("prepared", [7]), ("prepared", ["no hex"]),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(name: str, junk: Any) -> None:
    with pytest.raises(Refused, match="checkpoint-unreadable"):
        from_text(tampered((name,), junk), "t")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"format":' * 50_000, "\x00", "1e999", '{"format": 1e999}'])
def test_texts_that_trouble_a_reader_are_refused(text: str) -> None:
    assert run_in(text) == ""
    with pytest.raises(Refused, match="checkpoint-unreadable"):
        from_text(text, "t")


@pytest.mark.parametrize(
    "kind", [kind for kind in KeyKind if kind not in (KeyKind.DATE, KeyKind.DATETIME, KeyKind.TIMESTAMP)]
)
def test_what_is_no_key_of_the_kind_is_a_value_error(kind: KeyKind) -> None:
    spec = KeySpec(index="PRIMARY", columns=(KeyColumn(name="k", ordinal=0, kind=kind),))
    with pytest.raises(ValueError, match=r".+"):
        key_of(spec, ("not a key",))
