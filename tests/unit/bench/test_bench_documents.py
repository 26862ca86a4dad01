"""README's tables are what the committed snapshots say."""

from __future__ import annotations

import pytest
from bench import readme, render
from bench.book import book, merged, results_of, slim
from bench.results import Result

from builders.benched import busy, ran

FACTS = {"made": "20261123-120000-mysql", "server": "mysql 9.7.4", "rows": 50_000, "rounds": 2, "cpus": 2}


def results() -> list[Result]:
    return [
        ran("idle", "ghostshift", 10, 1),
        ran("idle", "ghostshift", 12, 2),
        ran("idle", "alter", 10, 1),
        ran("idle", "alter", 10, 2),
        Result("idle", "gh-ost", absent="not on PATH"),
        busy("ghostshift", 9, ticks=[(0.0, 1.0)]),
        busy("pt-osc", 90, finished=False, note="stopped | after 90 s", problems=["two\nlines"]),
        busy("alone", 9, worst=21),
    ]


def test_documents_are_what_the_snapshots_say() -> None:
    stale = [str(path) for path, text in readme.documents().items() if path.read_text(encoding="utf-8") != text]
    assert not stale, "run: .venv/bin/python -m bench.readme"


def test_the_short_table_names_who_is_not_here_and_who_does_not_finish() -> None:
    text = render.short(book("mysql", FACTS, results(), None), folder="there")
    assert "MySQL 9.7.4, 2026-11-23: 50,000 rows" in text
    assert "| idle | **11.0 s** (10.0 to 12.0) | 1.10 times (1.00 to 1.20) | not on PATH | did not race |" in text
    line = next(line for line in text.splitlines() if line.startswith("| unlimited | "))
    assert "does not finish" in line
    assert line.endswith("| 21 ms |")
    assert "(there/mysql.json)" in text
    assert "there/mysql-unlimited.png" in text


@pytest.mark.parametrize("whole", [False, True])
def test_every_line_of_a_table_has_as_many_cells(whole: bool) -> None:  # noqa: FBT001
    kept = book("mysql", FACTS, results(), None)
    text = render.whole(kept) if whole else render.short(kept, folder="there")
    widths: set[int] = set()
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            widths.add(line.replace("\\|", "").count("|"))
            continue
        assert len(widths) <= 1, line
        widths.clear()


def test_the_whole_table_says_what_went_wrong() -> None:
    text = render.whole(book("mysql", FACTS, results(), None))
    assert "- pt-osc: stopped \\| after 90 s" in text
    assert "- pt-osc: two lines" in text
    assert "| gh-ost | not on PATH |" in text


def test_micro_benches_are_shown_where_they_were_run() -> None:
    micro = {
        "reader": {"server": "9", "multi_row_statements": {"rows_per_second": 1234, "events_per_second": 5}},
        "micro": {"delta: put": {"ratio": 1.5, "per_second": 2_000_000, "unit": "key"}},
    }
    text = render.whole(book("mysql", FACTS, results(), micro))
    assert "| reader, a real log: multi row statements | 1,234 rows/s, 5 events/s |  |" in text
    assert "| delta: put | 2,000,000 keys/s | 1.5 |" in text
    assert "one core" not in render.whole(book("mysql", FACTS, results(), {"reader": {"error": "x"}}))


def test_only_what_is_between_the_marks_is_rewritten() -> None:
    text = f"a\n{readme.BEGIN}\nold\n{readme.END}\nb\n"
    assert readme.replaced(text, "new") == f"a\n{readme.BEGIN}\nnew\n{readme.END}\nb\n"
    for wrong in ("", readme.BEGIN, f"{readme.END}{readme.BEGIN}", text + text):
        with pytest.raises(ValueError, match="there must be one"):
            readme.replaced(wrong, "new")


def test_a_later_run_of_a_scenario_takes_the_place_of_the_old_one() -> None:
    old = book("mysql", FACTS, results(), {"reader": {"x": 1}})
    new = book("mysql", {**FACTS, "made": "20261124-000000-mysql"}, [busy("ghostshift", 5)], None)
    both = merged(old, new, ["idle", "unlimited"])
    assert [one.scenario for one in results_of(both)] == ["idle"] * 5 + ["unlimited"]
    assert both["runs"]["idle"]["made"] == FACTS["made"]
    assert both["runs"]["unlimited"]["made"] == "20261124-000000-mysql"
    assert both["micro"] == {"reader": {"x": 1}}
    assert any(bar["bar"] == "unlimited, any machine" for bar in both["bars"])


def test_a_run_of_another_table_or_server_is_not_mixed_with_the_old_one() -> None:
    old = book("mysql", FACTS, results(), None)
    for other in ({"rows": 1}, {"server": "mysql 8"}, {"cpus": 64}):
        new = book("mysql", {**FACTS, **other}, [busy("ghostshift", 5)], None)
        assert merged(old, new, []) == new
    assert merged(None, old, []) == old
    assert merged({"format": 1}, old, []) == old


def test_a_snapshot_keeps_the_time_lines_of_one_round() -> None:
    rounds = [busy("ghostshift", 5, number, ticks=[(0.0, 1.0)], report={"plan": "long", "n": 1}) for number in (1, 2)]
    kept = results_of(slim(book("mysql", FACTS, rounds, None)))
    assert [bool(one.ticks) for one in kept] == [True, False]
    assert kept[0].report == {"n": 1}
