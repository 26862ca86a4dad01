"""What is raced: each scenario is a few lines of data. To add one, add it to the list; nothing else need be touched.

Pure: what a load or a table of a name is, others know (`loads`, `tables`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from bench.tables import TABLES, Table


@dataclass(frozen=True)
class Nobody:
    """Nobody writes."""

    @property
    def says(self) -> str:
        """For a person."""
        return "nobody writes"


@dataclass(frozen=True)
class At:
    """So many transactions a second, each of four changes."""

    rate: float
    light: bool = False
    """By sysbench where it is here: it takes less of the cores. Else by our own writers, who prove what they wrote."""

    @property
    def says(self) -> str:
        """For a person."""
        return f"{self.rate:g} transactions/s"


@dataclass(frozen=True)
class Unlimited:
    """As many transactions as the server takes from four connections."""

    spread: Literal["uniform", "hot"] = "uniform"
    """All rows alike, or nine changes of ten to one row of a hundred."""

    @property
    def says(self) -> str:
        """For a person."""
        rows = "all rows alike" if self.spread == "uniform" else "90 % of the changes to 1 % of the rows"
        return f"unlimited writes, {rows}"


Writes: TypeAlias = Nobody | At | Unlimited

EVERYBODY = ("alter", "gh-ost", "pt-osc", "ghostshift")


@dataclass(frozen=True)
class Scenario:
    """One line of the race."""

    name: str
    writes: Writes = Nobody()
    table: str = "sysbench"
    rows: int | None = None
    """How many rows, whatever --rows says."""
    replicas: int = 0
    """Replicas of the server; the tools are told of them, and their lag is measured."""
    flags: tuple[str, ...] = ()
    """Further flags of ghostshift."""
    contestants: tuple[str, ...] = EVERYBODY
    server: tuple[tuple[str, str], ...] = ()
    """Global variables of MySQL that are otherwise meanwhile, for everybody."""

    @property
    def shape(self) -> Table:
        """Its table."""
        return TABLES[self.table]

    @property
    def says(self) -> str:
        """For a person, in half a line."""
        words = [self.writes.says]
        if self.table != "sysbench":
            words.append(self.shape.says)
        if self.rows is not None:
            words.append(f"{self.rows:,} rows")
        if self.replicas:
            words.append(f"{self.replicas} replica{'s' if self.replicas > 1 else ''}")
        if self.flags:
            words.append(f"ghostshift with {' '.join(self.flags)}")
        words += [f"the server with {name}={value}" for name, value in self.server]
        return "; ".join(words)

    def count(self, asked: int) -> int:
        """How many rows its table has where --rows says `asked`."""
        return self.rows if self.rows is not None else self.shape.rows(asked)


LOG_THREADS = (("innodb_log_writer_threads", "ON"),)
"""Without them single commits take 100 ms, whoever is at work (decision 24), and MySQL has none on few processors."""

SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("idle", contestants=(*EVERYBODY, "ghostshift-verified")),
        Scenario("fixed", At(500)),
        Scenario("slow", At(100)),
        Scenario("polite", At(500, light=True), flags=("--polite",)),
        Scenario("polite-log-threads", At(500, light=True), flags=("--polite",), server=LOG_THREADS),
        Scenario("unlimited", Unlimited()),
        Scenario("unlimited-log-threads", Unlimited(), server=LOG_THREADS),
        Scenario("hot-spot", Unlimited("hot")),
        Scenario("indexes", At(200), table="indexes"),
        Scenario("indexes-after", At(200), table="indexes", flags=("--indexes-after-copy",)),
        Scenario("wide", At(200), table="wide"),
        Scenario("text-key", At(200), table="text"),
        Scenario("replica", At(200), replicas=1),
        Scenario("small", rows=1000),
    )
}


def chosen(words: Sequence[str], rounds: int) -> list[tuple[Scenario, int]]:
    """Scenarios and their rounds from words such as `idle` and `idle:5`; ValueError for a word that is none."""
    found = []
    for word in words:
        name, colon, number = word.partition(":")
        if name not in SCENARIOS:
            raise ValueError(f"no such scenario: {name!r}; there are {', '.join(SCENARIOS)}")
        if colon and not (number.isascii() and number.isdigit() and int(number)):
            raise ValueError(f"not a number of rounds: {word!r}; write {name}:5")
        found.append((SCENARIOS[name], int(number) if colon else rounds))
    return found


def rotated(names: Sequence[str], number: int) -> list[str]:
    """The order of round `number` (from 1): each round another one begins, so that nobody always meets what is warm."""
    if not names:
        return []
    at = (number - 1) % len(names)
    return [*names[at:], *names[:at]]


ALONE = "alone"
"""The load with nobody at work: what everything else is compared with."""


def order(names: Sequence[str], number: int, *, load: bool) -> list[str]:
    """Who runs when in a round. The load alone comes right after ghostshift, for it lasts as long as that did."""
    running = rotated(names, number)
    if not load or not running:
        return running
    after = "ghostshift" if "ghostshift" in running else running[-1]
    at = running.index(after) + 1
    return [*running[:at], ALONE, *running[at:]]
