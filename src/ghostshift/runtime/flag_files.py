"""Making a flag file, in a folder where every user may have put something else under its name.

It must never follow a link, nor change what is there: a link to a file of ours would have it made, or touched.
"""

from __future__ import annotations

import os
from pathlib import Path


def make(path: str) -> bool:
    """Make an empty file; whether there was none before. Raises OSError, for a link that leads nowhere too."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    except FileExistsError:
        if not Path(path).is_file():
            raise
        return False
    return True
