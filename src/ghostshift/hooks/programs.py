"""The programs of `--hooks-path`: `gh-ost-<turn>*` in lexical order, one after the other, as gh-ost runs them.

No arguments, no standard input; what a program prints goes to our stderr when it has ended. The first that fails ends
the chain. Each runs in a session of its own, so that all it has started can be ended with it: when its time is over,
when the migration is stopped, at a second Ctrl-C. Nothing here may wait for ever for a program that was told to end.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import IO

from ghostshift.hooks.child import Child
from ghostshift.hooks.environment import environment
from ghostshift.model.errors import HookFailed, UsageError
from ghostshift.model.notice import Hear, Notice, Turn
from ghostshift.model.options import Options
from ghostshift.runtime.group import Stop

SHOWN_BYTES = 1 << 20
"""Of what one program prints; the rest is left out with a word."""


def programs(options: Options, stop: Stop) -> tuple[Hear, ...]:
    """Who runs the programs of the options; nobody where no folder is given. Raises UsageError."""
    if not options.hooks.path:
        return ()
    folder = Path(options.hooks.path)
    _listed(folder)
    if _anybodys(folder):
        raise UsageError(
            f"every user of this machine can put programs into --hooks-path {folder}, and they would run as ours; "
            f"chmod o-w {folder}"
        )
    secrets = (options.endpoint.password, options.topology.master_password)
    return (Programs(folder, stop, secrets, timeout=options.hooks.timeout_seconds).hear,)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name))
    except OSError as error:
        raise UsageError(f"--hooks-path {folder} is no folder that can be read: {error.strerror or error}") from None


def _anybodys(path: Path) -> bool:
    """Whether everybody may write to it."""
    return bool(path.stat().st_mode & stat.S_IWOTH)


_OF_THE_COPY = frozenset({Turn.BEFORE_ROW_COPY, Turn.ROW_COPY_COMPLETE, Turn.ROWCOUNT_COMPLETE})


class Programs:
    """Runs the programs of one folder."""

    def __init__(self, folder: Path, stop: Stop, secrets: tuple[str, ...] = (), *, timeout: float = 0.0) -> None:
        self._folder = folder
        self._stop = stop
        self._secrets = secrets
        self._timeout = timeout

    def hear(self, notice: Notice) -> None:
        """Run all programs of this turn. Raises HookFailed at the first that fails."""
        if notice.figures.revert and notice.turn in _OF_THE_COPY:
            return  # nothing is copied; gh-ost, too, tells nothing of it
        try:
            found = _listed(self._folder)
        except UsageError as error:
            raise HookFailed(str(error)) from None
        for path in found:
            if path.name.startswith(f"gh-ost-{notice.turn.value}"):
                self._run(path, notice)

    def _run(self, path: Path, notice: Notice) -> None:
        if not path.is_file() or not os.access(path, os.X_OK):
            raise HookFailed(f"the hook {path} cannot be run: it is no executable file; make it one, or move it away")
        if _anybodys(path):
            raise HookFailed(
                f"the hook {path} is not run, for every user of this machine can change it; chmod o-w {path}"
            )
        variables = environment(os.environb, notice, self._secrets)
        try:
            with tempfile.TemporaryFile() as output:
                # A file rather than a pipe: what a hook leaves running in the background must not keep us waiting.
                child = Child(path, variables, output)
                try:
                    complaint = child.wait(self._stop, notice.turn, self._timeout)
                finally:
                    _show(output)
        except OSError as error:
            hint = "; does it begin with #! and an interpreter?" if error.errno == errno.ENOEXEC else ""
            raise HookFailed(f"the hook {path} cannot be run: {error.strerror or error}{hint}") from None
        if complaint:
            raise HookFailed(f"the hook {path} {complaint}")


def _show(output: IO[bytes]) -> None:
    """Pass on what was printed. Nobody may be reading: that is no reason to fail."""
    size = output.seek(0, os.SEEK_END)
    output.seek(0)
    text = output.read(SHOWN_BYTES).decode("utf-8", "replace")
    if size > SHOWN_BYTES:
        text += f"\n… {size - SHOWN_BYTES} more bytes\n"
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return
