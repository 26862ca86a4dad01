"""The statements that make triggers, and the reading of one that the server shows. Values in, text out.

A trigger's body is a text in the character set of the client that made it, and is read by the sql_mode of that moment.
So its bytes are carried over as they are, in a session that has the same settings; only the head is ours. This module
must never look into a body.
"""

from __future__ import annotations

import re

from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName, quote_account, quote_name
from ghostshift.model.trigger import Trigger
from ghostshift.sql.literals import text_literal

RAW_RESULTS = "SET SESSION character_set_results = binary"
"""Texts come as the bytes that the server has stored."""

REMEMBER = "SET @ghostshift_sql_mode = @@SESSION.sql_mode"
RESTORE = ("SET NAMES utf8mb4", "SET SESSION sql_mode = @ghostshift_sql_mode")

_CODECS = {
    "utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "latin1": "cp1252", "latin2": "iso8859_2",
    "cp1250": "cp1250", "cp1251": "cp1251", "cp1256": "cp1256", "cp1257": "cp1257", "koi8r": "koi8_r",
    "greek": "iso8859_7", "hebrew": "iso8859_8", "gbk": "gbk",
}  # fmt: skip
"""Character sets in which names beyond ASCII can be written into a head."""

_TOKEN = re.compile(
    r"""
    (?P<blank>(?:\s|/\*(?!M?!).*?\*/|--(?=\s)[^\n]*|\#[^\n]*)+)
    | (?P<name>`(?:[^`]|``)*`|"(?:[^"]|"")*"|'(?:[^'\\]|\\.|'')*')
    | (?P<word>\w+) | (?P<other>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_EACH_ROW = ("FOR", "EACH", "ROW")


def triggers_of(table: TableName) -> str:
    """Facts of a table's triggers, in the order in which they fire."""
    return (
        "SELECT trigger_name, action_timing, event_manipulation, definer, sql_mode, character_set_client, "
        f"collation_connection FROM information_schema.triggers WHERE trigger_schema = {text_literal(table.schema)} "
        f"AND event_object_schema = {text_literal(table.schema)} AND event_object_table = {text_literal(table.table)} "
        "ORDER BY event_manipulation, action_timing, action_order"
    )


def triggers_in(schema: str) -> str:
    """Names and tables of all triggers of a schema."""
    return (
        "SELECT trigger_name, event_object_table FROM information_schema.triggers "
        f"WHERE trigger_schema = {text_literal(schema)}"
    )


def show_trigger(schema: str, name: str) -> str:
    """The statement that made a trigger."""
    return f"SHOW CREATE TRIGGER {quote_name(schema)}.{quote_name(name)}"


def settings_of(trigger: Trigger) -> str:
    """The settings under which a trigger was made, for the session that makes it again."""
    for word in (trigger.charset, trigger.collation):
        if re.fullmatch(r"\w+", word) is None:
            raise Refused("triggers", f"the trigger {trigger.name} has the odd character set {word!r}")
    return (
        f"SET SESSION sql_mode = {text_literal(trigger.sql_mode)}, character_set_client = {trigger.charset}, "
        f"collation_connection = {trigger.collation}"
    )


def head_of(trigger: Trigger, table: TableName) -> str:
    """What of the statement is ours, from its second word on; in the log it stands as it was sent."""
    name = TableName(table.schema, trigger.name)
    return f"TRIGGER {name.sql} {trigger.timing} {trigger.event} ON {table.sql} FOR EACH ROW"


def create_trigger(trigger: Trigger, table: TableName) -> str:
    """Make a trigger, in a session with `settings_of` it. Raises Refused for a head that its character set has not."""
    head = f"CREATE DEFINER={quote_account(trigger.definer)} {head_of(trigger, table)} "
    if head.isascii():
        return head + trigger.body
    try:
        raw = head.encode(_CODECS[trigger.charset])
    except (KeyError, UnicodeEncodeError):
        raise Refused(
            "triggers",
            f"the trigger {trigger.name} was made by a client with {trigger.charset}, in which its new name cannot be "
            "written; drop it first, and make it again afterwards",
        ) from None
    return raw.decode("utf-8", "surrogateescape") + trigger.body


def drop_trigger(schema: str, name: str) -> str:
    """Only for a trigger that is known to be on the ghost."""
    return f"DROP TRIGGER {quote_name(schema)}.{quote_name(name)}"


def body_of(statement: str) -> str:
    """What stands behind FOR EACH ROW, and behind FOLLOWS or PRECEDES. Raises Refused where that is not found."""
    found: list[tuple[str, int]] = []
    at = 0
    while match := _TOKEN.match(statement, at):
        at = match.end()
        if match["blank"] is None:
            found.append((match[0].upper() if match["word"] else "", at))
        if tuple(word for word, _ in found[-3:]) == _EACH_ROW:
            return _without_order(statement[at:].strip())
    raise Refused("triggers", f"a trigger's statement could not be read: {' '.join(statement.split())[:100]!r}")


def _without_order(body: str) -> str:
    order = re.match(r"(?:FOLLOWS|PRECEDES)\s+(?:`(?:[^`]|``)*`|\S+)\s+", body, re.IGNORECASE)
    return body[order.end() :] if order else body


def is_ours(text: str, heads: tuple[str, ...]) -> bool:
    """Whether a statement in the log makes one of our triggers, whose heads these are."""
    if not heads or text.lstrip()[:6].upper() != "CREATE":
        return False
    flat = " ".join(text.split())
    return any(0 <= flat.find(" ".join(head.split())) < 300 for head in heads)
