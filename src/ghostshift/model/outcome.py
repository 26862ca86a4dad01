"""How a migration ended, in figures. Frozen; the report file is its JSON."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOverOutcome:
    """The swap in figures."""

    attempts: int = 0
    lock_seconds: float = 0.0
    """From the grant of the locks to their release."""
    lock_wait_seconds: float = 0.0
    drained_keys: int = 0
    slipped: int = 0
    """Writes that came between the drain and the swap; they were re-applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The whole run."""

    table: str
    swapped: bool
    instant: bool = False
    """The table itself was altered, by ALGORITHM=INSTANT; nothing was copied or swapped."""
    old_table: str = ""
    tested: str = ""
    """After a test on a replica: the new table, which stays beside the original for comparison; nothing is swapped."""
    rows_copied: int = 0
    chunks: int = 0
    changes_seen: int = 0
    changes_applied: int = 0
    changes_discarded: int = 0
    reconnects: int = 0
    seconds_total: float = 0.0
    seconds_copy: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0
    cut_over: CutOverOutcome = CutOverOutcome()
    warnings: tuple[str, ...] = ()
    """What went wrong without changing the result."""
    plan: str = ""
    """The plan for a person; all there is of a run without --execute."""
    structure: str = ""
    """The new table's CREATE TABLE statement, of a run without --execute."""
