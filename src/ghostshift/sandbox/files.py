"""Folders, locks and whole-file writes that the sandbox modules share.

Kept apart so that two starts at once, a killed start and a list running meanwhile never see half of a thing:
every file appears by rename, every shared decision is taken under one lock. Nothing here may ever hold a secret
in a file that others can read, nor delete outside the folders named here.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ghostshift.model.errors import SandboxError


def cache_dir() -> Path:
    """Where server programs and initialised templates are kept between runs."""
    chosen = os.environ.get("GHOSTSHIFT_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "ghostshift"


def state_dir() -> Path:
    """Where the running sandboxes are listed and keep their data.

    Not the runtime folder: that one lives in memory and goes away at log-out, while a sandbox may outlive both.
    """
    chosen = os.environ.get("GHOSTSHIFT_SANDBOX_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser().absolute() / "ghostshift" / "sandboxes"


def private_dir(path: Path) -> Path:
    """Make the folder if it is missing, readable by its owner only."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise SandboxError(f"cannot make the folder {path}: {error.strerror}") from error
    return path


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file `path`, which is made if missing; the kernel frees it if we die."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SandboxError(f"cannot make the lock file {path}: {error.strerror}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_private(path: Path, text: str) -> None:
    """Write the whole file or nothing; mode 0600 from its first byte on."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a mapping as JSON, whole or not at all."""
    write_private(path, json.dumps(value, indent=2, sort_keys=True) + "\n")


def wait_for(ready: Callable[[], bool], seconds: float, *, step: float = 0.02) -> bool:
    """Ask `ready` again and again until it says yes or the time is up; says which."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > end:
            return False
        pause.wait(step)
    return True
