"""`python -m ghostshift`."""

import sys

from ghostshift.cli import main

sys.exit(main())
