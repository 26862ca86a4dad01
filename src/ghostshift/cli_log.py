"""The log of a migration that was started on the command line: gh-ost's form and levels, on the standard error.

Two channels. What the program does is logged by its level; what concerns the wish itself (a flag that means nothing
here, a value that was brought within its bounds, what is left to do by hand) is told unless --quiet is given: with
gh-ost's default level nobody would learn of it.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ghostshift.model.errors import Refused
from ghostshift.model.shown import shown

logging.addLevelName(logging.CRITICAL, "FATAL")

_told = logging.getLogger("ghostshift.told")


class _OneLine(logging.Formatter):
    """Each message is one line, whatever a server put into it, so that a log can be read line by line.

    A traceback keeps its lines, and each is indented: none can look like a message. What would rule a terminal is
    written out in both.
    """

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """See the library."""
        return "\n".join(f"  {line}" for line in super().formatException(ei).splitlines())

    def format(self, record: logging.LogRecord) -> str:
        """See the library."""
        record.exc_text = None  # another handler may have left its own there
        return shown(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        return " ".join(super().formatMessage(record).splitlines())


@contextlib.contextmanager
def logging_to_stderr() -> Iterator[None]:
    """Log there for the length of the block."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_OneLine("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        _told.setLevel(logging.NOTSET)


def set_level(settings: Mapping[str, Any], default: int) -> None:
    """What is logged: --quiet wins over --debug, which wins over --verbose."""
    levels = {"quiet": logging.ERROR, "debug": logging.DEBUG, "verbose": logging.INFO}
    level = next((level for name, level in levels.items() if settings[name]), default)
    logging.getLogger().setLevel(level)
    _told.setLevel(logging.ERROR if settings["quiet"] else logging.WARNING)


def tell(text: str) -> None:
    """Warn of something that concerns the wish itself."""
    _told.warning("%s", text)


def report(error: BaseException, *, traceback: bool) -> None:
    """Say why the run ended, and what its notes say of what is left to do."""
    log = logging.getLogger("ghostshift")
    log.critical("%s", error, exc_info=error if traceback else None)
    for note in getattr(error, "__notes__", ()):
        log.error("%s", note)
    if isinstance(error, Refused):
        log.error("what it means and what to do: ghostshift explain %s", error.code)
