"""What people are shown: no sign of a name may rule their terminal, hide, or begin a line of its own."""

from __future__ import annotations

import json
import unicodedata

from ghostshift.model.shown import one_line, shown

RULING = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's categories: controls, surrogates, ends of lines and paragraphs."""

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
"""Unicode's classes of what changes the writing direction."""


def test_nothing_that_rules_or_turns_a_line_is_left() -> None:
    ruling = {sign for sign in map(chr, range(0x10000)) if unicodedata.category(sign) in RULING}
    turning = {sign for sign in map(chr, range(0x10000)) if unicodedata.bidirectional(sign) in TURNING}
    assert len(ruling) > 2000
    assert len(turning) == 9
    assert {sign for sign in ruling | turning if shown(sign) == sign} == {"\t", "\n"}
    assert not {sign for sign in ruling | turning if one_line(sign) == sign}


def test_controls_are_written_out() -> None:
    assert shown("a\x1b[2Jb") == "a\\u001b[2Jb"
    assert shown("\x9b31m\x7f\x00\r") == "\\u009b31m\\u007f\\u0000\\u000d"
    assert shown("pay\u202egnp.exe") == "pay\\u202egnp.exe"
    assert shown("\udce4\U000e0041") == "\\udce4\\udb40\\udc41"


def test_lines_and_tabs_stay_but_where_there_is_one_line() -> None:
    assert shown("a\n\tb") == "a\n\tb"
    assert one_line("a\n\tb\r") == "a\\u000a\\u0009b\\u000d"


def test_what_can_be_seen_is_as_it_was() -> None:
    for text in ("plain", "Größe_Übergröße", "日本語の表", "👩‍👩‍👧 𒀀", "עברית العربية", "C:\\new", ""):
        assert shown(text) == one_line(text) == text


def test_a_json_text_stays_one() -> None:
    text = json.dumps({"name": "a\x9b\u202e\U000e0041"}, ensure_ascii=False)
    assert json.loads(shown(text)) == json.loads(text)
