"""Addresses as people write them: `host`, `host:port`, `[v6]:port`, or an IPv6 address alone."""

from __future__ import annotations

from ghostshift.model.errors import UsageError

DEFAULT_PORT = 3306


def read_address(text: str, default_port: int = DEFAULT_PORT) -> tuple[str, int]:
    """Host and port. Raises UsageError, which quotes the text but for a login in it."""
    given = text.strip()
    if given.startswith("["):
        host, closed, rest = given[1:].partition("]")
        wrong = not closed or (rest and not rest.startswith(":"))
        port = rest[1:] if rest else str(default_port)
    elif given.count(":") > 1:
        host, port, wrong = given, str(default_port), False
    else:
        host, colon, port = given.partition(":")
        port, wrong = port if colon else str(default_port), False
    if wrong or not host or "@" in text or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        shown = without_login(text)
        raise UsageError(f"{shown!r} is not an address such as db1.example.com:3306 or [::1]:3306")
    return host, int(port)


def without_login(text: str) -> str:
    """What stands behind `user:password@`, where somebody wrote that: none of our addresses has it."""
    return text.rpartition("@")[2]


def show_address(host: str, port: int) -> str:
    """`host:port`, with brackets where they are needed."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
