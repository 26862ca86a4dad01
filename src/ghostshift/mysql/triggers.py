"""Reads a table's triggers and makes them on another table, exactly.

It must never drop a trigger that is not on the table that it was told to be on: names are the whole schema's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from ghostshift.model.names import TableName
from ghostshift.model.trigger import Trigger
from ghostshift.mysql.session import Session
from ghostshift.sql import triggers as sql


def read_triggers(session: Session, table: TableName) -> tuple[Trigger, ...]:
    """The table's triggers; those of one event and time in the order in which they fire."""
    rows = [tuple(map(_text, row)) for row in session.query(sql.triggers_of(table))]
    if not rows:
        return ()
    session.execute(sql.RAW_RESULTS)
    try:
        shown = [session.one(sql.show_trigger(table.schema, row[0]))[2] for row in rows]
    finally:
        session.execute(sql.RESTORE[0])
    return tuple(
        Trigger(
            name=name,
            timing=timing,
            event=event,
            definer=definer,
            sql_mode=mode,
            charset=charset,
            collation=collation,
            body=sql.body_of(_text(statement)),
        )
        for (name, timing, event, definer, mode, charset, collation), statement in zip(rows, shown, strict=True)
    )


def names_in(session: Session, schema: str, *, besides: Collection[TableName] = ()) -> list[str]:
    """Names of the schema's triggers, those on some tables left out."""
    leave = {table.table.lower() for table in besides}
    rows = [(_text(name), _text(table)) for name, table in session.query(sql.triggers_in(schema))]
    return [name for name, table in rows if table.lower() not in leave]


def make_triggers(
    session: Session, triggers: Iterable[Trigger], table: TableName, before_each: Callable[[], object] = bool
) -> None:
    """Make triggers on a table, in their order. Raises what the server answers; some may then have been made."""
    session.execute(sql.REMEMBER)
    try:
        for trigger in triggers:
            before_each()
            session.execute(sql.settings_of(trigger))
            session.execute(sql.create_trigger(trigger, table))
    finally:
        for statement in sql.RESTORE:
            session.execute(statement)


def drop_triggers(session: Session, names: Collection[str], table: TableName) -> None:
    """Drop those of these triggers that are on the table."""
    for row in session.query(sql.triggers_of(table)):
        if _text(row[0]) in names:
            session.execute(sql.drop_trigger(table.schema, _text(row[0])))


def _text(value: object) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
