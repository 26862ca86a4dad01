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
class VerifyOutcome:
    """The comparison of the ghost with the original in figures."""

    verified: bool = False
    """Every row was compared with the original after it had been copied, and each was equal in the end."""
    rows: int = 0
    """Rows compared, over all passes."""
    passes: int = 0
    """Times that every row was compared."""
    explained: int = 0
    """Rows that differed at first, for a change of them was still under way."""
    repaired: int = 0
    """Rows that were wrong; they were written again and compared again."""
    wrong: tuple[str, ...] = ()
    """The first few of these, as a person reads a key."""
    uncompared: tuple[str, ...] = ()
    """Columns of the ghost whose values could not be compared."""
    seconds: float = 0.0
    """How long the migration waited for it once the copy was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The whole run."""

    table: str
    swapped: bool
    instant: bool = False
    """The table itself was altered, by ALGORITHM=INSTANT; nothing was copied or swapped."""
    reverted: bool = False
    """The table that was swapped in is an old one, brought back."""
    forward: bool = False
    """That was a revert of a revert: the table is again as its migration had made it."""
    old_table: str = ""
    compared_only: bool = False
    """The ghost was made to be compared with the original, and removed; nothing was to be swapped."""
    tested: str = ""
    """After a test on a replica: the new table, which stays beside the original for comparison; nothing is swapped."""
    rows_copied: int = 0
    chunks: int = 0
    changes_seen: int = 0
    changes_applied: int = 0
    changes_discarded: int = 0
    restarts: int = 0
    """How often it ended before its time, and was gone on with, by this process or by another one."""
    reconnects: int = 0
    seconds_total: float = 0.0
    seconds_copy: float = 0.0
    cpu_seconds: float = 0.0
    peak_rss_bytes: int = 0
    cut_over: CutOverOutcome = CutOverOutcome()
    verification: VerifyOutcome = VerifyOutcome()
    rows_lost: int = 0
    """Rows of the original that the new table lacks, where --allow-data-loss accepted that."""
    values_changed: int = 0
    """How often a value was changed to fit while rows were written, where --allow-data-loss accepted that.

    A row that was written again counts again, and MySQL says only once for each statement that there were NULLs.
    """
    warnings: tuple[str, ...] = ()
    """What went wrong without changing the result."""
    notes: tuple[str, ...] = ()
    """What a person should know although nothing went wrong."""
    plan: str = ""
    """The plan for a person; all there is of a run without --execute."""
    structure: str = ""
    """The new table's CREATE TABLE statement, of a run without --execute."""
