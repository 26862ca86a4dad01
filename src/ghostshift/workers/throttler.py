"""The throttler: reads what may hold us back and publishes one verdict on the board. One thread.

Sources: the user's command and flag files (from the tunables), and the lag of control replicas, read from the
heartbeat that has arrived there. A replica that cannot be read counts as lagging: it fails closed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ghostshift.core.throttling import Readings, ReplicaLag, Verdict, judge
from ghostshift.model.errors import ServerError
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint, Tunables
from ghostshift.mysql.session import Session
from ghostshift.runtime.board import StatusBoard
from ghostshift.runtime.group import Stop
from ghostshift.sql.statements import read_changelog
from ghostshift.workers.changelog import HEARTBEAT, seconds_since

TICK = 0.2
"""Seconds between two looks."""


class Throttler:
    """See the module."""

    def __init__(self, board: StatusBoard, endpoint: Endpoint, changelog: TableName, stop: Stop) -> None:
        self._board = board
        self._endpoint = endpoint
        self._changelog = changelog
        self._stop = stop
        self._replicas: dict[tuple[str, int], Session] = {}

    def run(self) -> None:
        """Look until stopped."""
        try:
            while not self._stop.is_set():
                self.look()
                self._stop.wait(TICK)
        finally:
            for session in self._replicas.values():
                session.close()

    def look(self) -> Verdict:
        """Take readings once, publish and return the verdict."""
        tunables = self._board.get(Tunables, Tunables())
        paths = (tunables.throttle_flag_file, tunables.throttle_additional_flag_file)
        files = tuple(path for path in paths if path and Path(path).exists())
        replicas = [self._lag(address) for address in tunables.control_replicas]
        verdict = judge(tunables, Readings(files, replicas))
        self._board.publish(verdict)
        return verdict

    def _lag(self, address: tuple[str, int]) -> ReplicaLag:
        name = f"{address[0]}:{address[1]}"
        try:
            session = self._replicas.get(address)
            if session is None:
                session = Session.open(self._endpoint.at(*address), read_timeout=2.0)
                self._replicas[address] = session
            rows = session.query(read_changelog(self._changelog, HEARTBEAT))
            if not rows:
                return ReplicaLag(name, None, "no heartbeat there yet")
            return ReplicaLag(name, max(0.0, seconds_since(str(rows[0][0]))))
        except ServerError as error:
            broken = self._replicas.pop(address, None)
            if broken is not None:
                broken.close()
            return ReplicaLag(name, None, str(error))
        except ValueError:
            return ReplicaLag(name, None, "its heartbeat is not ours")


def wait_for_go(board: StatusBoard, stop: Stop, idle: Callable[[], None] | None = None) -> bool:
    """Wait while throttled, calling `idle` again and again; false when stopped.

    The user's command holds from the moment it was answered, not from the throttler's next look.
    """
    while not stop.is_set():
        if board.get(Verdict, Verdict()).go and not board.get(Tunables, Tunables()).throttled_by_user:
            return True
        if idle is not None:
            idle()
        stop.wait(TICK / 2)
    return False
