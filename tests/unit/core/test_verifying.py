"""What becomes of rows that differed: explained, touched and asked again, wrong and repaired, hopeless, or hot."""

from __future__ import annotations

from ghostshift.core.verifying import HOT_AFTER, MOST, NAMED, REPAIRS, Suspects, VerifyProgress


def differs(*keys: int) -> dict[int, tuple[int, ...]]:
    return {key: (key,) for key in keys}


def suspects(*keys: int, certain_after: int = 1) -> Suspects:
    found = Suspects(certain_after=certain_after)
    found.add(differs(*keys))
    found.begin()
    return found


def test_a_suspect_that_is_equal_now_is_explained() -> None:
    found = suspects(1, 2)
    assert not found.looked(differs())
    assert (found.explained, found.repaired, len(found)) == (2, 0, 0)
    assert found.only_hot


def test_one_that_was_touched_is_asked_about_again() -> None:
    found = suspects(1)
    assert found.looked(differs(1))
    assert not found.judge({1}, differs(1)).repair
    assert found.begin() == {1}
    assert not found.only_hot


def test_one_that_nothing_touched_is_wrong_and_repaired_until_it_is_equal() -> None:
    found = suspects(1)
    found.looked(differs(1))
    assert found.judge(set(), differs(1)).repair == {1: {1}}
    found.begin()
    assert not found.looked(differs())
    assert (found.explained, found.repaired, found.wrong) == (0, 1, [1])


def test_one_that_does_not_heal_is_hopeless_and_counts_once() -> None:
    found = suspects(1)
    for _ in range(REPAIRS):
        found.looked(differs(1))
        assert found.judge(set(), differs(1)).repair
        found.begin()
    found.looked(differs(1))
    assert found.judge(set(), differs(1)).hopeless == [1]
    assert found.repaired == 1


def test_a_round_that_begins_after_a_suspect_was_found_says_nothing_about_it() -> None:
    found = suspects(1)
    found.add(differs(2))
    assert found.asked() == (1,)
    found.looked(differs(1))
    assert found.judge(set(), differs(1)).repair.keys() == {1}
    assert found.begin() == {1, 2}


def test_i6_a_spelling_that_was_not_watched_proves_nothing() -> None:
    found = Suspects()
    found.add({b"a": (b"a",)})
    assert found.begin() == {b"a"}
    found.looked({b"a": (b"a", b"A")})
    assert not found.judge(set(), {b"a": (b"a", b"A")}).repair
    assert found.begin() == {b"a", b"A"}
    found.looked({b"a": (b"a", b"A")})
    assert found.judge(set(), {b"a": (b"a", b"A")}).repair == {b"a": {b"a", b"A"}}


def test_i6_a_spelling_that_is_found_while_the_round_runs_proves_nothing() -> None:
    found = Suspects()
    found.add({b"a": (b"a",)})
    found.begin()
    found.add({b"a": (b"A",)})
    found.looked({b"a": (b"a",)})
    assert not found.judge(set(), {b"a": (b"a",)}).repair


def test_where_the_log_may_spell_otherwise_one_round_is_not_enough() -> None:
    found = suspects(1, certain_after=2)
    found.looked(differs(1))
    assert not found.judge(set(), differs(1)).repair
    found.begin()
    found.looked(differs(1))
    assert not found.judge({1}, differs(1)).repair
    for repaired in (False, True):
        found.begin()
        found.looked(differs(1))
        assert bool(found.judge(set(), differs(1)).repair) == repaired


def test_what_changes_all_the_time_is_left_to_the_last_look_and_goes_on_being_asked() -> None:
    found = suspects(1)
    for _ in range(HOT_AFTER):
        assert not found.only_hot
        found.looked(differs(1))
        found.judge({1}, differs(1))
        found.begin()
    assert found.only_hot
    assert found.hot == {1: {1}}
    found.add(differs(2))
    assert not found.only_hot
    found.begin()
    found.looked(differs())
    assert found.only_hot
    assert not found.hot


def test_there_is_an_end_to_how_many_are_asked_about_and_named() -> None:
    found = Suspects()
    found.add(differs(*range(MOST)))
    assert found.full
    found.begin()
    found.looked(differs(*range(MOST)))
    assert len(found.judge(set(), {}).repair) == found.repaired == MOST
    assert len(found.wrong) == NAMED


def test_progress_is_told_in_words() -> None:
    progress = VerifyProgress(rows=1_234_567, number=2, passes=3, suspects=4, explained=5, repaired=6)
    assert progress.text == "1,234,567 rows compared in pass 2 of 3, 4 to be explained, 5 explained, 6 repaired"
