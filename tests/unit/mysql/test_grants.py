"""What SHOW GRANTS says, and what follows from it."""

from __future__ import annotations

import pytest

from ghostshift.mysql.grants import TABLE_GRANTS, parse_grants

TO = " TO `me`@`%`"
STREAM = "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.*" + TO


def test_all_is_all_and_nothing_is_nothing() -> None:
    every = parse_grants(["GRANT ALL PRIVILEGES ON *.*" + TO], "shop", mariadb=False)
    assert (every.missing(), every.missing_for_reading()) == ((), ())
    assert every.may_write_anyway
    assert every.may_stop_replication
    none = parse_grants(["GRANT USAGE ON *.*" + TO], "shop", mariadb=False)
    assert none.missing() == (*TABLE_GRANTS, "REPLICATION SLAVE", "REPLICATION CLIENT")
    assert none.missing_for_reading() == ("SELECT", "REPLICATION SLAVE", "REPLICATION CLIENT")
    assert not none.may_write_anyway
    assert not none.may_stop_replication


@pytest.mark.parametrize("scope", ["`shop`.*", r"`sh\_op`.*", "`sh%`.*", "*.*"])
def test_grants_of_the_schema_count_by_any_pattern(scope: str) -> None:
    schema = "sh_op" if "_" in scope else "shop"
    found = parse_grants([STREAM, f"GRANT {', '.join(TABLE_GRANTS)} ON {scope}{TO}"], schema, mariadb=False)
    assert found.missing() == ()


@pytest.mark.parametrize(
    ("scope", "schema", "covers"),
    [
        ("`a``b\n.*`.*", "a`b\n.*", True),
        ('"a""b".*', 'a"b', True),
        (r"`a\_b`.*", "axb", False),
        (r"`a\%`.*", "a%", True),
        (r"`a\%`.*", "ab", False),
        ("`a`.`*`", "a", False),
        ("`a.*` TO `b`.*", "a", False),
        ("FUNCTION `a`.*", "a", False),
    ],
)
def test_a_schema_of_any_name_is_known(scope: str, schema: str, *, covers: bool) -> None:
    found = parse_grants([STREAM, f"GRANT SELECT ON {scope}{TO}"], schema, mariadb=False)
    assert (found.missing_for_reading() == ()) == covers


def test_reading_the_log_needs_little() -> None:
    found = parse_grants([STREAM, "GRANT SELECT ON `shop`.*" + TO], "shop", mariadb=False)
    assert found.missing_for_reading() == ()
    assert "INSERT" in found.missing()


@pytest.mark.parametrize(
    ("grants", "missing"),
    [
        ((STREAM,), ("CREATE TEMPORARY TABLES", "SESSION_VARIABLES_ADMIN")),
        (("GRANT ALL PRIVILEGES ON `shop`.*" + TO,), ("SESSION_VARIABLES_ADMIN",)),
        (("GRANT SESSION_VARIABLES_ADMIN ON *.*" + TO,), ("CREATE TEMPORARY TABLES",)),
        (("GRANT SYSTEM_VARIABLES_ADMIN, CREATE TEMPORARY TABLES ON *.*" + TO,), ()),
        (("GRANT ALL PRIVILEGES ON *.*" + TO,), ()),
    ],
)
def test_accepted_losses_need_a_scratch_table_and_all_warnings(
    grants: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    found = parse_grants(list(grants), "shop", mariadb=False)
    assert found.missing_for_losses(restricted=True) == missing
    assert found.missing_for_losses(restricted=False) == tuple(one for one in missing if "ADMIN" not in one)


@pytest.mark.parametrize(
    ("mariadb", "grant", "writes", "stops"),
    [
        (False, "SUPER", True, True),
        (False, "CONNECTION_ADMIN", True, False),
        (False, "REPLICATION_SLAVE_ADMIN", False, True),
        (True, "READ_ONLY ADMIN", True, False),
        (True, "REPLICATION SLAVE ADMIN", False, True),
        (True, "SUPER", False, False),
    ],
)
def test_who_may_write_on_a_read_only_server_and_stop_replication(
    *, mariadb: bool, grant: str, writes: bool, stops: bool
) -> None:
    found = parse_grants([f"GRANT {grant} ON *.*{TO}"], "shop", mariadb=mariadb)
    assert (found.may_write_anyway, found.may_stop_replication) == (writes, stops)
