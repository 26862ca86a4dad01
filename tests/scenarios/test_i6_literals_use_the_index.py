"""Invariant 6: a key goes back to the server as a literal that finds exactly its row, through the index.

A literal of the wrong type or collation makes the server compare row by row: slow, and sometimes another row. So for
every kind of key each statement must be planned over the right index, must read no more rows than it has to (the
server's own counters say so), and must hit exactly the rows that it names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from builders.directing import numbers
from builders.migrating import endpoint
from ghostshift.core.planner import make_plan
from ghostshift.model.chunk import Chunk
from ghostshift.model.key import Key, KeyKind
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import Plan
from ghostshift.mysql import inspector
from ghostshift.mysql.session import Session
from ghostshift.sql import statements
from ghostshift.sql.alter import read_alter
from ghostshift.sql.literals import parse_key, select_expression
from plugins.server_pool import TestServer

ROWS = 3000
MANY = 500
"""Keys in the longest list."""


@dataclass(frozen=True)
class Kind:
    """Key columns: DDL, and the values of row n as SQL."""

    ddl: Sequence[str]
    values: Sequence[str]
    rows: int = ROWS
    alter: str = "ADD COLUMN added int"
    flavors: Sequence[str] = ("mysql", "mariadb")
    more: str = ""
    """Further indexes of the original."""
    columns: Sequence[str] = field(default=("a", "b", "c"))


def one(ddl: str, value: str, **more: Any) -> Kind:
    return Kind([f"a {ddl} NOT NULL"], [value], **more)


_MEMBERS = ",".join(f"'m{n}'" for n in range(600, 0, -1))
_FLAGS = ",".join(f"'f{n}'" for n in range(12))
_TEXT = "CONCAT(CHAR(97 + n MOD 26 USING utf8mb4), 'é', LPAD(n, 5, '0'))"
_HEX = "SHA2(n, 256)"
_UUID = f"CONCAT(LEFT({_HEX}, 8), '-', MID({_HEX}, 9, 4), '-4', MID({_HEX}, 14, 3), '-8', MID({_HEX}, 18, 3), '-', "
_UUID += f"MID({_HEX}, 21, 12))"
_MARIADB = ("mariadb",)

KINDS = {
    "int": one("int", "CAST(n AS SIGNED) - 1500"),
    "bigint-unsigned": one("bigint unsigned", "18446744073709551615 - n * 7"),
    "tinyint": one("tinyint", "CAST(n AS SIGNED) - 128", rows=250),
    "year": one("year", "1901 + n", rows=250),
    "enum": one(f"enum({_MEMBERS})", "n", rows=600),
    "set": one(f"set({_FLAGS})", "n"),
    "bit": one("bit(20)", "n * 300"),
    "bit-64": one("bit(64)", "18446744073709551615 - n"),
    "decimal": one("decimal(20,4)", "(n - 1500.5) * 1000003.0001"),
    "date": one("date", "'1000-01-01' + INTERVAL n * 100 DAY"),
    "datetime": one("datetime", "'1999-12-31 23:00:00' + INTERVAL n * 1000 SECOND"),
    "datetime-6": one("datetime(6)", "'1999-12-31 23:59:59.999990' + INTERVAL n * 333 MICROSECOND"),
    # Across the end of summer time in many zones, where local times come twice.
    "timestamp": one("timestamp", "'2023-10-29 00:00:00' + INTERVAL n * 7 SECOND"),
    "timestamp-6": one("timestamp(6)", "'2023-10-28 23:30:00.000001' + INTERVAL n * 1000001 MICROSECOND"),
    "time": one("time", "SEC_TO_TIME((CAST(n AS SIGNED) - 1500) * 2000)"),
    "time-3": one("time(3)", "ADDTIME('-800:00:00.001', SEC_TO_TIME(n * 900))"),
    "binary": one("binary(8)", "UNHEX(LPAD(HEX(n * 256), 8, '0'))"),
    "varbinary": one("varbinary(20)", "CONCAT(REPEAT(x'00', n MOD 3), n)"),
    "utf8mb4-general": one("varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", _TEXT),
    "utf8mb4-unicode": one("varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", _TEXT),
    "utf8mb4-bin": one("varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", f"CONCAT('😀', {_TEXT})"),
    "utf8mb4-0900": one(
        "varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci", f"CONCAT('ß', {_TEXT})", flavors=("mysql",)
    ),
    "latin1": one("varchar(40) CHARACTER SET latin1", _TEXT),
    "latin1-char-german": one("char(20) CHARACTER SET latin1 COLLATE latin1_german2_ci", _TEXT),
    "ascii": one("varchar(40) CHARACTER SET ascii", "CONCAT('k', n, '\\'\\\\')"),
    "ucs2": one("varchar(40) CHARACTER SET ucs2", _TEXT),
    "cp1251": one("varchar(40) CHARACTER SET cp1251", "CONCAT('жук', n)"),
    "sjis": one("varchar(40) CHARACTER SET sjis", "CONCAT('表', n)"),
    "inet4": one("inet4", "INET_NTOA(n * 65537)", flavors=_MARIADB),
    "inet6": one("inet6", "CONCAT('2001:db8::', LOWER(HEX(n)))", flavors=_MARIADB),
    "uuid": one("uuid", _UUID, flavors=_MARIADB),
    # A leading column of few values: a range that opens in the middle of one must not read it from its start.
    "few-int": Kind(["a tinyint NOT NULL", "b int NOT NULL"], ["n MOD 3", "n"]),
    "int-text": Kind(["a int NOT NULL", "b varchar(40) CHARACTER SET latin1 NOT NULL"], ["n MOD 10", _TEXT]),
    "text-int": Kind(["a varchar(9) NOT NULL", "b int NOT NULL"], ["CONCAT('ü', n MOD 7)", "n"]),
    "year-date-binary": Kind(
        ["a year NOT NULL", "b date NOT NULL", "c binary(4) NOT NULL"],
        ["2000 + n MOD 3", "'2020-01-01' + INTERVAL n MOD 11 DAY", "UNHEX(LPAD(HEX(n), 8, '0'))"],
    ),
    "enum-decimal-bit": Kind(
        ["a enum('z','y','x') NOT NULL", "b decimal(6,2) NOT NULL", "c bit(12) NOT NULL"],
        ["1 + n MOD 3", "(n MOD 100) / 4", "n"],
    ),
    "set-time-timestamp": Kind(
        ["a set('p','q') NOT NULL", "b time(2) NOT NULL", "c timestamp(3) NOT NULL"],
        ["n MOD 4", "SEC_TO_TIME(n MOD 50 - 20)", "'2023-10-29 00:00:00' + INTERVAL n * 1001000 MICROSECOND"],
    ),
    # The ghost's key is not the original's: the literal is converted as the ALTER converted the rows.
    "int-to-bigint": one("int unsigned", "4294967295 - n", alter="MODIFY a bigint NOT NULL"),
    "latin1-to-utf8mb4": one(
        "varchar(40) CHARACTER SET latin1", _TEXT, alter="CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    ),
    "utf8mb4-to-bin": one(
        "varchar(40) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        _TEXT,
        alter="MODIFY a varchar(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
    ),
    "binary-longer": one("binary(8)", "UNHEX(LPAD(HEX(n * 256), 8, '0'))", alter="MODIFY a binary(12) NOT NULL"),
    "datetime-finer": one(
        "datetime", "'1999-12-31 23:00:00' + INTERVAL n * 1000 SECOND", alter="MODIFY a datetime(6) NOT NULL"
    ),
    "decimal-wider": one("decimal(10,2)", "n / 100", alter="MODIFY a decimal(14,4) NOT NULL"),
    "renamed": one("int", "n", alter="CHANGE a `odd ``name` int NOT NULL", columns=("odd `name",)),
}


class Scene:
    """Original, ghost and plan, and a session as ours are."""

    def __init__(self, server: TestServer, database: str, kind: Kind) -> None:
        with Session.open(endpoint(server)) as first:
            self.dialect = inspector.read_dialect(first)
        zone = ("SET NAMES utf8mb4", f"USE `{database}`")
        self.session = Session.open(endpoint(server), (*self.dialect.session_setup(time_zone="'+00:00'"), *zone))
        names = ["a", "b", "c"][: len(kind.ddl)]
        columns = ", ".join(kind.ddl)
        self.run(
            f"CREATE TABLE t ({columns}, v int NOT NULL, PRIMARY KEY ({', '.join(names)}){kind.more}) "
            "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4",
            f"INSERT INTO t ({', '.join(names)}, v) SELECT {', '.join(kind.values)}, n FROM ({numbers(kind.rows)}) x",
        )
        original = TableName(database, "t")
        helpers = helper_names(original, sort_after=self.dialect.mariadb)
        alter = read_alter(kind.alter)
        self.run(
            f"CREATE TABLE {helpers.ghost.sql} LIKE t",
            f"ALTER TABLE {helpers.ghost.sql} {alter.options}",
        )
        self.plan: Plan = make_plan(
            inspector.read_table(self.session, self.dialect, original),
            inspector.read_table(self.session, self.dialect, helpers.ghost),
            helpers,
            alter,
        )
        self.refresh()

    def run(self, *texts: str) -> None:
        """Run statements."""
        for text in texts:
            self.session.execute(text)

    def refresh(self) -> None:
        """Statistics as a server that has been running for a while has them."""
        self.session.query(f"ANALYZE TABLE t, {self.plan.ghost.name.sql}")

    def keys(self) -> list[Key]:
        """All keys in key order."""
        spec = self.plan.key
        selected = ", ".join(map(select_expression, spec.columns))
        order = ", ".join(f"`{column.name}`" for column in spec.columns)
        return [parse_key(spec, row) for row in self.session.query(f"SELECT {selected} FROM t ORDER BY {order}")]

    def explain(self, statement: str) -> list[tuple[str, str, str]]:
        """Of each table that is read: its name, how it is read, and by which index."""
        rows = self.session.query(f"EXPLAIN FORMAT=TRADITIONAL {statement}")
        labels = [name.lower() for name in self.session.labels()]
        at = [labels.index(name) for name in ("select_type", "table", "type", "key")]
        found = [tuple(str(row[place]) for place in at) for row in rows]
        return [(table, how, index) for kind, table, how, index in found if kind not in {"INSERT", "REPLACE"}]

    def reads(self, statement: str) -> tuple[int, int]:
        """Run it: how many rows the engine was asked for, and how many it changed or returned."""
        before = self._handlers()
        result = self.session.execute(statement)
        return self._handlers() - before, result.affected

    def _handlers(self) -> int:
        rows = self.session.query("SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'")
        return sum(int(value) for name, value in rows if name != "Handler_read_rnd_deleted")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()


def scene(server: TestServer, database: str, name: str) -> Scene:
    kind = KINDS[name]
    flavor = "mariadb" if server.flavor.startswith("mariadb") else "mysql"
    if flavor not in kind.flavors:
        pytest.skip(f"{flavor} has no such type or collation")
    return Scene(server, database, kind)


INDEXED = {"range", "const", "eq_ref", "ref"}


def assert_indexed(made: Scene, statement: str, index: str) -> None:
    plans = made.explain(statement)
    assert plans, statement
    for table, how, used in plans:
        assert how in INDEXED, f"{table} is read by {how}: {statement[:400]}"
        assert used == index, f"{table} is read by the index {used}: {statement[:400]}"


@pytest.mark.parametrize("name", KINDS)
def test_i6_every_statement_finds_exactly_its_rows_through_the_index(
    server: TestServer, database: str, name: str
) -> None:
    with scene(server, database, name) as made:
        plan, keys = made.plan, made.keys()
        total = len(keys)
        assert total == KINDS[name].rows
        assert len(set(keys)) == total
        some = keys[:: max(1, total // MANY)][:MANY]
        few = [keys[0], keys[total // 2], keys[-1]]
        middle = Chunk(1, keys[total // 4], keys[total // 2], 100)
        inside = total // 2 - total // 4
        # No server reads a range of a SET from an index: such a table is copied, but each chunk reads all of it.
        ranges = plan.key.columns[0].kind is not KeyKind.SET

        # Reading the original.
        for listed in (few[:1], few, some):
            assert_indexed(made, statements.replace_keys(plan, listed), plan.key.index)
        if ranges:
            assert_indexed(made, statements.copy_chunk(plan, middle), plan.key.index)
            assert_indexed(made, statements.copy_chunk(plan, Chunk(0, None, keys[total // 3], 100)), plan.key.index)
            if total == ROWS:  # of a handful of rows the whole index may be walked
                assert_indexed(made, statements.chunk_end(plan, keys[total // 4], keys[-1], 10), plan.key.index)
        # From the very first row on, walking the index from its beginning is as good.
        ordered = made.explain(statements.chunk_end(plan, None, keys[-1], 10))
        assert [how for _, how, _ in ordered if how not in INDEXED | {"index"}] == [] or not ranges

        # What is found, and how many rows were read for it.
        spare = 10
        reads, copied = made.reads(statements.copy_chunk(plan, middle))
        assert copied == inside
        assert reads <= 2 * inside + spare or not ranges
        found = made.session.query(statements.chunk_end(plan, keys[total // 4], keys[-1], 10))
        assert [parse_key(plan.key, row) for row in found] == [keys[total // 4 + 10]]
        assert made.session.query(statements.chunk_end(plan, keys[-3], keys[-1], 10)) == []
        for number, key in enumerate(few):
            reads, placed = made.reads(statements.replace_keys(plan, [key]))
            assert placed >= 1, key
            assert reads <= spare
            held = made.session.query(f"SELECT v FROM t WHERE {statements.key_in(plan.key, [key])}")
            assert len(held) == 1, (number, key)
        reads, _ = made.reads(statements.copy_chunk(plan, Chunk(2, None, keys[-1], total)))
        assert int(made.session.one(f"SELECT COUNT(*) FROM {plan.ghost.name.sql}")[0]) == total

        # Deleting from the ghost, whose key may be of another width, character set or collation.
        made.refresh()
        for listed in (few[:1], few):
            assert_indexed(made, statements.delete_keys(plan, listed), plan.ghost_key.index)
        # A list that is long beside a small table may be cheaper to find by reading it all, whatever the literal.
        sparse = keys[:: total // (total // 60)]
        assert_indexed(made, statements.delete_keys(plan, sparse), plan.ghost_key.index)
        reads, gone = made.reads(statements.delete_keys(plan, sparse))
        assert gone == len(sparse)
        assert reads <= 3 * len(sparse) + spare
        made.run(statements.replace_keys(plan, sparse))
        assert made.session.execute(statements.delete_keys(plan, some)).affected == len(some)
        reads, placed = made.reads(statements.replace_keys(plan, some))
        assert placed == len(some)
        assert reads <= 3 * len(some) + spare


def test_i6_the_probe_itself_sees_a_full_scan(server: TestServer, database: str) -> None:
    with scene(server, database, "latin1") as made:
        statement = f"DELETE FROM {made.plan.ghost.name.sql} WHERE CONCAT(a) = 'x'"
        with pytest.raises(AssertionError):
            assert_indexed(made, statement, "PRIMARY")
        # The right value in the wrong collation: the same row, found by reading all.
        value = "CONVERT(_latin1 X'62e93030303031' USING utf8mb4) COLLATE utf8mb4_bin"
        reads, gone = made.reads(f"DELETE FROM t WHERE CONVERT(a USING utf8mb4) = {value}")
        assert gone == 1
        assert reads > 1000


def test_i6_another_unique_key_than_the_primary_is_used_where_it_carries_the_migration(
    server: TestServer, database: str
) -> None:
    kind = Kind(
        ["a int NOT NULL", "b varchar(40) CHARACTER SET latin1 NOT NULL"],
        ["n", _TEXT],
        alter="DROP PRIMARY KEY, DROP COLUMN a, ADD COLUMN id int NOT NULL AUTO_INCREMENT PRIMARY KEY",
        more=", UNIQUE KEY b_uidx (b)",
    )
    with Scene(server, database, kind) as made:
        plan, keys = made.plan, made.keys()
        assert plan.key.index == "b_uidx"
        assert_indexed(made, statements.replace_keys(plan, keys[:50]), "b_uidx")
        assert_indexed(made, statements.copy_chunk(plan, Chunk(0, keys[10], keys[500], 10)), "b_uidx")
        made.run(statements.copy_chunk(plan, Chunk(0, None, keys[-1], 10)))
        made.refresh()
        assert_indexed(made, statements.delete_keys(plan, keys[:50]), "b_uidx")
        assert made.session.execute(statements.delete_keys(plan, keys[:MANY])).affected == MANY
