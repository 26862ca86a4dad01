"""Small values by which faces and the migration tell each other things on the board. Frozen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unpostpone:
    """Somebody let the cut-over go although the flag file exists. Taken off the board by one attempt."""


@dataclass(frozen=True, slots=True)
class Began:
    """When the migration began."""

    at: float
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Where commands are taken; empty where they are not."""

    socket: str = ""
    tcp_host: str = ""
    tcp_port: int = 0


MOST_ECHOES = 20


@dataclass(frozen=True, slots=True)
class Echo:
    """Answers to commands that are to be shown on the standard output too. Taken off the board by who shows them."""

    texts: tuple[str, ...] = ()

    def and_also(self, text: str) -> Echo:
        """One more; where nobody shows them the oldest go."""
        return Echo((*self.texts, text)[-MOST_ECHOES:])


@dataclass(frozen=True, slots=True)
class Printed:
    """A status line was printed. Taken off the board by who writes it down in the changelog."""

    state: str
