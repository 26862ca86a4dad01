"""What the ghost's CHECK constraints are called, so that the new table's are called as before."""

from __future__ import annotations

from ghostshift.model.names import TableName
from ghostshift.sql.check_names import Check, adopt, ghost_names, read_checks, too_long, with_ghost_names

ORIGINAL, GHOST, OLD = (TableName("s", name) for name in ("t", "_t_gho", "_t_del"))
CREATED = """CREATE TABLE `t` (
  `a` int DEFAULT NULL COMMENT 'CONSTRAINT `no` CHECK (1)',
  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `o` (`id`),
  CONSTRAINT `t_chk_1` CHECK ((`a` > 1)),
  CONSTRAINT `od``d` CHECK ((`b` <> _utf8mb4'),')) /*!80016 NOT ENFORCED */,
  CONSTRAINT `last` CHECK ((`a` < 9))
) ENGINE=InnoDB"""
CHECKS = (
    Check("t_chk_1", "CHECK ((`a` > 1))"),
    Check("od`d", "CHECK ((`b` <> _utf8mb4'),')) /*!80016 NOT ENFORCED */"),
    Check("last", "CHECK ((`a` < 9))"),
)


def test_checks_are_read_from_what_the_server_shows() -> None:
    assert read_checks(CREATED) == CHECKS


def test_names_that_follow_the_tables_name_are_kept_and_others_get_or_lose_an_underscore() -> None:
    names = ghost_names(
        (*CHECKS, Check("was_", "CHECK (1)"), Check("T_chk_2", "CHECK (2)")), ORIGINAL, GHOST, {"last", "last_"}
    )
    assert names == {
        "t_chk_1": "_t_gho_chk_1",
        "od`d": "od`d",
        "last": "last__",
        "was_": "was",
        "t_chk_2": "T_chk_2",
    }  # fmt: skip


def test_a_name_of_64_letters_gives_way_to_its_underscore() -> None:
    name = "n" * 64
    assert ghost_names([Check(name, "CHECK (1)")], ORIGINAL, GHOST, {name}) == {name: "n" * 63 + "_"}


def test_a_ghost_that_has_all_under_the_right_names_is_left_alone() -> None:
    names = {"t_chk_1": "_t_gho_chk_1"}
    made = [Check("_t_gho_chk_1", CHECKS[0].text)]
    assert adopt(GHOST, made, CHECKS[:1], names) == ""
    assert adopt(GHOST, [Check("_t_gho_chk_2", CHECKS[0].text)], CHECKS[:1], names) == (
        "ALTER TABLE `s`.`_t_gho` DROP CHECK `_t_gho_chk_2`, ADD CONSTRAINT `_t_gho_chk_1` CHECK ((`a` > 1))"
    )


def test_the_alter_is_told_the_ghosts_names_where_it_speaks_of_constraints() -> None:
    names = {"t_chk_1": "_t_gho_chk_1", "last": "last_"}
    said = "DROP CHECK T_CHK_1, ALTER CONSTRAINT `last` NOT ENFORCED, ADD CONSTRAINT last CHECK (last > 1), DROP last"
    assert with_ghost_names(said, names) == (
        "DROP CHECK `_t_gho_chk_1`, ALTER CONSTRAINT `last_` NOT ENFORCED, "
        "ADD CONSTRAINT `last_` CHECK (last > 1), DROP last"
    )
    untouched = "DROP CONSTRAINT other, ADD CONSTRAINT last UNIQUE (a), ADD last int, DROP CHECK"
    assert with_ghost_names(untouched, names) == untouched


def test_a_name_that_would_be_too_long_is_found_beforehand() -> None:
    assert too_long(CHECKS, ORIGINAL, (GHOST, OLD)) == ""
    long = TableName("s", f"_{'n' * 55}_del")
    assert too_long(CHECKS, ORIGINAL, (GHOST, long)) == f"{long.table}_chk_1"
    assert too_long((), ORIGINAL, (GHOST, long)) == ""
