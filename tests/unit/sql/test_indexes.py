"""Indexes are read from SHOW CREATE TABLE to the last word, or not at all, and made again as they were."""

from __future__ import annotations

import pytest

from ghostshift.model.index import Index, IndexPart
from ghostshift.model.names import TableName
from ghostshift.sql.indexes import add_indexes, drop_indexes, read_indexes

GHOST = TableName("shop", "_t_gho")

CREATED = r"""CREATE TABLE `t` (
  `id` int NOT NULL DEFAULT '(,)' COMMENT 'KEY `no` (`id`),',
  `a``b` int DEFAULT NULL,
  `s` varchar(100) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u` (`s`),
  KEY `plain` (`a``b`),
  KEY `all of it` (`s`(10) DESC,`a``b`) KEY_BLOCK_SIZE=4 USING BTREE COMMENT 'it''s \\ \n, (x)' /*!80000 INVISIBLE */,
  KEY `made` ((lower(`s`)),`id`),
  KEY `hashed` (`id`) USING HASH,
  KEY `odd` (`id`) ENGINE_ATTRIBUTE='{"a": 1}',
  FULLTEXT KEY `words` (`s`) /*!50100 WITH PARSER `ngram` */ ,
  SPATIAL KEY `places` (`g`),
  CONSTRAINT `c` CHECK ((`id` > 0))
) ENGINE=InnoDB COMMENT='KEY `x` (`y`)'"""

PLAIN = Index(name="plain", parts=(IndexPart(column="a`b"),))
WHOLE = Index(
    name="all of it",
    parts=(IndexPart(column="s", length=10, descending=True), IndexPart(column="a`b")),
    btree=True,
    block_size=4,
    comment="it's \\ \n, (x)",
    hidden=True,
)


def test_what_is_not_understood_to_the_last_word_is_none_and_what_is_unique_is_not_there() -> None:
    assert read_indexes(CREATED) == (PLAIN, WHOLE, None, None, None, None)


@pytest.mark.parametrize("text", ["", "CREATE TABLE `t` (", "CREATE TABLE `t` (`a` int DEFAULT 'x", "SHOW ("])
def test_what_is_no_definition_has_no_index(text: str) -> None:
    assert read_indexes(text) == ()


def test_without_quotes_nothing_is_believed() -> None:
    assert read_indexes("CREATE TABLE t (\n  id int,\n  KEY k (id)\n)") == (None,)


@pytest.mark.parametrize(("mariadb", "word"), [(False, "INVISIBLE"), (True, "IGNORED")])
def test_they_are_made_in_one_statement_with_all_that_was_said_of_them(*, mariadb: bool, word: str) -> None:
    assert add_indexes(GHOST, (PLAIN, WHOLE), "NONE", mariadb=mariadb) == (
        "ALTER TABLE `shop`.`_t_gho` ADD KEY `plain` (`a``b`), ADD KEY `all of it` (`s`(10) DESC, `a``b`) "
        f"KEY_BLOCK_SIZE=4 USING BTREE COMMENT 'it''s \\\\ \n, (x)' {word}, ALGORITHM=INPLACE, LOCK=NONE"
    )
    assert drop_indexes(GHOST, (PLAIN, WHOLE)) == "ALTER TABLE `shop`.`_t_gho` DROP KEY `plain`, DROP KEY `all of it`"
