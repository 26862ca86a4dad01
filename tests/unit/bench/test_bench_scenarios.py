from __future__ import annotations

import pytest
from bench.scenarios import ALONE, SCENARIOS, chosen, order, rotated
from bench.tables import TABLES, WIDE_TEXTS


def test_issue_6_names_these_scenarios() -> None:
    assert {
        "idle", "fixed", "polite", "unlimited", "hot-spot", "indexes", "wide", "text-key", "replica", "small",
    } <= set(SCENARIOS)  # fmt: skip


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_says_what_it_is(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.shape is TABLES[scenario.table]
    assert scenario.count(1_000_000) >= 1000
    assert scenario.writes.says in scenario.says
    assert "|" not in scenario.says


def test_rows_are_the_share_of_the_table_unless_the_scenario_says_a_number() -> None:
    assert SCENARIOS["idle"].count(1_000_000) == 1_000_000
    assert SCENARIOS["wide"].count(1_000_000) == 50_000
    assert SCENARIOS["wide"].count(50) == 1000
    assert SCENARIOS["small"].count(1_000_000) == 1000


def test_words_choose_scenarios_and_rounds() -> None:
    assert [(one.name, rounds) for one, rounds in chosen(["idle", "wide:7"], 3)] == [("idle", 3), ("wide", 7)]


@pytest.mark.parametrize("word", ["nothing", "idle:", "idle:0", "idle:x", "idle:-1"])
def test_a_wrong_word_is_said(word: str) -> None:
    with pytest.raises(ValueError, match=r"no such scenario|number of rounds"):
        chosen([word], 1)


def test_another_one_begins_each_round() -> None:
    assert [rotated(["a", "b", "c"], number)[0] for number in (1, 2, 3, 4)] == ["a", "b", "c", "a"]
    assert sorted(rotated(["a", "b", "c"], 2)) == ["a", "b", "c"]
    assert rotated([], 5) == []


@pytest.mark.parametrize("number", range(1, 5))
def test_the_load_alone_comes_right_after_ghostshift(number: int) -> None:
    names = order(["alter", "gh-ost", "ghostshift"], number, load=True)
    assert names[names.index("ghostshift") + 1] == ALONE
    assert ALONE not in order(["alter", "ghostshift"], number, load=False)
    assert order(["alter"], number, load=True) == ["alter", ALONE]
    assert order([], number, load=True) == []


def test_further_indexes_are_in_the_table_s_statement() -> None:
    sql = TABLES["indexes"].create_sql("`t`")
    assert "KEY k_1 (`k`), KEY more_1 (c(16))" in sql
    assert sql.count("KEY more_") == 6
    assert sql.endswith("(pad(8), k)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")
    assert TABLES["sysbench"].create_sql("`t`") == TABLES["sysbench"].shape.create_sql("`t`")


def test_sysbench_writes_only_to_its_own_shape() -> None:
    assert {name for name, table in TABLES.items() if table.sysbench} == {"sysbench", "indexes"}


def test_wide_rows_are_wide_and_never_the_same() -> None:
    one, other = WIDE_TEXTS.make(1), WIDE_TEXTS.make(2)
    assert {len(str(value)) for value in one} == {190}
    assert not set(one) & set(other)
    assert len(set(one)) == len(WIDE_TEXTS.columns) == len(WIDE_TEXTS.sql) == len(WIDE_TEXTS.ddl)
