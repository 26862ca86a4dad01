"""Floor 5: throw-away servers for demo, tests and bench.

``start(ServerSpec("mariadb", replicas=1))`` finds or fetches the server, runs it without root in a folder of its own,
and removes it when the owner is gone. The package must never touch a server that it did not start.
"""

from __future__ import annotations

from ghostshift.sandbox.launch import Sandbox, start
from ghostshift.sandbox.server import Server
from ghostshift.sandbox.spec import ServerSpec

__all__ = ["Sandbox", "Server", "ServerSpec", "start"]
