"""Sets of GTIDs as values: read from what a server lists, asked whether they hold one, compared. Pure.

MySQL lists intervals of each source, `uuid:1-3:7` or `uuid:tag:1-3` (Reference Manual, "GTID Format and Storage").
MariaDB's state has the last of each domain and server, `0-1-270`, and a server gives out its numbers in rising order
(Knowledge Base, "Global Transaction ID"): the last one stands for all before it. So both are intervals by source here.

Must never call a set larger than it is: whoever goes on by one does not read what it holds again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Intervals: TypeAlias = tuple[tuple[int, int], ...]
"""First and last, both held; in order, none touching another."""

_STATE = re.compile(r"(\d+)-(\d+)-(\d+)")
_SOURCE = re.compile(r"(\d+)-\d+")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SPAN = re.compile(r"(\d+)(?:-(\d+))?")
_TAG = re.compile(r"[a-z_][a-z0-9_]{0,31}")


class GtidSet:
    """See the module. `by_source`: a source is `uuid`, `uuid:tag`, or `domain-server`."""

    def __init__(self, by_source: Mapping[str, Intervals] | None = None) -> None:
        self._known = dict(by_source or {})

    @classmethod
    def parse(cls, text: str) -> GtidSet:
        """From a server's words. Raises ValueError for what is no set of GTIDs."""
        found: dict[str, list[tuple[int, int]]] = {}
        for part in text.strip().strip("[]").split(","):
            element = "".join(part.split()).lower()
            if not element:
                continue
            state = _STATE.fullmatch(element)
            if state is not None:
                found.setdefault(f"{state[1]}-{state[2]}", []).append((0, int(state[3])))
            else:
                for source, span in _spans(element):
                    found.setdefault(source, []).append(span)
        return cls({source: _joined(spans) for source, spans in found.items()})

    @property
    def by_source(self) -> Mapping[str, Intervals]:
        """What it holds."""
        return self._known

    def __bool__(self) -> bool:
        return bool(self._known)

    def __str__(self) -> str:
        return ",".join(f"{source}{_shown(source, spans)}" for source, spans in sorted(self._known.items()))

    def has(self, source: str, number: int) -> bool:
        """Whether it holds this one."""
        return any(first <= number <= last for first, last in self._known.get(source, ()))

    def without(self, other: GtidSet) -> GtidSet:
        """What the other does not hold."""
        left = {source: _less(spans, other.by_source.get(source, ())) for source, spans in self._known.items()}
        return GtidSet({source: spans for source, spans in left.items() if spans})

    def joined(self, other: GtidSet) -> GtidSet:
        """What either holds."""
        sources = self._known.keys() | other.by_source.keys()
        return GtidSet(
            {source: _joined([*self._known.get(source, ()), *other.by_source.get(source, ())]) for source in sources}
        )

    def beyond(self, other: GtidSet) -> GtidSet:
        """As `without`, but for old names of what the other has passed.

        MariaDB: a server that was set up from another's backup does not list who wrote in a domain long ago, although
        it stands behind all of that. Such a source is one that the other does not know at all.
        """
        reach: Mapping[int | None, int] = other.domains()
        left = self.without(other).by_source
        return GtidSet(
            {
                source: spans
                for source, spans in left.items()
                if source in other.by_source or spans[-1][1] > reach.get(_domain(source), -1)
            }
        )

    def last_of_domains(self) -> GtidSet:
        """MariaDB: of each domain only the last transaction, before which all others of it came. MySQL: all."""
        reach: Mapping[int | None, int] = self.domains()
        return GtidSet(
            {source: spans for source, spans in self._known.items() if spans[-1][1] >= reach.get(_domain(source), 0)}
        )

    def domains(self) -> dict[int | None, int]:
        """MariaDB: the highest number in each domain. MySQL has none."""
        found: dict[int | None, int] = {}
        for source, spans in self._known.items():
            domain = _domain(source)
            if domain is not None:
                found[domain] = max(found.get(domain, 0), spans[-1][1])
        return found


def _spans(element: str) -> Iterator[tuple[str, tuple[int, int]]]:
    uuid, *parts = element.split(":")
    if _UUID.fullmatch(uuid) is None or not parts:
        raise ValueError(f"{element!r} is not a GTID set")
    source = uuid
    for part in parts:
        span = _SPAN.fullmatch(part)
        if span is None:
            if _TAG.fullmatch(part) is None:
                raise ValueError(f"{element!r} is not a GTID set")
            source = f"{uuid}:{part}"
            continue
        first, last = int(span[1]), int(span[2] or span[1])
        if first <= last:
            yield source, (first, last)


def _joined(spans: list[tuple[int, int]]) -> Intervals:
    result: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if result and first <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(result[-1][1], last)
        else:
            result.append((first, last))
    return tuple(result)


def _less(spans: Intervals, taken: Intervals) -> Intervals:
    result = []
    for first, last in spans:
        at = first
        for begin, end in taken:
            if end < at or begin > last:
                continue
            if begin > at:
                result.append((at, begin - 1))
            at = end + 1
        if at <= last:
            result.append((at, last))
    return tuple(result)


def _domain(source: str) -> int | None:
    match = _SOURCE.fullmatch(source)
    return None if match is None else int(match[1])


def _shown(source: str, spans: Intervals) -> str:
    if _domain(source) is not None:
        return f"-{spans[-1][1]}"
    return "".join(f":{first}" if first == last else f":{first}-{last}" for first, last in spans)
