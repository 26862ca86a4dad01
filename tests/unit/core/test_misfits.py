"""Which warnings stop a migration, which are told, and which mean nothing."""

from __future__ import annotations

from ghostshift.core.misfits import Warned, judge

NOTE = Warned("Note", 1265, "Data truncated for column 'd' at row 1")
TRUNCATED = Warned("Warning", 1265, "Data truncated for column 'a' at row 1")
UNKNOWN = Warned("Warning", 9999, "who knows")
ALIAS = Warned("Warning", 3719, "'utf8' is an alias")
ALL = (NOTE, TRUNCATED, UNKNOWN, ALIAS)


def test_a_warning_stops_unless_it_is_known_to_be_harmless() -> None:
    assert judge(ALL, panic=False, lenient=False) == ((TRUNCATED, UNKNOWN), ())


def test_where_the_servers_laxness_was_asked_for_it_is_told() -> None:
    assert judge(ALL, panic=False, lenient=True) == ((), (TRUNCATED, UNKNOWN))


def test_panic_stops_at_anything_lax_or_not() -> None:
    assert judge(ALL, panic=True, lenient=False) == (ALL, ())
    assert judge((NOTE,), panic=True, lenient=True) == ((NOTE,), ())


def test_a_warning_is_shown_with_its_level_and_number() -> None:
    assert str(TRUNCATED) == "Warning 1265: Data truncated for column 'a' at row 1"
