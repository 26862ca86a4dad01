"""Sets of GTIDs: read in both flavours' words, compared, never taken for larger than they are."""

from __future__ import annotations

import pytest

from ghostshift.core.gtids import GtidSet

A, B = "3e11fa47-71ca-11e1-9e33-c80aa9429562", "4e11fa47-71ca-11e1-9e33-c80aa9429562"
parse = GtidSet.parse


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        (f"{A.upper()}:1-3:5:7-9,\n{B}:1", f"{A}:1-3:5:7-9,{B}:1"),
        (f"{A}:5:1-4", f"{A}:1-5"),
        (f"{A}:1-3:tag:1-2:9, {A}:other:4", f"{A}:1-3,{A}:other:4,{A}:tag:1-2:9"),
        ("[0-1-270,0-2-5,7-1-3]", "0-1-270,0-2-5,7-1-3"),
    ],
)
def test_a_servers_words_are_read(text: str, shown: str) -> None:
    assert str(parse(text)) == shown
    assert bool(parse(text)) == bool(shown)


@pytest.mark.parametrize("text", ["nonsense", A, f"{A}:", f"{A}:1-", f"{A}:1-2-3", "0-1", f"{A}:TÄG:1", "1-2-3-4"])
def test_what_is_no_set_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="GTID"):
        parse(text)


@pytest.mark.parametrize(
    ("one", "other", "left"),
    [
        (f"{A}:1-9", f"{A}:1-9", ""),
        (f"{A}:1-9", "", f"{A}:1-9"),
        (f"{A}:1-9", f"{A}:3-4:7", f"{A}:1-2:5-6:8-9"),
        (f"{A}:3-4", f"{A}:1-9", ""),
        (f"{A}:1-4:tag:1", f"{A}:1-9", f"{A}:tag:1"),
        (f"{A}:1-4,{B}:2", f"{B}:1-2", f"{A}:1-4"),
        ("0-1-7", "0-1-5", "0-1-7"),
        ("0-1-5", "0-1-7", ""),
        ("0-2-5", "0-1-7", "0-2-5"),
    ],
)
def test_what_one_has_and_another_lacks(one: str, other: str, left: str) -> None:
    assert str(parse(one).without(parse(other))) == left


def test_one_transaction_is_held_or_not() -> None:
    mysql, mariadb = parse(f"{A}:1-3:7"), parse("0-1-5,0-2-9")
    assert [number for number in range(1, 10) if mysql.has(A, number)] == [1, 2, 3, 7]
    assert not mysql.has(B, 1)
    assert [number for number in range(1, 10) if mariadb.has("0-1", number)] == [1, 2, 3, 4, 5]
    assert not mariadb.has("1-1", 1)


def test_in_mariadb_an_old_writers_name_that_one_server_does_not_list_is_no_difference() -> None:
    """A server that was set up from a backup lists only who wrote since."""
    assert str(parse("0-1-200,0-5-90").last_of_domains()) == "0-1-200"
    assert str(parse("0-5-90,0-1-150").beyond(parse("0-1-200"))) == ""
    assert str(parse("0-5-201").beyond(parse("0-1-200"))) == "0-5-201"
    assert str(parse("0-2-190").beyond(parse("0-1-200,0-2-180"))) == "0-2-190"
    assert str(parse("1-5-3").beyond(parse("0-1-200"))) == "1-5-3"


def test_in_mysql_every_source_counts() -> None:
    assert str(parse(f"{A}:1-3,{B}:1").last_of_domains()) == f"{A}:1-3,{B}:1"
    assert str(parse(f"{A}:1-3,{B}:1").beyond(parse(f"{A}:1-9"))) == f"{B}:1"
    assert parse(f"{A}:1-3").domains() == {}
