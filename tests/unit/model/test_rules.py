"""What cannot be asked for: each rule bites, says why, and holds its tongue where there is nothing to say."""

from __future__ import annotations

from typing import Any

import pytest

from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint, Options, Tunables
from ghostshift.model.rules import RULES
from ghostshift.model.settings import (
    Allowances,
    CutOverSettings,
    Metrics,
    Recovery,
    Topology,
    TriggerSettings,
    Verification,
)

BROKEN: dict[str, dict[str, Any]] = {
    "--allow-on-master and --test-on-replica exclude": {
        "allow_on_master": True,
        "topology": Topology(test_on_replica=True),
    },
    "--allow-on-master and --migrate-on-replica exclude": {
        "allow_on_master": True,
        "topology": Topology(migrate_on_replica=True),
    },
    "--test-on-replica and --migrate-on-replica exclude": {
        "topology": Topology(test_on_replica=True, migrate_on_replica=True),
    },
    "--test-on-replica-skip-replica-stop needs --test-on-replica": {"topology": Topology(keep_replicating=True)},
    "--switch-to-rbr and --assume-rbr exclude": {"topology": Topology(switch_to_rbr=True, assume_rbr=True)},
    "--master-user needs --assume-master-host": {"topology": Topology(master_user="u")},
    "--master-password needs --assume-master-host": {"topology": Topology(master_password="s3cret")},
    "--approve-renamed-columns and --skip-renamed-columns exclude": {
        "allow": Allowances(renamed_columns=True, skip_renamed_columns=True),
    },
    "--trigger-suffix is missing: --include-triggers needs it": {"triggers": TriggerSettings(include=True)},
    "--trigger-suffix needs --include-triggers": {"triggers": TriggerSettings(suffix="_x")},
    "--trigger-suffix may hold": {"triggers": TriggerSettings(include=True, suffix="-x")},
    "--remove-trigger-suffix-if-exists needs --include-triggers and --trigger-suffix": {
        "triggers": TriggerSettings(toggle=True),
    },
    "--cut-over is unknown": {"cut_over": CutOverSettings(kind="three-step")},
    "--attempt-instant-ddl and --test-on-replica exclude": {
        "allow": Allowances(instant_ddl=True),
        "topology": Topology(test_on_replica=True),
    },
    "--resume and --no-resume exclude": {"recovery": Recovery(resume=True, anew=True)},
    "--revert and --no-resume exclude": {"recovery": Recovery(revert=True, anew=True)},
    "--old-table needs --revert": {"recovery": Recovery(old_table="_orders_del")},
    "--revert needs the checkpoint": {"recovery": Recovery(revert=True, checkpoint=False)},
    "--revert and --verify-only exclude": {
        "recovery": Recovery(revert=True),
        "verification": Verification(only=True),
    },
    "--revert and --test-on-replica exclude": {
        "recovery": Recovery(revert=True),
        "topology": Topology(test_on_replica=True),
    },
    "--revert and --allow-data-loss exclude": {
        "recovery": Recovery(revert=True),
        "allow": Allowances(data_loss=True),
    },
    "--verify-only and --no-verify exclude": {"verification": Verification(only=True, skip=True)},
    "--verify-only and --test-on-replica exclude": {
        "verification": Verification(only=True),
        "topology": Topology(test_on_replica=True),
    },
    "throttle-http must be a whole address": {"tunables": {"throttle_http": "throttle.example.com"}},
    "--statsd-tags must be key:value": {"metrics": Metrics(tags=("env:test", "plain"))},
    "--chunk-seconds must be between 0.01 and 10.0": {"chunk_seconds": 11.0},
    "--chunk-size must be between 10 and 100000": {"tunables": {"chunk_size": 9}},
}
KEPT: list[dict[str, Any]] = [
    {"allow_on_master": True},
    {"topology": Topology(test_on_replica=True, keep_replicating=True)},
    {"topology": Topology(migrate_on_replica=True, assume_rbr=True)},
    {"topology": Topology(switch_to_rbr=True)},
    {"topology": Topology(master_user="u", master_password="p", assume_master="h")},
    {"allow": Allowances(renamed_columns=True)},
    {"allow": Allowances(skip_renamed_columns=True)},
    {"triggers": TriggerSettings(include=True, suffix="_v2", toggle=True)},
    {"cut_over": CutOverSettings(kind="two-step")},
    {"cut_over": CutOverSettings(kind="default")},
    {"cut_over": CutOverSettings(kind="")},
    {"tunables": {"throttle_http": "https://throttle.example.com/x", "chunk_size": 10}},
]


def options(**more: Any) -> Options:
    if isinstance(more.get("tunables"), dict):
        more["tunables"] = Tunables(**more["tunables"])
    return Options(**{"endpoint": Endpoint(), "schema": "shop", "table": "orders", "alter": "ADD c int", **more})


@pytest.mark.parametrize("says", BROKEN)
def test_a_broken_rule_says_which_flags_it_is_about(says: str) -> None:
    with pytest.raises(UsageError) as error:
        options(**BROKEN[says])
    assert says in str(error.value)
    assert "s3cret" not in str(error.value)


def test_every_rule_is_broken_here_once() -> None:
    told = set()
    for wish in BROKEN.values():
        with pytest.raises(UsageError) as error:
            options(**wish)
        told.add(str(error.value))
    assert {rule.message for rule in RULES} <= told


@pytest.mark.parametrize("wish", KEPT, ids=str)
def test_what_may_be_asked_for_passes(wish: dict[str, Any]) -> None:
    assert options(**wish)


def test_the_first_broken_rule_is_told() -> None:
    with pytest.raises(UsageError, match=r"^--alter is missing"):
        options(alter=" ", schema="", topology=Topology(keep_replicating=True), retries=0)
    with pytest.raises(UsageError, match=r"^--default-retries must be between"):
        options(topology=Topology(keep_replicating=True), retries=0)
