"""Whether a ghost is to be filled without its AUTO_INCREMENT, and what two tables say of how far that is. Pure.

A server with innodb_autoinc_lock_mode below 2 (MariaDB's default is 1) gives an INSERT … SELECT into a table with an
AUTO_INCREMENT column a lock on that table up to the statement's end, though each number is given: copiers and appliers
then work one after the other. It is only worth its statements where there is much to copy.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from ghostshift.model.options import Options
from ghostshift.model.plan import Plan

WORTH_BYTES = 8 << 20
"""Of rows, by the server's estimate: what two threads copy in less time than is gained."""


class State(enum.Enum):
    """What ghost and shell are."""

    WHOLE = "whole"
    """There is no shell: the ghost is what the ALTER had made of it."""
    LOOSE = "loose"
    """The ghost is being filled, the shell waits for its rows."""
    MOVED = "moved"
    """The rows are in the shell, which has not yet the ghost's name."""
    NAMED = "named"
    """The ghost is whole; what bears the shell's name is empty and of no use."""
    ODD = "odd"
    """None of these."""


def numbered(plan: Plan, variables: Mapping[str, str], options: Options) -> str:
    """The AUTO_INCREMENT column that the ghost may be filled without; empty where it is to stay as it is.

    The column must be copied, and be in every unique key, for the server has rows in partitions only so. What asks the
    ghost's definition while rows are copied (temporary tables like it) cannot do with partitions; nor, so far, can
    indexes that come later.
    """
    ghost = plan.ghost
    if not ghost.mariadb or variables.get("innodb_autoinc_lock_mode", "2") == "2" or not plan.keeps_numbers:
        return ""
    if options.allow.data_loss or plan.new_uniqueness or plan.kept or plan.later or ghost.hidden_columns:
        return ""
    if plan.original.rows_estimate * plan.original.row_bytes < WORTH_BYTES:
        return ""
    column = next((column.name for column in ghost.columns if column.auto_increment), "")
    everywhere = all(column in key.whole_columns for key in ghost.unique_keys)
    return column if column and ghost.unique_keys and everywhere else ""


def judge(*, ghost_loose: bool, shell_loose: bool, ghost_rows: bool, shell_rows: bool) -> State:
    """How far it is, where there is a shell. `…_loose`: it has partitions; `…_rows`: it is not empty."""
    if ghost_loose and not shell_loose:
        if not shell_rows:
            return State.LOOSE
        return State.ODD if ghost_rows else State.MOVED
    return State.NAMED if shell_loose and not ghost_loose and not shell_rows else State.ODD
