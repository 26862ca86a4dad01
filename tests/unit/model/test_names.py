"""Names: quoting, gh-ost's helper names, and those that must sort after the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghostshift.model.errors import Refused
from ghostshift.model.names import NAME_LIMIT, TableName, helper_names, quote_name, sorts_after

LETTERS = st.text(st.characters(codec="utf-8", min_codepoint=1, max_codepoint=0xFFFF), min_size=1, max_size=NAME_LIMIT)


def test_a_name_is_quoted_and_its_backticks_are_doubled() -> None:
    assert quote_name("a`b") == "`a``b`"
    assert str(TableName("my shop", "or`ders")) == "`my shop`.`or``ders`"


@pytest.mark.parametrize("name", ["", "a\0b", "a ", " ", "t😀"])
def test_what_no_server_takes_as_a_name_is_refused(name: str) -> None:
    with pytest.raises(Refused, match="cannot be the name of a table or column") as refused:
        quote_name(name)
    assert refused.value.code == "bad-name"


def test_where_names_need_not_sort_they_are_gh_osts() -> None:
    names = helper_names(TableName("shop", "orders"), sort_after=False)
    tables = [name.table for name in (names.ghost, names.old, names.changelog, names.checkpoint)]
    assert tables == ["_orders_gho", "_orders_del", "_orders_ghc", "_orders_ghk"]
    assert {names.ghost.schema, names.old.schema} == {"shop"}


def test_a_stamp_goes_into_the_old_tables_name_only_and_a_root_replaces_the_tables() -> None:
    names = helper_names(TableName("shop", "orders"), sort_after=False, base="root", stamp="20260131120000")
    assert names.old.table == "_root_20260131120000_del"
    assert names.ghost.table == "_root_gho"
    names = helper_names(TableName("shop", "orders"), sort_after=True, stamp="20260131120000")
    assert names.old.table == "orders_20260131120000_del"


def test_where_names_must_sort_they_are_the_originals_with_a_suffix() -> None:
    names = helper_names(TableName("shop", "orders"), sort_after=True)
    tables = [name.table for name in (names.ghost, names.old, names.changelog, names.checkpoint)]
    assert tables == ["orders_gho", "orders_del", "orders_ghc", "orders_ghk"]


@pytest.mark.parametrize("sort_after", [True, False])
def test_a_long_name_is_cut_to_what_a_server_takes_and_its_helpers_stay_apart(sort_after: bool) -> None:  # noqa: FBT001
    names = helper_names(TableName("s", "x" * 63 + "A"), sort_after=sort_after, stamp="20260131120000")
    tables = {name.table for name in (names.ghost, names.old, names.changelog, names.checkpoint)}
    assert len(tables) == 4
    assert all(len(table) <= NAME_LIMIT for table in tables)
    assert len(names.ghost.table) == NAME_LIMIT


@given(LETTERS)
def test_i11_where_names_must_sort_they_do_or_are_refused(table: str) -> None:
    original = TableName("s", table)
    try:
        names = helper_names(original, sort_after=True)
    except Refused:
        return
    for helper in (names.ghost, names.old, names.changelog, names.checkpoint):
        assert helper.table.encode() > table.encode()
        assert helper.table.lower().encode() > table.lower().encode()
        assert len(helper.table) <= NAME_LIMIT


def test_i11_a_cut_name_gets_a_joint_that_sorts_after_the_letter_it_replaces() -> None:
    names = helper_names(TableName("s", "x" * 60 + "zzzz"), sort_after=True)
    assert names.ghost.table == "x" * 60 + "~gho"
    names = helper_names(TableName("s", "x" * 60 + "ÿÿÿÿ"), sort_after=True)
    assert names.ghost.table == "x" * 60 + "\uffeegho"


def test_i11_a_root_that_sorts_before_the_original_is_refused_and_the_remedy_named() -> None:
    with pytest.raises(Refused, match="give a root that sorts after it with --force-table-names") as refused:
        helper_names(TableName("s", "orders"), sort_after=True, base="aaa")
    assert refused.value.code == "helper-name-order"
    assert "'orders'" in str(refused.value)


def test_i11_sorting_holds_by_bytes_and_by_lower_case() -> None:
    assert sorts_after("t_gho", "t")
    assert not sorts_after("_t_gho", "t")
    assert not sorts_after("t", "t")
    assert not sorts_after("B", "a")  # bytewise before it, although b follows a
    assert not sorts_after("a_", "Az")  # bytewise after it, but az follows a_


def test_a_sibling_is_another_table_of_the_same_schema() -> None:
    assert TableName("s", "t").sibling("u") == TableName("s", "u")


@pytest.mark.parametrize("sort_after", [True, False])
def test_a_name_that_no_file_can_bear_is_refused_beforehand(*, sort_after: bool) -> None:
    assert helper_names(TableName("s", "日" * 48), sort_after=sort_after)
    assert helper_names(TableName("s", "ü" * 64), sort_after=sort_after)
    with pytest.raises(Refused, match=r"more than 251 bytes.*--force-table-names") as refused:
        helper_names(TableName("s", "日" * 50), sort_after=sort_after)
    assert refused.value.code == "helper-name-length"
    assert helper_names(TableName("s", "日" * 50), sort_after=False, base="short")
