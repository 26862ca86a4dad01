"""Figures to a statsd by the DogStatsD protocol: gathered here, sent every few seconds over UDP or a Unix socket.

Our own lines, because the protocol is one line of text and no small, kept library knows its tags. Sending must never
hold up or fail a migration: the sockets do not block, what cannot be sent is dropped, and that is told once.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Mapping
from typing import Any

from ghostshift.model.errors import UsageError
from ghostshift.runtime.meter import Kind

PREFIX = "gh_ost."

PORT = 8125

UDP_BYTES, UNIX_BYTES = 1432, 8192
"""Of one packet: what passes through an ordinary network whole, and what agents read from a socket."""

MOST_SAMPLES = 1000
"""Durations of one name and flush; more are left out."""

Series = tuple[Kind, str, tuple[tuple[str, str], ...]]


class Statsd:
    """See the module. `take` is for all threads, `flush` and `close` for one at a time."""

    def __init__(self, address: str, tags: tuple[str, ...] = ()) -> None:
        """Raises UsageError for what is no address."""
        self._target = _target(address)
        self._address = address
        self._tags = [_clean(tag, ",|\n#") for tag in tags]
        self._lock = threading.Lock()
        self._series: dict[Series, list[float]] = {}
        self._socket: socket.socket | None = None
        self._told = False
        self._looked_up = False
        self._found: tuple[Any, ...] | None = None

    def take(self, kind: Kind, name: str, value: float, tags: Mapping[str, str]) -> None:
        """Gather: counts are added, of gauges the last one stays, durations are kept."""
        series = (kind, name, tuple(sorted(tags.items())))
        with self._lock:
            values = self._series.setdefault(series, [])
            if kind is Kind.COUNT and values:
                values[0] += value
            elif kind is Kind.GAUGE and values:
                values[0] = value
            elif len(values) < MOST_SAMPLES:
                values.append(value)

    def flush(self) -> None:
        """Send what was gathered."""
        with self._lock:
            series, self._series = self._series, {}
        lines = [self._line(key, value) for key, values in series.items() for value in values]
        try:
            for packet in _packets(lines, UNIX_BYTES if isinstance(self._target, str) else UDP_BYTES):
                self._connected().send(packet)
        except OSError as error:
            self._drop()
            if not self._told:
                self._told = True
                logging.getLogger("ghostshift").warning(
                    "figures cannot be sent to %s (%s): the migration goes on without", self._address, error
                )

    def close(self) -> None:
        """Send the rest, and let go of the socket."""
        self.flush()
        self._drop()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            family, goal = self._resolve()
            self._socket = socket.socket(family, socket.SOCK_DGRAM)
            self._socket.setblocking(False)
            self._socket.connect(goal)
        return self._socket

    def _resolve(self) -> tuple[int, Any]:
        """Family and address. A name is looked up once: that may take long, and no worker may end late for it."""
        if isinstance(self._target, str):
            return socket.AF_UNIX, self._target
        if not self._looked_up:
            self._looked_up = True
            self._found = socket.getaddrinfo(*self._target, type=socket.SOCK_DGRAM)[0]
        if self._found is None:
            raise OSError(f"{self._target[0]} is not known")
        return self._found[0], self._found[4]

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _line(self, series: Series, value: float) -> bytes:
        kind, name, own = series
        tags = [*self._tags, *(f"{_clean(key)}:{_clean(text)}" for key, text in own)]
        text = f"{PREFIX}{name}:{value:.15g}|{kind.value}" + (f"|#{','.join(tags)}" if tags else "")
        return text.encode("utf-8", "replace")


def _clean(text: str, unwanted: str = ",|\n#:") -> str:
    """Without the signs that have a meaning in a line."""
    return "".join("_" if sign in unwanted else sign for sign in text)


def _target(address: str) -> str | tuple[str, int]:
    """A path, or host and port."""
    if "/" in address:
        return address.removeprefix("unixgram://").removeprefix("unix://")
    host, given, port = address.rpartition(":")
    if not given or address.endswith("]"):
        host, port = address, str(PORT)
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise UsageError(f"--statsd-addr {address!r} is neither host:port nor the path of a Unix socket")
    return host.strip("[]"), int(port)


def _packets(lines: list[bytes], most: int) -> list[bytes]:
    """Lines together, as many as a packet holds."""
    packets: list[bytes] = []
    for line in lines:
        if packets and len(packets[-1]) + 1 + len(line) <= most:
            packets[-1] += b"\n" + line
        else:
            packets.append(line)
    return packets
