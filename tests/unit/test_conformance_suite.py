"""The conformance suite's folders are well formed, and what reads them refuses what it does not understand."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import conformance
from builders.conformance import Malformed, Statement

ENOUGH = 120
"""How many scenarios there must be at least."""


def test_every_folder_is_well_formed() -> None:
    wrong = []
    for name in conformance.all_names():
        try:
            conformance.check(conformance.load(name))
        except Malformed as problem:
            wrong.append(str(problem))
    assert wrong == []


def test_there_are_enough_scenarios() -> None:
    assert len(conformance.all_names()) >= ENOUGH


def test_when_time_is_short_enough_run_on_all_servers() -> None:
    scenarios = [conformance.load(name) for name in conformance.all_names()]
    shares = [conformance.share(number, scenario) for number, scenario in enumerate(scenarios)]
    assert sum(set(share) == set(conformance.SERVERS) for share in shares) >= ENOUGH
    assert all(set(share) <= set(scenario.servers) for share, scenario in zip(shares, scenarios, strict=True))


GOOD = {"create.sql": "CREATE TABLE t (id int);\n", "alter.sql": "ADD x int\n", "expect.toml": 'why = "a test"\n'}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(conformance, "FOLDER", tmp_path)
    made = tmp_path / "group" / "name"
    made.mkdir(parents=True)
    for name, text in GOOD.items():
        (made / name).write_text(text)
    return made


def test_a_folder_is_read(folder: Path) -> None:
    (folder / "traffic.sql").write_text(
        "-- a remark\n-- before the copy\nSET time_zone = '+01:00';\n\n-- why\nINSERT INTO t\n  VALUES (1);\n"
        "-- after the copy\n-- fails: 1062\nINSERT INTO t VALUES (';');\n"
    )
    (folder / "expect.toml").write_text(
        'why = "w"\nservers = ["mysql", "mariadb-11.8"]\nbecause = "b"\nrefused = { mysql = "float-key" }\n'
    )
    scenario = conformance.load("group/name")
    conformance.check(scenario)
    assert scenario.traffic == {
        "before the copy": (Statement("SET time_zone = '+01:00'"), Statement("INSERT INTO t\n  VALUES (1)")),
        "after the copy": (Statement("INSERT INTO t VALUES (';')", 1062),),
    }
    assert {server: str(what) for server, what in scenario.expected.items()} == {
        "mysql": "refused: float-key",
        "mariadb-11.8": "migrated",
    }


@pytest.mark.parametrize(
    ("alter", "judged"),
    [
        ("ADD x int", "ALTER TABLE t ADD x int"),
        ("ALTER COLUMN x SET DEFAULT 1", "ALTER TABLE t ALTER COLUMN x SET DEFAULT 1"),
        ("ALTER TABLE t ADD x int", "ALTER TABLE t ADD x int"),
        ("/* a */ -- b\n alter /*c*/ table `t` ADD x int", "/* a */ -- b\n alter /*c*/ table `t` ADD x int"),
        ("/* ALTER TABLE */ ADD x int", "ALTER TABLE t /* ALTER TABLE */ ADD x int"),
    ],
)
def test_the_judge_gets_the_very_text(folder: Path, alter: str, judged: str) -> None:
    (folder / "alter.sql").write_text(alter + "\n")
    assert conformance.load("group/name").judged_alter == judged


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("expect.toml", ""),
        ("expect.toml", 'why = ""'),
        ("expect.toml", 'why = "w"\nskip = true'),
        ("expect.toml", 'why = "w"\nservers = ["mysql"]'),
        ("expect.toml", 'why = "w"\nservers = ["oracle"]\nbecause = "b"'),
        ("expect.toml", 'why = "w"\nrefused = "a"\nstops = "b"'),
        ("expect.toml", 'why = "w"\nrefused = { oracle = "a" }'),
        ("expect.toml", 'why = "w"\n[differs]\nall = "because"'),
        ("expect.toml", 'why = "w"\n[options]\nno_such = 1'),
        ("expect.toml", 'why = "w"\n[options.allow]\nno_such = 1'),
        ("traffic.sql", "INSERT INTO t VALUES (1);"),
        ("traffic.sql", "-- before the copy\nINSERT INTO t VALUES (1)"),
        ("traffic.sql", "-- before the copy\nDO 1;\n-- before the copy\nDO 1;"),
        ("traffic.sql", "-- while copying\n-- after the copy\nDO 1;"),
        ("create.sql", "CREATE TABLE other (id int);"),
        ("alter.sql", "\n"),
        ("notes.txt", "a file too many"),
    ],
)
def test_what_is_malformed_is_an_error(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(Malformed):
        conformance.check(conformance.load("group/name"))


def test_a_missing_file_is_an_error(folder: Path) -> None:
    (folder / "alter.sql").unlink()
    with pytest.raises(Malformed, match=r"alter\.sql"):
        conformance.load("group/name")
