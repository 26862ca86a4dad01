"""A hook's environment: what we inherited, without passwords, and gh-ost's variables in gh-ost's formats.

Some formats are odd and kept, since scripts rely on them: command and status line come within literal single quotes,
and an unknown time left is the smallest number of 64 bits. Names and the ALTER are exact, for a program acts on them;
in texts for people nothing is left that could rule a terminal. A password must never get in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ghostshift.model.notice import Notice
from ghostshift.model.shown import shown

UNKNOWN_ETA = -(1 << 63)
"""gh-ost's way to say that nobody knows."""

_QUOTED = frozenset({"command", "status"})

_SECRET_WORDS = (b"PASSWORD", b"TOKEN")
"""In names of our own variables. The token of the hooks' hint is told under gh-ost's name in any case."""

TELLING = 6
"""Letters of a password from which on it is looked for inside of values: a shorter one is in too many by chance."""

_HARMLESS = frozenset(
    name.encode() for name in ("HOME", "HOSTNAME", "LANG", "LOGNAME", "PATH", "PWD", "SHELL", "TERM", "USER")
)
"""Everybody knows what is in them: if a password is the same, then not because they hold it."""


def environment(inherited: Mapping[bytes, bytes], notice: Notice, secrets: Iterable[str]) -> dict[bytes, bytes]:
    """All of a hook's variables. `secrets` are the passwords in use, wherever they came from."""
    return {**without_secrets(inherited, secrets), **_encoded(variables(notice))}


def without_secrets(inherited: Mapping[bytes, bytes], secrets: Iterable[str]) -> dict[bytes, bytes]:
    """The inherited variables but for our own passwords and tokens, and those that hold a password in use.

    The latter are what --conf took from ${NAME}, and what a Python program may have used, addresses with a password in
    them among it.
    """
    values = {_bytes(secret) for secret in secrets if secret}
    return {
        name: value
        for name, value in inherited.items()
        if not (name.startswith(b"GHOSTSHIFT_") and any(word in name for word in _SECRET_WORDS))
        and (name in _HARMLESS or not _holds(value, values))
    }


def _holds(value: bytes, secrets: set[bytes]) -> bool:
    return value in secrets or any(len(secret) >= TELLING and secret in value for secret in secrets)


def variables(notice: Notice) -> dict[str, str]:
    """gh-ost's variables, in its formats."""
    figures = notice.figures
    found = {
        "GH_OST_DATABASE_NAME": figures.schema,
        "GH_OST_TABLE_NAME": figures.table,
        "GH_OST_GHOST_TABLE_NAME": figures.ghost,
        "GH_OST_OLD_TABLE_NAME": figures.old,
        "GH_OST_DDL": figures.alter,
        "GH_OST_ELAPSED_SECONDS": f"{figures.elapsed:f}",
        "GH_OST_ELAPSED_COPY_SECONDS": f"{figures.copy_elapsed:f}",
        "GH_OST_ESTIMATED_ROWS": str(figures.rows_estimate),
        "GH_OST_COPIED_ROWS": str(figures.rows_copied),
        "GH_OST_MIGRATED_HOST": figures.migrated_host,
        "GH_OST_INSPECTED_HOST": figures.inspected_host,
        "GH_OST_EXECUTING_HOST": figures.executing_host,
        "GH_OST_INSPECTED_LAG": f"{figures.inspected_lag:f}",
        "GH_OST_HEARTBEAT_LAG": f"{figures.heartbeat_lag:f}",
        "GH_OST_PROGRESS": f"{figures.percent:f}",
        "GH_OST_ETA_SECONDS": str(UNKNOWN_ETA if figures.eta_seconds is None else int(figures.eta_seconds)),
        "GH_OST_HOOKS_HINT": figures.hint,
        "GH_OST_HOOKS_HINT_OWNER": figures.owner,
        "GH_OST_HOOKS_HINT_TOKEN": figures.token,
        "GH_OST_DRY_RUN": "true" if figures.dry_run else "false",
        "GH_OST_REVERT": "true" if figures.revert else "false",
    }
    for name, value in notice.more.items():
        found[f"GH_OST_{name.upper()}"] = f"'{shown(value)}'" if name in _QUOTED else shown(value)
    return found


def _encoded(values: Mapping[str, str]) -> dict[bytes, bytes]:
    return {name.encode(): _bytes(value) for name, value in values.items()}


def _bytes(value: str) -> bytes:
    # A NUL ends a variable for the kernel: what stands behind it could not be read in any case.
    return value.replace("\0", "").encode("utf-8", "surrogateescape")
