"""How many statements this process has sent: what a server counts beyond them was sent by others.

Roughly: threads may lose each other's steps, which takes the price of a lock from every statement.
"""

from __future__ import annotations


class _Sent:
    number = 0


def count() -> None:
    """One more."""
    _Sent.number += 1


def so_far() -> int:
    """All of them, to any server."""
    return _Sent.number
