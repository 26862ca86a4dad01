"""A plan for a person: coloured on a terminal, plain and without tables' frames in a pipe.

It shows what model.report holds, all of it that matters, and decides nothing.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ghostshift.model.report import ColumnReport, Native, Report, Saying, Span
from ghostshift.model.shown import one_line, shown

WIDTH = 120
"""Of a line in a pipe."""

_NATIVE = {
    "instant": "INSTANT: changes the definition alone, in a moment",
    "nocopy": "NOCOPY: in place, without writing the table anew",
    "inplace": "INPLACE",
    "copy": "COPY: writes the whole table anew, row by row",
    "unknown": "not known",
}


def show(report: Report) -> None:
    """Print it."""
    if sys.stdout.isatty():
        _print(report, Console(highlight=False, emoji=False, markup=False))
        return
    page = io.StringIO()
    _print(report, Console(file=page, width=WIDTH, highlight=False, emoji=False, markup=False))
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in page.getvalue().splitlines())


def _print(report: Report, console: Console) -> None:
    for title, lines in _sections(report):
        told = list(lines)
        if not told:
            continue
        console.print(Text(one_line(title), style="bold"))
        for name, text, style in told:
            row = Table.grid(padding=(0, 1))
            row.add_column(width=18, no_wrap=False)
            row.add_column(overflow="fold")
            row.add_row(Text(one_line(name)), Text(shown(text), style=style))
            console.print(Padding(row, (0, 0, 0, 2)))
    if report.goes:
        console.print(Text("ghostshift migrate would go", style="bold green"))
    else:
        count = len(report.refusals)
        console.print(Text(f"ghostshift migrate would refuse: {count} reason(s)", style="bold red"))


Line = tuple[str, str, str]
"""Name, text, style."""


def _sections(report: Report) -> Iterator[tuple[str, Iterable[Line]]]:
    yield report.table or "the plan", _head(report)
    yield "refusals", _sayings(report.refusals, "red")
    yield "warnings", _sayings(report.warnings, "yellow")
    yield "not known", [("", text, "yellow") for text in report.unknown]
    yield "the server itself could", _native(report.native)
    yield "columns", _columns(report.columns)
    yield "keys", [(key.name, _key(key.columns, key.why), "green" if key.used else "dim") for key in report.keys]
    yield "the migration", _migration(report)
    yield "room", _room(report)
    yield "time", _time(report)


def _head(report: Report) -> Iterator[Line]:
    yield "alter", report.alter, ""
    if report.server:
        yield "migrated on", f"{report.server}, {report.version}", ""
    if report.log_of and report.log_of != report.server:
        yield "log of", report.log_of, ""
    if report.earlier:
        yield "earlier run", report.earlier, "green"


def _sayings(found: Iterable[Saying], style: str) -> Iterator[Line]:
    for one in found:
        yield one.code, f"{one.text} (ghostshift explain {one.code})", style


def _native(native: Native) -> Iterator[Line]:
    if native.way == "unknown":
        if native.why:
            yield "not asked", native.why, ""
        return
    writes = {
        "all": "; the application reads and writes meanwhile",
        "reads": "; the application can only read meanwhile",
    }
    anew = {True: ", writes the table anew", False: ", without writing the table anew", None: ""}
    rebuilds = anew[native.rebuilds] if native.way == "inplace" else ""
    yield native.way, _NATIVE[native.way] + rebuilds + writes.get(native.writes, ""), "green"
    refused: dict[tuple[str, str], list[str]] = {}
    for one in native.attempts:
        if not one.taken:
            refused.setdefault((one.algorithm, one.reason), []).append(one.lock)
    for (algorithm, reason), locks in refused.items():
        named = " and ".join(f"LOCK={lock}" for lock in locks if lock)
        yield f"not {algorithm}", f"{named}{': ' if named else ''}{reason}", "dim"
    if native.row_versions is not None and native.row_versions_most is not None:
        yield "row versions", f"{native.row_versions} of {native.row_versions_most} are used", "dim"
    if native.why:
        yield "", native.why, "dim"


def _columns(found: Iterable[ColumnReport]) -> Iterator[Line]:
    plain = 0
    for one in found:
        if one.fate == "copied" and not one.renamed:
            plain += 1
            continue
        name = one.original or one.ghost
        became = f"renamed to {one.ghost}" if one.renamed else ""
        if one.fate == "converted":
            became += f"{', ' if became else ''}converted from {one.before} to {one.after}"
        elif one.fate == "filled":
            became = f"added: {one.after}; begins with {one.value}"
        elif one.fate in ("added", "generated", "dropped"):
            became += f"{', ' if became else ''}{one.fate}: {one.after or one.before}"
        yield name, became, "red" if one.fate == "dropped" else "green" if not one.original else "cyan"
    if plain:
        yield "", f"{plain} copied as they are", "dim"


def _key(columns: tuple[str, ...], why: str) -> str:
    return f"({', '.join(columns)}): {why}" if columns else why


def _migration(report: Report) -> Iterator[Line]:
    if report.helpers.ghost:
        yield "makes", f"{report.helpers.ghost}, {report.helpers.changelog}; afterwards {report.helpers.old}", ""
    if report.dropped_first:
        yield "drops first", ", ".join(report.dropped_first), "red"
    for new in report.uniqueness:
        yield "more unique", f"{new.index} ({', '.join(new.columns)}): {new.watched}", "yellow"
    for trigger in report.triggers:
        yield "trigger", f"{trigger.name}, on the new table as {trigger.new_name}", ""
    if report.session_time_zone:
        yield "time zone", report.session_time_zone, ""
    if report.cut_over:
        yield "cut-over", report.cut_over, ""
        compared = "each row is compared with the original before the swap" if report.verified else "none"
        without = f", but for {', '.join(report.uncompared)}" if report.uncompared else ""
        yield "verification", compared + without, ""


def _room(report: Report) -> Iterator[Line]:
    volume = report.volume
    if volume is None:
        return
    yield "now", f"{volume.rows} rows, {size(volume.data_bytes)} and {size(volume.index_bytes)} of indexes", ""
    yield "disk", between(volume.disk_bytes, size), ""
    yield "binary log", between(volume.binlog_bytes, size), ""
    yield "", volume.how, "dim"


def _time(report: Report) -> Iterator[Line]:
    found = report.forecast
    if found is None:
        return
    yield "copy", between(found.copy_seconds, duration), ""
    if found.writes_per_second is not None:
        yield "meanwhile", f"the server writes {found.writes_per_second:.0f} rows a second at the moment", ""
    if found.replicas and found.replica_seconds is not None:
        yield "replicas", f"{found.replicas}, which may fall behind by {between(found.replica_seconds, duration)}", ""
    yield "", found.how, "dim"


def between(span: Span, tell: Callable[[float], str]) -> str:
    """A range in words; one figure where both ends read the same."""
    low, high = tell(span.low), tell(span.high)
    return low if low == high else f"{low} to {high}"


def size(count: float) -> str:
    """Bytes in words."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def duration(seconds: float) -> str:
    """Seconds in words."""
    if seconds < 1:
        return "less than a second"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
