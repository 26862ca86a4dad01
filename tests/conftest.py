"""What every test may use."""

from __future__ import annotations

pytest_plugins = ["plugins.fix_server", "plugins.fix_proxy", "plugins.fix_conformance"]
