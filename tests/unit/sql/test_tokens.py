"""SQL text as words: what is a name, what a text, what a keyword, and where each stands."""

from __future__ import annotations

import pytest

from ghostshift.model.errors import UsageError
from ghostshift.sql.tokens import words_of


def shown(text: str) -> list[str]:
    """Each word, names in brackets and texts in angles."""
    return [f"[{w.text}]" if w.quoted else f"<{w.text}>" if w.literal else w.text for w in words_of(text)[1]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ADD COLUMN a int", ["ADD", "COLUMN", "a", "int"]),
        ("`a``b`.`c d`", ["[a`b]", ".", "[c d]"]),
        ("'it''s' \"x\" N'y'", ["<it's>", "<x>", "<y>"]),
        ("PRIMARY KEY (a,b)", ["PRIMARY", "KEY", "(", "a", ",", "b", ")"]),
        ("SHOW TABLES", ["SHOW", "TABLES"]),
        ("COMMENT ON x", ["COMMENT", "ON", "x"]),
        ("a -- b\nc # d\ne /* f */ g", ["a", "c", "e", "g"]),
        (
            "x'1F' B'01' 0x1F 0b01 0xZZ _utf8mb4'x' @@a := 1.5e-3",
            ["<1F>", "<01>", "<1F>", "<01>", "0xZZ", "_utf8mb4", "<x>", "@@", "a", ":=", "1.5e-3"],
        ),
        ("'a\\'b' 'a\\nb\\\\' 'a\\_' \"a''b\"", ["<a'b>", "<a\nb\\>", "<a\\_>", "<a''b>"]),
        ("a--b a -- b", ["a", "-", "-", "b", "a"]),
        ("a\u00a0b\u3000c d", ["a\u00a0b\u3000c", "d"]),  # white space for Unicode, letters of a name for the servers
        ("", []),
        ("/* nothing */", []),
    ],
)
def test_words_are_names_texts_or_plain(text: str, words: list[str]) -> None:
    assert shown(text) == words


def test_each_word_knows_where_it_stands_in_the_opened_text() -> None:
    opened, words = words_of("ADD /*!80000 `a b` */ PRIMARY  KEY 'x'")
    assert [opened[word.start : word.end] for word in words] == ["ADD", "`a b`", "PRIMARY", "KEY", "'x'"]


def test_only_plain_words_say_keywords() -> None:
    _, words = words_of("drop `drop` 'drop'")
    assert [word.says("DROP") for word in words] == [True, False, False]
    assert words[0].says("ADD", "DROP")
    assert not words[0].says("ADD")


@pytest.mark.parametrize("text", ["'open", "`open", "SELECT /* open"])
def test_what_is_not_closed_is_a_usage_error_that_shows_it_in_short(text: str) -> None:
    with pytest.raises(UsageError, match="not SQL that can be read") as error:
        words_of(text + " x" * 500)
    assert len(str(error.value)) < 1200


def test_a_long_run_of_quotes_is_read_in_a_moment() -> None:
    assert len(words_of("x " + "''" * 3000)[1]) == 2
    with pytest.raises(UsageError):
        words_of("'" + "''" * 3000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/*!80000 a */ b", ["b"]),
        ("/*!50000 a */ b", ["a", "b"]),
        ("/*M! a */ b", ["b"]),
        ("/*! a /* b */ c */ d", ["a", "c", "d"]),
        ("/*! a '*/' c */ d", ["a", "<*/>", "c", "d"]),
        ("/*!80000 '*/' /* x */ `*/` \"*/\" c */ d", ["d"]),
        ("'/*!80000 a */'", ["</*!80000 a */>"]),
    ],
)
def test_only_what_the_server_executes_is_opened(text: str, words: list[str]) -> None:
    opened, found = words_of(text, lambda mariadb, version: not mariadb and version < 60_000)
    shown = [f"<{word.text}>" if word.literal else word.text for word in found]
    assert shown == words
    assert [opened[word.start : word.end].strip("'") for word in found] == [word.text for word in found]
