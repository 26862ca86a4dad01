"""A line is read by Go's rules: dashes, switches, values; and what is no flag is an error, never passed over."""

from __future__ import annotations

import pytest

from ghostshift.command_line import Line, read_line, usage
from ghostshift.flag_table import FLAGS
from ghostshift.model.errors import UsageError


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], {}),
        (["-execute", "-table", "t"], {"execute": "true", "table": "t"}),
        (["--execute=false"], {"execute": "false"}),
        (["--execute="], {"execute": ""}),
        (["-execute=true", "--chunk-size=9"], {"execute": "true", "chunk-size": "9"}),
        (["-alter=ADD c int DEFAULT -1"], {"alter": "ADD c int DEFAULT -1"}),
        (["-alter=a=b"], {"alter": "a=b"}),
        (["--alter", "--execute"], {"alter": "--execute"}),
        (["--alter", "-- a comment"], {"alter": "-- a comment"}),
        (["--port=1", "-port", "2"], {"port": "2"}),
        (["--execute", "--execute=false"], {"execute": "false"}),
        (["--statsd-tags=a:b", "--statsd-tags", "c:d"], {"statsd-tags": ["a:b", "c:d"]}),
        (["-h"], {"help": "true"}),
        (["--table", ""], {"table": ""}),
    ],
)
def test_a_line_is_read_as_go_reads_it(words: list[str], expected: Line) -> None:
    assert read_line(words) == expected


@pytest.mark.parametrize("dashes", ["-", "--"])
def test_every_flag_is_known_with_one_dash_and_with_two(dashes: str) -> None:
    for flag in FLAGS:
        expected = ["7"] if flag.kind is tuple else "7"
        assert read_line([f"{dashes}{flag.name}=7"]) == {flag.name: expected}
        word = "true" if flag.kind is bool else "8"
        behind = [] if flag.kind is bool else ["8"]
        assert read_line([f"{dashes}{flag.name}", *behind]) == {flag.name: [word] if flag.kind is tuple else word}
    assert len({flag.name for flag in FLAGS}) == len(FLAGS)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["stray"], "'stray' is no flag"),
        (["--execute", "false"], "'false' is no flag"),
        (["--table=t", "--", "--execute"], "'--' is no flag"),
        (["-"], "'-' is no flag"),
        ([""], "'' is no flag"),
        (["--execut"], "flag provided but not defined: --execut; did you mean --execute?"),
        (["-zzz"], "flag provided but not defined: --zzz"),
        (["--max-lag"], "not defined: --max-lag"),
        (["-tables=t"], "did you mean --table?"),
        (["---table=t"], "bad flag syntax: ---table"),
        (["-=t"], "bad flag syntax: -"),
        (["--execute", "--table"], "flag needs an argument: --table"),
    ],
)
def test_what_is_no_flag_is_an_error(words: list[str], says: str) -> None:
    with pytest.raises(UsageError) as error:
        read_line(words)
    assert says in str(error.value)


def test_usage_has_all_flags_in_order() -> None:
    lines = usage("gh-ost").splitlines()
    assert lines[0] == "Usage of gh-ost:"
    named = [line.split()[0] for line in lines if line.startswith("  --")]
    assert named == sorted(f"--{flag.name}" for flag in FLAGS)
    assert "        file with the CA certificates (PEM)" in lines
    assert any(line.endswith("(default 3306)") for line in lines)


@pytest.mark.parametrize(
    "words",
    [
        ["-ps3cret"],
        ["-p", "s3cret"],
        ["--pasword=s3cret"],
        ["--pasword", "s3cret"],
        ["--passwords3cret"],
        ["--password:s3cret"],
        ["--Password=s3cret"],
        ["---password=s3cret"],
        ["--ask-pass", "s3cret"],
        ["--password", "first", "s3cret"],
        ["--master-password=first", "s3cret"],
        ["--master-pasword=s3cret"],
    ],
)
def test_what_may_be_a_password_is_not_repeated(words: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        read_line(words)
    assert "s3cret" not in str(error.value)
