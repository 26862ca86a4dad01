"""Checkpoints as text, and back. Pure.

The text is JSON with a format number in front of all else. What a newer version wrote is refused by name, what is no
checkpoint at all as well; fields that an older format lacks have their defaults. Must never guess a field that says
what has been copied or where the log is to be read from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from ghostshift.core.kinds import is_of
from ghostshift.model.checkpoint import FORMAT, Checkpoint, Compared, Identities, PortableKey, Totals
from ghostshift.model.errors import Refused, UsageError
from ghostshift.model.index import Index, IndexPart
from ghostshift.model.key import Key, KeyKind, KeySpec
from ghostshift.model.phase import Phase
from ghostshift.model.position import Position
from ghostshift.model.server import Life, ServerIdentity

_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?)?")
_FORMS = {
    KeyKind.DECIMAL: re.compile(r"-?[0-9]{1,65}(\.[0-9]{1,65})?"),
    **dict.fromkeys((KeyKind.DATE, KeyKind.DATETIME, KeyKind.TIMESTAMP), _MOMENT),
}
"""Of the values that are written as texts."""

_AS_BYTES = frozenset({KeyKind.BYTES, KeyKind.TEXT, KeyKind.INET4, KeyKind.INET6, KeyKind.UUID})


def to_text(checkpoint: Checkpoint) -> str:
    """The checkpoint as one line of JSON."""
    fields = asdict(checkpoint)
    fields["phase"] = checkpoint.phase.name
    fields["position"] = str(checkpoint.position)
    fields["born"] = checkpoint.position.born
    fields["choices"] = dict(checkpoint.choices)
    return json.dumps(fields, ensure_ascii=True, sort_keys=True)


def from_text(text: str, table: str) -> Checkpoint:
    """The inverse of `to_text`; `table` is named in errors. Raises Refused."""
    try:
        fields = json.loads(text)
        number = fields["format"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise _damaged(table) from None
    if type(number) is int and number > FORMAT:
        raise Refused(
            "checkpoint-format",
            f"{table} was written by ghostshift {fields.get('tool', 'of a later version')} in format {number}; this "
            f"version knows formats up to {FORMAT}. Go on with that version, or give --no-resume to start over",
        )
    try:
        checkpoint = _read(fields)
    except (KeyError, TypeError, ValueError, AttributeError, UsageError):
        raise _damaged(table) from None
    if not is_of(Checkpoint, checkpoint):
        raise _damaged(table)
    return checkpoint


def run_in(text: str) -> str:
    """The token of the run that wrote it, whatever else is in there; empty where there is none to be read."""
    try:
        run = json.loads(text)["run"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return ""
    return run if isinstance(run, str) else ""


def _read(fields: Mapping[str, Any]) -> Checkpoint:
    compared, identities = fields["compared"], fields["identities"]
    return Checkpoint(
        format=fields["format"],
        tool=fields["tool"],
        table=fields["table"],
        old=fields["old"],
        run=fields["run"],
        phase=Phase[fields["phase"]],
        alter=fields["alter"],
        revert=fields["revert"],
        back=fields["back"],
        undone=fields["undone"],
        opened=fields["opened"],
        choices=dict(fields["choices"]),
        original=fields["original"],
        ghost=fields["ghost"],
        later=tuple(map(_index, fields["later"])),
        whole=fields["whole"],
        inspected=ServerIdentity(**fields["inspected"]),
        migrated=ServerIdentity(**fields["migrated"]),
        lives=tuple(Life(**life) for life in fields["lives"]),
        position=replace(Position.parse(fields["position"]), born=fields["born"]),
        gtids=fields["gtids"],
        prepared=tuple(xid for xid in fields["prepared"] if bytes.fromhex(xid)),
        copied=_portable(fields["copied"]),
        limit=_portable(fields["limit"]),
        copy_done=fields["copy_done"],
        rows=fields["rows"],
        chunks=fields["chunks"],
        rows_lost=fields["rows_lost"],
        values_changed=fields["values_changed"],
        compared=Compared(
            **{
                **compared,
                "after": _portable(compared["after"]),
                "suspects": tuple(tuple(key) for key in compared["suspects"]),
            }
        ),
        identities=Identities(original=tuple(identities["original"]), ghost=tuple(identities["ghost"])),
        totals=Totals(**fields["totals"]),
        hopeless=fields["hopeless"],
    )


def _index(fields: Mapping[str, Any]) -> Index:
    return Index(**{**fields, "parts": tuple(IndexPart(**part) for part in fields["parts"])})


def _portable(values: Any) -> PortableKey | None:
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, (int, str)) for value in values):
        raise TypeError
    return tuple(values)


def _damaged(table: str) -> Refused:
    return Refused(
        "checkpoint-unreadable",
        f"{table} does not hold a checkpoint that can be read: somebody else has written there. Give --no-resume to "
        "start over; the ghost table is then dropped",
    )


def portable(spec: KeySpec, key: Key | None) -> PortableKey | None:
    """A key as a checkpoint holds it."""
    if key is None:
        return None
    return tuple(_plain(value) for value in spec.values(key))


def _plain(value: Hashable) -> int | str:
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (int, str)):
        return value
    raise TypeError(f"{value!r} is not a key's value")


def key_of(spec: KeySpec, values: PortableKey | None) -> Key | None:
    """The inverse of `portable`. Raises ValueError for what is no key of this kind."""
    if values is None:
        return None
    if len(values) != len(spec.columns):
        raise ValueError(f"a key of {len(values)} columns where there are {len(spec.columns)}")
    found = tuple(_value(column.kind, value) for column, value in zip(spec.columns, values, strict=True))
    return found[0] if spec.single else found


def _value(kind: KeyKind, value: int | str) -> Hashable:
    if kind in _AS_BYTES:
        return bytes.fromhex(str(value))
    form = _FORMS.get(kind)
    # What stands in a table may be anybody's words, and a moment goes into statements as it is.
    if isinstance(value, int) == bool(form) or (form and not form.fullmatch(str(value))):
        raise ValueError(f"{value!r} is not a value of kind {kind.value}")
    return Decimal(value) if kind is KeyKind.DECIMAL else value
