"""What cannot be asked for, as a table: values that are missing or beyond reason, and wishes that exclude each other.

Looked through from the top, in gh-ost's order, before anything is touched; the first rule that is broken is the one
that is told. Rules about servers and tables are elsewhere (core/checks.py): these know nothing but the wish. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ghostshift.model.address import read_address
from ghostshift.model.errors import UsageError

if TYPE_CHECKING:  # Options ask this module when they are made
    from ghostshift.model.options import Options

CHUNK_SIZES = (10, 100_000)
"""The rows that a chunk may be asked to hold (gh-ost's bounds)."""

TRIGGER_SUFFIX = re.compile(r"[0-9A-Za-z_]+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that cannot be asked for."""

    flags: str
    """The flags that it is about, by name."""
    broken: Callable[[Options], object]
    text: str
    """What is wrong; the flags are named in front of it."""

    @property
    def message(self) -> str:
        """The sentence to refuse with."""
        names = [f"--{flag}" for flag in self.flags.split()]
        return f"{' and '.join(names)} {self.text}"


def check_options(options: Options) -> None:
    """Raise UsageError for the first rule that is broken."""
    for problem in _problems(options):
        raise UsageError(problem)


def check_web_address(name: str, text: str) -> None:
    """Raise UsageError for what cannot be asked over HTTP as it stands; nothing at all is not asked."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        whole = False
    if text and not (whole and text.isascii() and text.isprintable() and " " not in text):
        shown = text.rpartition("@")[2]  # a password may stand before it
        raise UsageError(f"{name} must be a whole address such as http://throttle.example.com/check, not {shown!r}")


def _problems(options: Options) -> Iterator[str]:
    for rule in _MANDATORY:
        if rule.broken(options):
            yield rule.message
    for flag, name, low, high in BOUNDS:
        value = _at(options, name)
        if not low <= value <= high:
            yield f"--{flag} must be between {low} and {high}, not {value}"
    for rule in RULES:
        if rule.broken(options):
            yield rule.message
    if options.topology.assume_master:
        read_address(options.topology.assume_master)


def _at(options: Options, name: str) -> float:
    value: object = options
    for part in name.split("."):
        value = getattr(value, part)
    if not isinstance(value, int | float):
        raise TypeError(f"{name} is {value!r}, which is no number")
    return value


BOUNDS: tuple[tuple[str, str, float, float], ...] = (
    ("port", "endpoint.port", 1, 65_535),
    ("mysql-timeout", "endpoint.timeout", 0, 86_400),
    ("copy-threads", "tunables.copy_threads", 0, 64),
    ("apply-threads", "tunables.apply_threads", 0, 64),
    ("app-latency-target", "tunables.app_latency_millis", 0, 60_000),
    ("max-lag-millis", "tunables.max_lag_millis", 1, 1 << 40),
    ("chunk-bytes", "chunk_bytes", 1 << 16, 1 << 30),
    ("buffer-bytes", "buffer_bytes", 1 << 20, 1 << 40),
    ("apply-batch", "apply_batch", 1, 10_000),
    ("heartbeat-interval-millis", "heartbeat_millis", 20, 1000),
    ("cut-over-lock-timeout-seconds", "cut_over_lock_seconds", 1, 10),
    ("default-retries", "retries", 1, 1_000_000),
    ("replica-server-id", "replica_server_id", 0, (1 << 32) - 1),
    ("checkpoint-seconds", "recovery.seconds", 0.1, 3600),
    ("server-wait-seconds", "recovery.server_seconds", 0, 86_400),
)
"""By flag: the field, and the least and the most that it may be. The command line brings most of them within these
bounds; they hold for callers of the API too."""

_MANDATORY = (
    Rule(
        "host",
        lambda o: not set("@/").isdisjoint(o.endpoint.host),
        "is a name or an address alone: --user, --password and --port are flags of their own",
    ),
    Rule("alter", lambda o: not o.alter.strip() and not o.recovery.revert, "is missing"),
    Rule("database", lambda o: not o.schema.strip(), "is missing"),
    Rule("table", lambda o: not o.table.strip(), "is missing"),
)

RULES = (
    Rule(
        "resume no-resume",
        lambda o: o.recovery.resume and o.recovery.anew,
        "exclude each other: the one goes on with an earlier run, the other drops what it made",
    ),
    Rule("old-table", lambda o: o.recovery.old_table and not o.recovery.revert, "needs --revert"),
    Rule(
        "revert no-resume",
        lambda o: o.recovery.revert and o.recovery.anew,
        "exclude each other: the old table is not any more as it was when a revert began; it can only be gone on with",
    ),
    Rule(
        "revert",
        lambda o: o.recovery.revert and not o.recovery.checkpoint,
        "needs the checkpoint: --checkpoint=false cannot be",
    ),
    Rule(
        "revert verify-only",
        lambda o: o.recovery.revert and o.verification.only,
        "exclude each other: the old table is no ghost that could be removed again",
    ),
    Rule(
        "revert test-on-replica",
        lambda o: o.recovery.revert and o.topology.test_on_replica,
        "exclude each other: after a test nothing is swapped that could be swapped back",
    ),
    Rule(
        "revert allow-data-loss",
        lambda o: o.recovery.revert and o.allow.data_loss,
        "exclude each other: mend the rows that do not fit the old table, and give the same command again",
    ),
    Rule(
        "allow-on-master test-on-replica",
        lambda o: o.allow_on_master and o.topology.test_on_replica,
        "exclude each other: the one migrates a primary, the other a replica",
    ),
    Rule(
        "allow-on-master migrate-on-replica",
        lambda o: o.allow_on_master and o.topology.migrate_on_replica,
        "exclude each other: the one migrates a primary, the other a replica",
    ),
    Rule(
        "test-on-replica migrate-on-replica",
        lambda o: o.topology.test_on_replica and o.topology.migrate_on_replica,
        "exclude each other: a test swaps back, a migration does not",
    ),
    Rule(
        "test-on-replica-skip-replica-stop",
        lambda o: o.topology.keep_replicating and not o.topology.test_on_replica,
        "needs --test-on-replica",
    ),
    Rule(
        "switch-to-rbr assume-rbr",
        lambda o: o.topology.switch_to_rbr and o.topology.assume_rbr,
        "exclude each other: either the format is to be set, or it is right",
    ),
    Rule(
        "master-user",
        lambda o: o.topology.master_user and not o.topology.assume_master,
        "needs --assume-master-host",
    ),
    Rule(
        "master-password",
        lambda o: o.topology.master_password and not o.topology.assume_master,
        "needs --assume-master-host",
    ),
    Rule(
        "approve-renamed-columns skip-renamed-columns",
        lambda o: o.allow.renamed_columns and o.allow.skip_renamed_columns,
        "exclude each other: the one copies the values of renamed columns, the other does not",
    ),
    Rule(
        "trigger-suffix",
        lambda o: o.triggers.include and not o.triggers.suffix,
        "is missing: --include-triggers needs it, for two triggers cannot bear one name",
    ),
    Rule(
        "trigger-suffix",
        lambda o: o.triggers.suffix and not o.triggers.include,
        "needs --include-triggers",
    ),
    Rule(
        "trigger-suffix",
        lambda o: o.triggers.suffix and not TRIGGER_SUFFIX.fullmatch(o.triggers.suffix),
        "may hold letters, digits and _ only",
    ),
    Rule(
        "remove-trigger-suffix-if-exists",
        lambda o: o.triggers.toggle and not (o.triggers.include and o.triggers.suffix),
        "needs --include-triggers and --trigger-suffix",
    ),
    Rule(
        "cut-over",
        lambda o: o.cut_over.kind not in ("", "default", "atomic", "two-step"),
        "is unknown: it is atomic or two-step",
    ),
    Rule(
        "attempt-instant-ddl test-on-replica",
        lambda o: o.allow.instant_ddl and o.topology.test_on_replica,
        "exclude each other: instant DDL would alter the replica's real table",
    ),
    Rule(
        "verify-only no-verify",
        lambda o: o.verification.only and not o.verification.wanted,
        "exclude each other: without verifying there is nothing to do",
    ),
    Rule(
        "verify-only test-on-replica",
        lambda o: o.verification.only and o.topology.test_on_replica,
        "exclude each other: a test on a replica swaps, and leaves both tables to compare",
    ),
    Rule(
        "statsd-tags",
        lambda o: any(":" not in tag.strip(":") for tag in o.metrics.tags),
        "must be key:value",
    ),
    Rule(
        "chunk-seconds",
        lambda o: o.chunk_seconds and not 0.01 <= o.chunk_seconds <= 10.0,
        "must be between 0.01 and 10.0, or 0 to find it by itself",
    ),
    Rule(
        "chunk-size",
        lambda o: o.tunables.chunk_size and not CHUNK_SIZES[0] <= o.tunables.chunk_size <= CHUNK_SIZES[1],
        f"must be between {CHUNK_SIZES[0]} and {CHUNK_SIZES[1]}, or 0 to find it by itself",
    ),
)
"""In gh-ost's order."""
