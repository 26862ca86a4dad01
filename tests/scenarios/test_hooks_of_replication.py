"""The two hooks of a test on a replica: told before replication is stopped, and where it is started again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from builders.directing import Director, fill
from builders.hooking import Hooks
from builders.migrating import options
from builders.replicas import Family
from ghostshift.model.errors import MigrationError
from ghostshift.model.options import Options
from ghostshift.model.settings import HookSettings, Topology
from ghostshift.workers.cutover_stage import Stage


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    return Hooks(tmp_path)


def wish(family: Family, hooks: Hooks, **more: bool) -> Options:
    fill(family.primary, family.database, 200)
    family.caught_up()
    topology = Topology(test_on_replica=True, **more)
    settings = HookSettings(path=str(hooks.path))
    return options(
        family.replicas[0], family.database, allow_on_master=False, topology=topology, retries=1, hooks=settings
    )


@pytest.mark.parametrize("keeps", [False, True], ids=["", "replication goes on"])
def test_stopping_is_told_also_where_replication_goes_on(
    family: Family, director: Director, hooks: Hooks, *, keeps: bool
) -> None:
    director.start(wish(family, hooks, keep_replicating=keeps)).result()
    assert hooks.turns().count("stop-replication") == 1
    assert "start-replication" not in hooks.turns()
    assert hooks.turns()[-1] == "success"


def test_a_test_that_fails_tells_that_replication_is_started_again(
    family: Family, director: Director, hooks: Hooks
) -> None:
    def fails(_: Stage) -> Any:
        raise MigrationError("broken on purpose")

    director.replace(Stage, "_drain", fails)
    with pytest.raises(MigrationError, match="broken on purpose"):
        director.start(wish(family, hooks)).result()
    assert hooks.turns()[-3:] == ["stop-replication", "start-replication", "failure"]


def test_an_objection_to_the_stop_leaves_replication_running(family: Family, director: Director, hooks: Hooks) -> None:
    hooks.add("gh-ost-on-stop-replication-2", "#!/bin/sh\nexit 1\n")
    with pytest.raises(MigrationError):
        director.start(wish(family, hooks)).result()
    assert family.replicates(family.replicas[0])
