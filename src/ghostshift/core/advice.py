"""What to do about an error of the server's, where its own words do not say it. Pure.

A message tells what happened; the advice is added to it once, where a run ends. Must never guess: an error that is not
known gets none.
"""

from __future__ import annotations

from ghostshift.model.errors import MigrationError, ServerError

_FULL = frozenset({1021, 1114, 3675})
"""Disk full, table full, no room to make a table."""

_PERHAPS_FULL = frozenset({3, 1005, 1026, 1030})
"""Errors of files, with the operating system's number in their words."""

_STATEMENT_FORMAT = 1665
"""A write cannot be logged as a statement."""

_NO_SPACE = ("errno: 28", "errcode: 28", "got error 28", "no space left", "disk is full")

MEMORY = (
    "this program was refused memory by its host. Give it more (ulimit -v, the container's limit), or let it hold less "
    "(--buffer-bytes, --copy-threads, --apply-threads)"
)


def advice(error: BaseException) -> str:
    """The advice; empty where there is none."""
    if isinstance(error, ServerError) and error.errno == _STATEMENT_FORMAT:
        return (
            "the server's binary log is to hold statements by now, and new sessions of ours are refused: SET GLOBAL "
            "binlog_format = 'ROW' before the next try"
        )
    if isinstance(error, ServerError) and _is_full(error):
        return (
            "the server has no room left (its disk, its temporary files or a tablespace). The original is as it was; "
            "what was copied so far takes room, too. Make room on the server before the next try"
        )
    return ""


def out_of_memory(error: BaseException) -> BaseException:
    """The error itself, or in the place of one that says nothing an error that does."""
    no_thread = isinstance(error, RuntimeError) and "can't start new thread" in str(error)
    if not (no_thread or isinstance(error, MemoryError)):
        return error
    told = MigrationError(MEMORY)
    told.__cause__ = error
    return told


def _is_full(error: ServerError) -> bool:
    if error.errno in _FULL:
        return True
    text = error.server_message.lower()
    return error.errno in _PERHAPS_FULL and any(words in text for words in _NO_SPACE)
