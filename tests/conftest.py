"""What every test may use."""

from __future__ import annotations

import os
import sys

pytest_plugins = ["plugins.fix_server", "plugins.fix_proxy", "plugins.fix_conformance", "plugins.fix_killing"]

# Kept beside the sources (.gitignore knows), for where an environment forbids that, each of the hundreds of programs
# that tests start would compile the whole package anew: half a second of each.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
