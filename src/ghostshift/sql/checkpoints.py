"""Statements about the checkpoint table, and about what an earlier run may have left running. Values in, text out.

The table has gh-ost's name and columns, so that whoever reads those finds his way; what is resumed from stands in one
more column. One row is set again and again: a checkpoint is worth something only as the last one.
"""

from __future__ import annotations

from ghostshift.model.names import TableName
from ghostshift.sql.gtids import LOGGED_SO_FAR
from ghostshift.sql.literals import text_literal

COMMENT = "ghostshift checkpoint"
"""By it the table is known as ours."""

_ROW = 1


def create_checkpoint(name: TableName) -> str:
    """The checkpoint table. InnoDB, so that a row in it proves every earlier commit of the same server."""
    return (
        f"CREATE TABLE {name.sql} (gh_ost_chk_id bigint NOT NULL AUTO_INCREMENT, "
        "gh_ost_chk_timestamp timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, "
        "gh_ost_chk_coords text CHARACTER SET ascii NOT NULL, gh_ost_chk_iteration bigint NOT NULL, "
        "gh_ost_rows_copied bigint NOT NULL, gh_ost_dml_applied bigint NOT NULL, "
        "gh_ost_is_cutover tinyint NOT NULL DEFAULT 0, ghostshift_state longtext CHARACTER SET ascii NOT NULL, "
        "ghostshift_after longtext CHARACTER SET ascii NOT NULL, "
        f"PRIMARY KEY (gh_ost_chk_id)) ENGINE=InnoDB COMMENT={text_literal(COMMENT)}"
    )


def write_checkpoint(
    name: TableName, state: str, *, coords: str, iteration: int, rows: int, applied: int, swapped: bool
) -> str:
    """Set the checkpoint, and with it what the server had logged by then: all that the checkpoint speaks of."""
    values = {
        "gh_ost_chk_coords": text_literal(coords),
        "gh_ost_chk_iteration": f"{iteration:d}",
        "gh_ost_rows_copied": f"{rows:d}",
        "gh_ost_dml_applied": f"{applied:d}",
        "gh_ost_is_cutover": f"{swapped:d}",
        "ghostshift_state": text_literal(state),
        "ghostshift_after": f"COALESCE({LOGGED_SO_FAR}, '')",
    }
    changes = ", ".join(f"{column} = {value}" for column, value in values.items())
    return (
        f"INSERT INTO {name.sql} (gh_ost_chk_id, {', '.join(values)}) VALUES ({_ROW}, {', '.join(values.values())}) "
        f"ON DUPLICATE KEY UPDATE gh_ost_chk_timestamp = NOW(), {changes}"
    )


def read_checkpoint(name: TableName) -> str:
    """The state that was set, and the GTIDs of what was logged before."""
    return f"SELECT ghostshift_state, ghostshift_after FROM {name.sql} WHERE gh_ost_chk_id = {_ROW}"


BINARY_LOGS = "SHOW BINARY LOGS"
"""Files and sizes of the log, the oldest first."""
