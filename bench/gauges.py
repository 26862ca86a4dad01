"""What a run cost, by what the host and the server count: CPU of the server, bytes of the contestant, lag of a replica.

CPU is the server process's user and system time. Bytes are what the server counts for the contestants' user, of all its
sessions, a dump of the binary log included: application bytes, without the headers of TCP. The lag is that of a row
written twenty times a second on the primary and read as often on the replica, by one clock.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pymysql

from bench.arena import BEAT, DATABASE, RACER, Arena
from bench.felt import Span

_BEAT_SECONDS = 0.05
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Counted:
    """Counters at one moment."""

    at: float
    server_cpu: float | None
    sent: int | None
    received: int | None
    busy: float | None
    """Seconds that any core was at work, for whomever."""
    known: float
    """Of these, those of our servers, of the load, the probe and ourselves; the contestant's are not in it."""

    def since(self, before: Counted) -> Counted:
        """What has come to them."""
        return Counted(
            self.at - before.at,
            _less(self.server_cpu, before.server_cpu),
            None if self.sent is None or before.sent is None else self.sent - before.sent,
            None if self.received is None or before.received is None else self.received - before.received,
            _less(self.busy, before.busy),
            self.known - before.known,
        )


def count(arena: Arena, pids: Sequence[int]) -> Counted:
    """The counters now; `pids` are further processes of ours."""
    sent, received = _bytes(arena)  # before the clock: it takes a moment of the server's time
    servers = [_cpu_of(server.pid) for server in (arena.server, *arena.replicas)]
    own = [_cpu_of(pid) for pid in (os.getpid(), *pids)]
    return Counted(
        time.monotonic(), servers[0], sent, received, _busy(), sum(seconds or 0.0 for seconds in (*servers, *own))
    )


def _less(later: float | None, earlier: float | None) -> float | None:
    return None if later is None or earlier is None else later - earlier


def _cpu_of(pid: int | None) -> float | None:
    """CPU seconds of a process; None where the host does not say."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return (int(words[11]) + int(words[12])) / _TICKS


def _busy() -> float | None:
    try:
        words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    except OSError:
        return None
    idle = int(words[3]) + int(words[4])
    return (sum(map(int, words[:8])) - idle) / _TICKS


def _bytes(arena: Arena) -> tuple[int | None, int | None]:
    """Sent to and received from the contestants' user; None where the server keeps no such count."""
    if arena.server.flavor == "mysql":
        sql = (
            "SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.status_by_user "
            f"WHERE USER = '{RACER}' AND VARIABLE_NAME IN ('Bytes_sent', 'Bytes_received')"
        )
    else:
        of_user = f"FROM information_schema.USER_STATISTICS WHERE USER = '{RACER}'"
        sql = f"SELECT 'Bytes_sent', BYTES_SENT {of_user} UNION ALL SELECT 'Bytes_received', BYTES_RECEIVED {of_user}"
    with arena.connect(None) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(sql)
        except pymysql.MySQLError:
            return None, None
        found = {str(name): int(value) for name, value in cursor.fetchall()}
    return found.get("Bytes_sent", 0), found.get("Bytes_received", 0)


class Held:
    """Notices when this very process is kept from running: then the load was kept from it too."""

    def __init__(self) -> None:
        self._late: list[tuple[float, float]] = []
        """When it came, and how many seconds too late."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="held", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        self._thread.join(30)

    def worst(self, span: Span) -> float:
        """The longest that met this stretch of time, in seconds."""
        return max((late for at, late in self._late if at >= span[0] and at - late <= span[1]), default=0.0)

    def _run(self) -> None:
        since = time.monotonic()
        while not self._stop.wait(_BEAT_SECONDS):
            now = time.monotonic()
            self._late.append((now, now - since - _BEAT_SECONDS))
            since = now


class Lag:
    """Writes a heartbeat on the primary and reads it on the replica. Without a replica it does nothing."""

    def __init__(self, arena: Arena) -> None:
        self.problems: list[str] = []
        self._arena = arena
        self._seen: list[tuple[float, float]] = []
        """When it was read, and what the row then said."""
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=work.__name__, daemon=True)
            for work in (self._write, self._read)
            if arena.replicas
        ]

    def start(self) -> None:
        """Begin to beat."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def caught_up(self, moment: float, seconds: float) -> float | None:
        """Wait until the replica shows what was written after `moment`: seconds from then on, None if it never did."""
        if not self._threads:
            return None
        while time.monotonic() < moment + seconds and not self.problems:
            for at, beat in self._seen[-10:]:
                if beat >= moment:
                    return at - moment
            self._stop.wait(_BEAT_SECONDS)
        return None

    def worst(self, span: Span) -> float | None:
        """The greatest lag in a stretch of time."""
        return max((at - beat for at, beat in self._seen if span[0] <= at <= span[1] and beat), default=None)

    def _guarded(self, work: object) -> None:
        try:
            work()  # type: ignore[operator]
        except (pymysql.MySQLError, OSError) as error:
            if not self._stop.is_set():
                self.problems.append(f"lag: {error}")

    def _write(self) -> None:
        with self._arena.connect() as connection:
            while not self._stop.wait(_BEAT_SECONDS):
                connection.query(f"UPDATE {BEAT} SET at = {time.monotonic()!r}")

    def _read(self) -> None:
        with self._arena.replicas[0].connect(database=DATABASE) as connection, connection.cursor() as cursor:
            while not self._stop.wait(_BEAT_SECONDS):
                cursor.execute(f"SELECT at FROM {BEAT}")
                found = cursor.fetchone()
                self._seen.append((time.monotonic(), float(found[0]) if found else 0.0))
