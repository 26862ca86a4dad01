"""A server whose commits can be made to hang after they have been logged and sent, and before anybody can see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from builders.directing import Directed, Later, fill
from plugins.fix_server import MakeServer

_WORDS = {
    "mysql": ("rpl_semi_sync_source", "replica", {"plugin_load_add": "semisync_source.so"}),
    "mariadb": ("rpl_semi_sync_master", "slave", {}),
}


class Window:
    """A server whose commits can be made to hang between the log and the engine."""

    def __init__(self, special_server: MakeServer, flavor: str, *, replicas: int = 0) -> None:
        prefix, replica, settings = _WORDS[flavor]
        self._switch = f"{prefix}_enabled"
        self.server = special_server(
            flavor,
            replicas=replicas,
            settings={
                **settings,
                f"{prefix}_timeout": 600_000,
                f"{prefix}_wait_point": "AFTER_SYNC",
                f"{prefix}_wait_no_{replica}": "ON",
            },
        )
        self.database = self.server.fresh_database()
        fill(self.server, self.database, 1000)

    def open(self) -> None:
        """From now on every commit hangs."""
        self.server.execute(f"SET GLOBAL {self._switch} = ON")

    def close(self) -> None:
        """All that hang, return."""
        self.server.execute(f"SET GLOBAL {self._switch} = OFF")

    @contextmanager
    def held(self, running: Directed, *statements: str) -> Iterator[Later]:
        """Statements of an application that are logged and received, and whose commit hangs for the block's length."""
        before = running.count("received")
        self.open()
        try:
            late = Later(self.server, self.database, *statements)
            running.wait(lambda: running.count("received") > before, "the change in the log")
            assert not late.ended
            yield late
            assert not late.ended, "the commit did not hang for as long as it should"
        finally:
            self.close()
        late.join()
