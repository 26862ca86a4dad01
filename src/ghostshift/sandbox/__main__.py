"""`python -m ghostshift.sandbox start|list|stop`."""

from __future__ import annotations

import sys

from ghostshift.sandbox.cli import main

if __name__ == "__main__":
    sys.exit(main())
