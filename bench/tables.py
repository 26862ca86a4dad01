"""The tables that are raced with, by name: a shape of the demo's, further indexes, and how many rows it has. Pure.

The shape is the demo's so that our writers can prove afterwards that nothing of what they wrote was lost.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ghostshift.demo.shapes import PLAIN, SHAPES, Payload, Shape, Values

COLUMN = "extra"
ALTER = f"ADD COLUMN {COLUMN} int NOT NULL DEFAULT 0"

_WIDE_COLUMNS = tuple(f"w{number:02d}" for number in range(1, 21))
_WIDE_LETTERS = 190


def _wide_texts(seed: int) -> Values:
    digest = hashlib.sha256(b"%d" % seed).hexdigest()
    return tuple((name + digest * 3)[:_WIDE_LETTERS] for name in _WIDE_COLUMNS)


WIDE_TEXTS = Payload(
    ddl=tuple(f"`{name}` varchar(200) NOT NULL DEFAULT ''" for name in _WIDE_COLUMNS),
    columns=_WIDE_COLUMNS,
    make=_wide_texts,
    sql=tuple(f"LEFT(CONCAT('{name}', REPEAT(SHA2({{n}}, 256), 3)), {_WIDE_LETTERS})" for name in _WIDE_COLUMNS),
)
"""Twenty texts, 3.8 kB a row."""


@dataclass(frozen=True)
class Table:
    """One kind of table of the race."""

    name: str
    says: str
    """For a person, after `a table of`."""
    shape: Shape
    share: float = 1.0
    """Rows, as a share of what --rows asks for: a row that costs more is there less often."""
    indexes: tuple[str, ...] = ()
    """Key parts of further indexes, beside the one on k that every table has."""

    @property
    def sysbench(self) -> bool:
        """Whether sysbench can write to it: it knows its own table, and does not mind further indexes."""
        return self.shape.key is PLAIN and self.shape.columns == SHAPES["sysbench"].columns

    def rows(self, asked: int) -> int:
        """How many rows it gets where `asked` are asked for of an ordinary one."""
        return max(1000, round(asked * self.share))

    def create_sql(self, name: str) -> str:
        """CREATE TABLE for the quoted name."""
        further = "".join(f", KEY more_{n} ({parts})" for n, parts in enumerate(self.indexes, 1))
        head, end, options = self.shape.create_sql(name).rpartition(") ENGINE=")
        return f"{head}{further}{end}{options}"


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("sysbench", "sysbench's shape, 190 bytes a row, one secondary index", SHAPES["sysbench"]),
        Table(
            "indexes",
            "sysbench's shape with seven secondary indexes",
            SHAPES["sysbench"],
            share=0.3,
            indexes=("c(16)", "pad(16)", "k, c(8)", "k, pad(8)", "c(8), k", "pad(8), k"),
        ),
        Table(
            "wide",
            "twenty texts, 3.8 kB a row",
            Shape(name="wide", key=PLAIN, payload=WIDE_TEXTS, tagged=False),
            share=0.05,
        ),
        Table("text", "a case-insensitive text as its primary key", SHAPES["text-untagged"], share=0.5),
    )
}
