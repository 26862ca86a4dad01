"""What `ghostshift verify` is asked and what it has found. Frozen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyWishes:
    """How to compare two tables."""

    threads: int = 2
    chunk_rows: int = 10_000
    settle_seconds: float = 5.0
    """For how long rows that differ are read again before they are called different."""
    most: int = 10_000
    """Differing rows at which the comparison gives up: these tables are not the same (invariant 12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongRow:
    """One row that is not the same on both sides."""

    key: dict[str, str]
    kind: str
    """missing, extra, different or moving"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """The result of a comparison of two tables."""

    table: str
    other: str
    rows: int
    other_rows: int
    missing: int = 0
    """Rows that only the table has."""
    extra: int = 0
    """Rows that only the other has."""
    different: int = 0
    moving: int = 0
    """Rows that changed whenever they were looked at: never seen equal, nor twice with the same difference."""
    settled: int = 0
    """Rows that differed at first and were equal later: a replica that lagged, a row that was just written."""
    shown: tuple[WrongRow, ...] = ()
    columns: tuple[str, ...] = ()
    """What was compared, by the table's names."""
    left_out: tuple[str, ...] = ()
    """Columns that only one side has, or that were not to be compared."""
    uncompared: tuple[str, ...] = ()
    """Columns that both have and that could not be compared: only the server could convert them."""
    complete: bool = True
    """False where it gave up, for too many rows differ."""
    seconds: float = 0.0

    @property
    def equal(self) -> bool:
        """Whether no row is known to differ."""
        return self.complete and not (self.missing or self.extra or self.different)
