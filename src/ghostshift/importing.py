"""For importing much at once: the collector of garbage rests meanwhile.

What is imported stays, and looking again and again for what could be thrown away of it takes a tenth of a start.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Import within this block."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
