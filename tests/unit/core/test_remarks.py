"""What a person is told although nothing forbids it, and which foreign keys are allowed by which flag."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.core.checks import check_table
from ghostshift.core.remarks import on_options, on_table
from ghostshift.model.errors import Refused
from ghostshift.model.names import TableName
from ghostshift.model.options import Endpoint, Options
from ghostshift.model.schema import Table
from ghostshift.model.server import ServerFacts, ServerIdentity
from ghostshift.model.settings import Allowances, CutOverSettings


def options(**more: Any) -> Options:
    return Options(**{"endpoint": Endpoint(), "schema": "s", "table": "t", "alter": "FORCE", "execute": True, **more})


def facts(**variables: str) -> ServerFacts:
    identity = ServerIdentity(server_id="1", uuid="", host="h", port="1")
    return ServerFacts(
        identity=identity, version="9.7.0", flavor="MySQL", renames_under_lock=True, supported=True,
        variables=variables,
    )  # fmt: skip


def table(**more: Any) -> Table:
    return Table(name=TableName("s", "t"), columns=(), unique_keys=(), engine="InnoDB", **more)


@pytest.mark.parametrize("kind", ["", "default", "atomic"])
def test_the_atomic_swap_needs_no_remark(kind: str) -> None:
    assert on_options(options(cut_over=CutOverSettings(kind=kind))) == ()


def test_a_two_step_swap_is_said_to_be_atomic_here() -> None:
    (said,) = on_options(options(cut_over=CutOverSettings(kind="two-step")))
    assert "the swap is one atomic statement here" in said.text
    assert said.code == "two-step-is-atomic"


def test_a_rehearsal_names_the_flags_that_do_nothing_in_it() -> None:
    chosen = options(execute=False, ok_to_drop_table=True, initially_drop_old_table=True)
    (said,) = on_options(chosen)
    assert "--initially-drop-old-table, --ok-to-drop-table would act with --execute only" in str(said)
    assert on_options(options(execute=False)) == ()


PARENT, CHILD, CASCADE = {"children": ("s.c.fk",)}, {"parents": ("fk",)}, {"parents": ("fk",), "cascades": ("fk",)}
DISCARD, SKIP = Allowances(discard_foreign_keys=True), Allowances(skip_foreign_key_checks=True)


@pytest.mark.parametrize(
    ("keys", "allow", "code"),
    [
        (PARENT, Allowances(), "foreign-key-children"),
        (PARENT, DISCARD, "foreign-key-children"),
        (PARENT, SKIP, ""),
        (CHILD, Allowances(), "foreign-key-parents"),
        (CHILD, DISCARD, ""),
        (CHILD, SKIP, ""),
        (CASCADE, DISCARD, "foreign-key-cascades"),
        (CASCADE, SKIP, ""),
    ],
)
def test_foreign_keys_are_allowed_by_name_only(keys: dict[str, Any], allow: Allowances, code: str) -> None:
    if not code:
        check_table(table(**keys), facts(), options(allow=allow))
        return
    with pytest.raises(Refused) as refused:
        check_table(table(**keys), facts(), options(allow=allow))
    assert refused.value.code == code


def test_cascades_that_the_server_logs_are_changes_like_others() -> None:
    chosen = options(allow=DISCARD)
    check_table(table(**CASCADE), facts(innodb_native_foreign_keys="OFF"), chosen)
    with pytest.raises(Refused, match="foreign-key-cascades"):
        check_table(table(**CASCADE), facts(innodb_native_foreign_keys="ON"), chosen)


def test_discarded_and_unseen_foreign_keys_are_told() -> None:
    assert "will lack these foreign keys: fk" in on_table(table(**CHILD), options(allow=DISCARD))[0].text
    assert "nobody has looked" in on_table(table(), options(allow=SKIP))[0].text
    assert on_table(table(), options(allow=DISCARD)) == ()
