"""What `ghostshift plan` asks about a table's size and the server's speed. Values in, text out; all only read.

The probe reads whole rows, as the copy does, and gives back nothing but a count and their length.
"""

from __future__ import annotations

from collections.abc import Sequence

from ghostshift.model.names import TableName, quote_name
from ghostshift.sql.literals import text_literal

COUNTERS = ("Innodb_pages_read", "Innodb_rows_inserted", "Innodb_rows_updated", "Innodb_rows_deleted")
"""Status variables of the whole server, before and after the probe: the first one, and the sum of the others."""


def sizes(name: TableName) -> str:
    """Rows, bytes of data, bytes of indexes, by the server's statistics."""
    return (
        "SELECT table_rows, data_length, index_length FROM information_schema.tables WHERE "
        f"table_schema = {text_literal(name.schema)} AND table_name = {text_literal(name.table)}"
    )


def count_indexes(name: TableName) -> str:
    """How many indexes there are besides the primary key."""
    return (
        "SELECT COUNT(DISTINCT index_name) FROM information_schema.statistics WHERE "
        f"table_schema = {text_literal(name.schema)} AND table_name = {text_literal(name.table)} "
        "AND index_name <> 'PRIMARY'"
    )


def probe(name: TableName, columns: Sequence[str], key: Sequence[str], index: str, rows: int, *, last: bool) -> str:
    """Read the first or last rows along a key (or some rows, where there is no key): how many, and their length.

    LENGTH of every column has the server read every value; the LIMIT inside keeps it to these rows.
    """
    wanted = ", ".join(quote_name(column) for column in columns)
    length = " + ".join(f"COALESCE(LENGTH({quote_name(column)}), 0)" for column in columns)
    along = ""
    if key:
        direction = " DESC" if last else ""
        along = f" FORCE INDEX ({quote_name(index)}) ORDER BY {', '.join(quote_name(c) + direction for c in key)}"
    return f"SELECT COUNT(*), SUM({length}) FROM (SELECT {wanted} FROM {name.sql}{along} LIMIT {rows:d}) AS probed"
