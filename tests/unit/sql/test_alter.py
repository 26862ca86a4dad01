"""Reading an ALTER: renames, drops, the table's name, and what is refused."""

from __future__ import annotations

import pytest

from ghostshift.model.errors import Refused, UsageError
from ghostshift.sql.alter import read_alter, without_renames


@pytest.mark.parametrize(
    ("text", "schema", "table", "options"),
    [
        ("ADD c int", "", "", "ADD c int"),
        ("  ADD c int ;; ", "", "", "ADD c int"),
        ("ALTER TABLE t ADD c int;", "", "t", "ADD c int"),
        ("alter table shop.t add c int", "shop", "t", "add c int"),
        ("ALTER TABLE `my shop` . `a``b` ADD c int", "my shop", "a`b", "ADD c int"),
        ("ALTER ONLINE TABLE t ADD c int", "", "t", "ADD c int"),
        ("ALTER TABLE IF EXISTS t ADD c int", "", "t", "ADD c int"),
        ("/* why */ ALTER TABLE t ADD c int -- the end", "", "t", "ADD c int"),
        ("ALTER TABLE 2024_t DROP 1a", "", "2024_t", "DROP 1a"),
        ("ALTER TABLE t NOWAIT ADD c int", "", "t", "ADD c int"),
        ("ALTER TABLE shop.t WAIT 10 ADD c int", "shop", "t", "ADD c int"),
        ("ALTER COLUMN b SET DEFAULT 1", "", "", "ALTER COLUMN b SET DEFAULT 1"),
        ("ALTER INDEX i INVISIBLE", "", "", "ALTER INDEX i INVISIBLE"),
        ("ALTER b DROP DEFAULT, ADD c int", "", "", "ALTER b DROP DEFAULT, ADD c int"),
        ("ADD c int, DROP PRIMARY\n  KEY ;", "", "", "ADD c int, DROP PRIMARY\n  KEY"),
        ("ALTER TABLE t ALTER b SET DEFAULT 1", "", "t", "ALTER b SET DEFAULT 1"),
        ("ALTER TABLE `shop`.t ADD c int", "shop", "t", "ADD c int"),
        ("ALTER TABLE shop.`t` ADD c int", "shop", "t", "ADD c int"),
        ("ALTER TABLE `shop.t` ADD c int", "", "shop.t", "ADD c int"),
        ('ALTER TABLE "my shop"."a""b" ADD c int', "my shop", 'a"b', "ADD c int"),
        ('ALTER TABLE "a\\b" ADD c int', "", "a\\b", "ADD c int"),
        ('ALTER TABLE `a\\b`."c" ADD c int', "a\\b", "c", "ADD c int"),
        ("ALTER\nTABLE\n`shop`\n.\n`t`\nADD c int", "shop", "t", "ADD c int"),
        ("ALTER TABLE shop/* here */./* and */t/*!ADD c int*/", "shop", "t", "ADD c int"),
        ("ALTER TABLE shop.2024_t ADD c int", "shop", "2024_t", "ADD c int"),
        ("ALTER TABLE größe.日本 ADD c int", "größe", "日本", "ADD c int"),
        ("ALTER TABLE shop.order ADD c int", "shop", "order", "ADD c int"),
        ("ALTER TABLE `alter` ALTER `table` SET DEFAULT 1", "", "alter", "ALTER `table` SET DEFAULT 1"),
        ("DROP INDEX i, ADD c timestamp ON UPDATE NOW()", "", "", "DROP INDEX i, ADD c timestamp ON UPDATE NOW()"),
        ("REBUILD PARTITION p", "", "", "REBUILD PARTITION p"),
    ],
)
def test_the_options_are_what_follows_the_tables_name(text: str, schema: str, table: str, options: str) -> None:
    alter = read_alter(text)
    assert (alter.schema, alter.table, alter.options) == (schema, table, options)


@pytest.mark.parametrize(
    ("text", "renames"),
    [
        ("CHANGE a b int", {"a": "b"}),
        ("CHANGE COLUMN A B int NOT NULL", {"a": "B"}),
        ("CHANGE COLUMN IF EXISTS a b int", {"a": "b"}),
        ("CHANGE `a``b` `c``d` int", {"a`b": "c`d"}),
        ('CHANGE "a" "b" int', {"a": "b"}),
        ("change column `A` `Ä` int", {"a": "Ä"}),
        ("RENAME COLUMN a TO b", {"a": "b"}),
        ("RENAME COLUMN IF EXISTS `a b` TO `c.d`", {"a b": "c.d"}),
        ("CHANGE a b int, CHANGE b a int", {"a": "b", "b": "a"}),
        ("RENAME KEY x TO y, RENAME COLUMN c TO d", {"c": "d"}),
        ("RENAME INDEX x TO y", {}),
        ("CHANGE a a bigint", {}),
        ("CHANGE a A int", {}),
        ("MODIFY a int FIRST, ALTER COLUMN b SET DEFAULT 1, ORDER BY a", {}),
        ("CHANGE a b ENUM('x','y,z'), ADD q int", {"a": "b"}),
        ("ADD c int DEFAULT (a, CHANGE), CHANGE d e int", {"d": "e"}),
        ("NOWAIT CHANGE a b int", {"a": "b"}),
        ("ALTER TABLE t WAIT 10 RENAME COLUMN a TO b", {"a": "b"}),
        ("/*!80000 RENAME COLUMN a TO b */", {"a": "b"}),
        ("ADD x int, -- , CHANGE c d int\n CHANGE a b int # , CHANGE e f int", {"a": "b"}),
    ],
)
def test_every_way_to_rename_a_column_is_seen(text: str, renames: dict[str, str]) -> None:
    assert read_alter(text).renames == renames


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("DROP a", {"a"}),
        ("DROP COLUMN a", {"a"}),
        ("DROP COLUMN IF EXISTS A, DROP b CASCADE,DROP`c`", {"a", "b", "c"}),
        ("DROP `index`, DROP COLUMN `partition`, DROP `key`", {"index", "partition", "key"}),
        ("DROP COLUMN a, ADD COLUMN a int", {"a"}),
        ("DROP period, ADD period int", {"period"}),
        ("DROP system", {"system"}),
        ("DROP INDEX i, DROP KEY k, DROP PRIMARY KEY, DROP FOREIGN KEY f, DROP CHECK c, DROP CONSTRAINT d", set()),
        ("DROP PERIOD FOR SYSTEM_TIME, DROP SYSTEM VERSIONING", set()),
        ("ALTER TABLE t ALTER COLUMN a DROP DEFAULT", set()),
        ("ALTER TABLE t NOWAIT DROP a", {"a"}),
        ("DROP a /* , DROP b */", {"a"}),
        ("ADD c int COMMENT 'x; y, DROP COLUMN d'", set()),
        ("ADD c varchar(9) DEFAULT 'x'',DROP d', DROP e", {"e"}),
        ("ADD c int COMMENT 'it\\'s, DROP d', DROP e", {"e"}),
        ("/*!80000 DROP COLUMN a, */ /*M!100100 DROP b */", {"a", "b"}),
        ("ADD (a int, b int), DROP c", {"c"}),
    ],
)
def test_every_way_to_drop_a_column_is_seen_and_other_drops_are_not_taken_for_it(text: str, dropped: set[str]) -> None:
    assert read_alter(text).dropped == dropped


@pytest.mark.parametrize(
    "text",
    [
        "ADD c int COMMENT 'see /*!50000 x*/ y'",
        'ADD c int COMMENT "/*! */"',
        "ADD `a/*!b*/` int",
        "ADD c varchar(20) DEFAULT 'it''s /*M!1 x*/'",
        "ADD c int COMMENT 'a -- b', ADD d int COMMENT '#'",
    ],
)
def test_what_looks_like_a_comment_within_quotes_stays_as_it_is(text: str) -> None:
    assert read_alter(text).options == text


@pytest.mark.parametrize("comment", ["-- don't\n", "# don't\n", "/* don't */ ", '/* " */ ', "/* ` */"])
def test_a_quote_within_a_comment_begins_no_text(comment: str) -> None:
    assert read_alter(f"{comment}/*!40000 DROP a */ {comment}").dropped == {"a"}


def test_comments_that_the_server_executes_are_part_of_the_statement() -> None:
    assert read_alter("/*!80000 ADD c int */").options == "ADD c int"
    spaced = read_alter("ADD c int /*!50600 COMMENT 'x'*/, ADD d int").options
    assert " ".join(spaced.split()) == "ADD c int COMMENT 'x' , ADD d int"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("RENAME x", "alter-renames-table", "renames the table"),
        ("RENAME TO x", "alter-renames-table", "separately"),
        ("ADD c int, RENAME AS x", "alter-renames-table", "renames the table"),
        ("RENAME = x", "alter-renames-table", "renames the table"),
        ("DROP PARTITION p0", "alter-moves-data", "DROP PARTITION"),
        ("TRUNCATE PARTITION p0", "alter-moves-data", "TRUNCATE PARTITION"),
        ("EXCHANGE PARTITION p WITH TABLE x", "alter-moves-data", "EXCHANGE PARTITION"),
        ("CONVERT PARTITION p TO TABLE x", "alter-moves-data", "CONVERT PARTITION"),
        ("CONVERT TABLE x TO PARTITION p VALUES LESS THAN (1)", "alter-moves-data", "CONVERT TABLE"),
        ("DISCARD TABLESPACE", "alter-moves-data", "DISCARD TABLESPACE"),
        ("CHECK PARTITION ALL", "alter-maintains", "CHECK PARTITION"),
        ("analyze partition p0, p1", "alter-maintains", "ANALYZE PARTITION"),
        ("REPAIR PARTITION p0", "alter-maintains", "REPAIR PARTITION"),
        ("IMPORT PARTITION p TABLESPACE", "alter-moves-data", "IMPORT PARTITION"),
        ("ALTER IGNORE TABLE t ADD UNIQUE (a)", "alter-ignore", "drops rows silently"),
        ("ALTER ONLINE IGNORE TABLE t ADD UNIQUE (a)", "alter-ignore", "drops rows silently"),
        ("ADD FOREIGN KEY (a) REFERENCES x (id)", "alter-adds-foreign-key", "separately"),
        ("ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES x (id)", "alter-adds-foreign-key", "foreign key"),
        ("ADD COLUMN c int REFERENCES x (id)", "alter-adds-foreign-key", "foreign key"),
        ("NOWAIT RENAME TO x", "alter-renames-table", "renames the table"),
        ("rename\n`x`", "alter-renames-table", "renames the table"),
        ("ADD c int, RENAME other.x", "alter-renames-table", "renames the table"),
        ("ALTER TABLE t RENAME=x", "alter-renames-table", "renames the table"),
        ("/*!80000 RENAME */ x", "alter-renames-table", "renames the table"),
    ],
)
def test_what_a_ghost_cannot_do_is_refused_by_a_code_and_a_sentence(text: str, code: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        read_alter(text)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "text",
    [
        "ADD PARTITION (PARTITION p VALUES LESS THAN (1))",
        "REORGANIZE PARTITION p INTO (PARTITION a VALUES LESS THAN (1), PARTITION b VALUES LESS THAN (2))",
        "PARTITION BY RANGE (a) (PARTITION p0 VALUES LESS THAN (1), PARTITION p1 VALUES LESS THAN (2))",
        "REMOVE PARTITIONING",
        "CONVERT TO CHARACTER SET utf8mb4",
        "ENGINE=InnoDB",
        "ADD CONSTRAINT CHECK (a > 0)",
        "ADD COLUMN `references` int",
    ],
)
def test_changes_of_shape_alone_pass_and_rename_and_drop_nothing(text: str) -> None:
    alter = read_alter(text)
    assert (alter.options, alter.renames, alter.dropped) == (text, {}, frozenset())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        (" ; ", "is empty"),
        ("ALTER", "must be an ALTER TABLE"),
        ("ALTER TABLE", "names no table"),
        ("ALTER TABLE t", "changes nothing"),
        ("ALTER TABLE t NOWAIT", "changes nothing"),
        ("ALTER VIEW v AS SELECT 1", "must be an ALTER TABLE"),
        ("ADD c int; DROP TABLE x", "more than one statement"),
        ("ALTER TABLE t ADD c int; ALTER TABLE t ADD d int", "more than one statement"),
        ("ALTER TABLE 't' ADD c int", "put the name into backticks"),
        ("ALTER TABLE 1e5.t ADD c int", "put the name into backticks"),
        ("ALTER TABLE .t ADD c int", "put the name into backticks"),
        ("ALTER TABLE shop.", "put the name into backticks"),
        ("ALTER TABLE a.b.c ADD d int", "neither a table nor schema.table"),
        ("CREATE INDEX i ON t (a)", "it is 'CREATE INDEX i'"),
        ("DROP INDEX i ON t", "it is 'DROP INDEX i'"),
        ("DROP INDEX IF EXISTS i ON t", "must be an ALTER TABLE"),
        ("DROP TABLE t", "it is 'DROP TABLE t'"),
        ("DROP DATABASE shop", "must be an ALTER TABLE"),
        ("RENAME TABLE t TO u", "it is 'RENAME TABLE t'"),
        ("TRUNCATE t", "must be an ALTER TABLE"),
        ("SELECT 1", "must be an ALTER TABLE"),
        ("UPDATE t SET a = 1", "must be an ALTER TABLE"),
        ("-- nothing but this", "is empty"),
        ("/* nothing */ ;", "is empty"),
        ("RENAME COLUMN a b", "RENAME COLUMN old TO new"),
        ("ADD c int COMMENT 'never closed", "not SQL that can be read"),
    ],
)
def test_what_is_no_alter_is_a_usage_error_that_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        read_alter(text)


def test_a_semicolon_within_quotes_ends_nothing() -> None:
    assert read_alter("ADD INDEX `x;y` (a), COMMENT = 'a;b'").options == "ADD INDEX `x;y` (a), COMMENT = 'a;b'"


@pytest.mark.parametrize(
    ("text", "sets"),
    [
        ("AUTO_INCREMENT=100", True),
        ("ENGINE=InnoDB auto_increment 5, ADD c int", True),
        ("ADD id int AUTO_INCREMENT PRIMARY KEY", False),
        ("MODIFY id bigint AUTO_INCREMENT, ADD d int DEFAULT 7", False),
        ("ADD c int COMMENT 'AUTO_INCREMENT=7'", False),
        ("DROP `auto_increment`", False),
    ],
)
def test_whether_it_sets_the_next_number_is_seen(text: str, *, sets: bool) -> None:
    assert read_alter(text).sets_counter is sets


def test_a_rename_that_is_to_be_skipped_is_a_drop_and_an_addition() -> None:
    alter = without_renames(read_alter("CHANGE a b int, RENAME COLUMN c TO d, DROP e"))
    assert (alter.renames, alter.dropped) == ({}, {"a", "c", "e"})
    assert alter.options == "CHANGE a b int, RENAME COLUMN c TO d, DROP e"
