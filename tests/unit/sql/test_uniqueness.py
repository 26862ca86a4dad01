"""The guard's questions to the server: values are compared as the ghost compares them, NULLs never clash."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.core.planner import make_plan
from ghostshift.model.chunk import Chunk
from ghostshift.model.errors import DataLossError
from ghostshift.model.names import TableName, helper_names
from ghostshift.model.plan import Plan
from ghostshift.model.schema import Column, Table, UniqueKey
from ghostshift.sql import uniqueness
from ghostshift.sql.alter import read_alter
from ghostshift.sql.tokens import words_of
from ghostshift.workers.guard import UniquenessGuard

NAME = TableName("shop", "t")
HELPERS = helper_names(NAME, sort_after=False)
PRIMARY = UniqueKey(name="PRIMARY", columns=("id",))


def text(name: str, collation: str) -> Column:
    charset = collation.partition("_")[0]
    return Column(
        name=name, ordinal=1, data_type="varchar", column_type="varchar(9)", charset=charset, collation=collation
    )


def make(before: str = "latin1_bin", after: str = "utf8mb4_bin") -> Plan:
    number = Column(name="id", ordinal=0, data_type="int", column_type="int")
    original = Table(name=NAME, columns=(number, text("mail", before)), unique_keys=(PRIMARY,), engine="InnoDB")
    unique = UniqueKey(name="by_mail", columns=("email",))
    ghost = Table(
        name=HELPERS.ghost, columns=(number, text("email", after)), unique_keys=(PRIMARY, unique), engine="InnoDB"
    )
    return make_plan(original, ghost, HELPERS, read_alter("CHANGE mail email varchar(9), ADD UNIQUE by_mail (email)"))


PLAN = make()
(NEW,) = PLAN.new_uniqueness
QUESTIONS = [
    uniqueness.duplicates(PLAN, NEW, 5),
    uniqueness.clashes(PLAN, NEW, [1, 2], 5),
    uniqueness.missing(PLAN, Chunk(0, 1, 9, 10)),
    uniqueness.within(PLAN, NEW, [1, 2], 5),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_i2_i7_the_guard_only_reads_and_asks_for_no_more_than_it_needs(question: str) -> None:
    words = {word.text.upper() for word in words_of(question)[1]}
    assert question.startswith("SELECT ")
    assert not words & {"UPDATE", "DELETE", "INSERT", "REPLACE", "LOCK", "SHARE"}
    assert "LIMIT 5" in question or question == QUESTIONS[2]


def test_i7_values_are_compared_as_the_ghost_compares_them() -> None:
    converted = "CONVERT(`mail` USING utf8mb4) COLLATE utf8mb4_bin"
    assert f"GROUP BY {converted}" in QUESTIONS[0]
    assert "g.`email` = CONVERT(o.`mail` USING utf8mb4) COLLATE utf8mb4_bin" in QUESTIONS[1]
    same = make("utf8mb4_bin", "utf8mb4_bin")
    assert "CONVERT(`mail`" not in uniqueness.duplicates(same, same.new_uniqueness[0], 5).partition("GROUP BY")[2]


def test_i7_a_null_clashes_with_nothing() -> None:
    assert "WHERE `mail` IS NOT NULL GROUP BY" in QUESTIONS[0]


class Server:
    """Answers each kind of question as told, and writes the questions down."""

    def __init__(self, *answers: list[tuple[Any, ...]]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """The next answer."""
        self.asked.append(statement)
        return self.answers.pop(0)


def test_i7_values_that_occur_twice_already_are_told_with_table_index_and_remedy() -> None:
    server = Server([("a@b", "2"), ("c@d", "3")])
    with pytest.raises(DataLossError) as error:
        UniquenessGuard(PLAN).check_original(server)  # type: ignore[arg-type]
    said = str(error.value)
    for part in ("`shop`.`t`", "'by_mail'", "(mail)", "(a@b) 2 times; (c@d) 3 times", "remove the duplicates"):
        assert part in said
    UniquenessGuard(PLAN).check_original(Server([]))  # type: ignore[arg-type]


def test_i7_a_clash_in_the_ghost_counts_only_where_the_original_has_it_too() -> None:
    guard = UniquenessGuard(PLAN)
    stale = Server([("1", "2"), ("3", "4")], [])
    guard.check_keys(stale, [1, 3])  # type: ignore[arg-type]
    assert len(stale.asked) == 2
    real = Server([("1", "2"), ("3", "4")], [("3", "4")])
    with pytest.raises(DataLossError, match=r"the rows \(id=3\) and \(id=4\) have the same value"):
        guard.check_keys(real, [1, 3])  # type: ignore[arg-type]


def test_i7_rows_that_are_written_together_anyway_are_no_rivals_of_each_other() -> None:
    server = Server([("1", "2"), ("2", "1"), ("3", "4")], [])
    assert UniquenessGuard(PLAN).rivals(server, [1, 2, 3]) == {4}  # type: ignore[arg-type]
    assert len(server.asked) == 2


def test_i7_after_a_chunk_only_the_rows_that_are_missing_are_looked_at() -> None:
    guard = UniquenessGuard(PLAN)
    complete = Server([])
    assert guard.left_out(complete, Chunk(0, None, 9, 10)) == []  # type: ignore[arg-type]
    assert len(complete.asked) == 1
    lacking = Server([("5",)], [])
    assert guard.left_out(lacking, Chunk(0, None, 9, 10)) == [5]  # type: ignore[arg-type]
    assert "`id` IN (5)" in lacking.asked[1]


def test_i7_a_guard_that_is_not_needed_asks_nothing() -> None:
    number = Column(name="id", ordinal=0, data_type="int", column_type="int")
    plain = Table(name=NAME, columns=(number,), unique_keys=(PRIMARY,), engine="InnoDB")
    guard = UniquenessGuard(make_plan(plain, plain, HELPERS, read_alter("FORCE")))
    assert not guard.needed
    guard.check_original(Server())  # type: ignore[arg-type]
    guard.check_keys(Server(), [1])  # type: ignore[arg-type]
