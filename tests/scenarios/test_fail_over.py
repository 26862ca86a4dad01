"""Another server behind the address: a promoted replica has what we need, or an older state of it, or refuses us."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from builders.application import Application
from builders.directing import Directed, Director, Gate, helper
from builders.migrating import options
from builders.replicas import Family
from ghostshift.core.checkpoints import from_text
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.options import Options, Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery, Topology
from ghostshift.workers.copier import Copier
from plugins.fix_proxy import MakeProxy
from plugins.server_pool import TestServer

ROWS = 1200


class FailOver:
    """A primary behind an address that will lead to one of its replicas."""

    def __init__(self, family: Family, make_proxy: MakeProxy) -> None:
        self.family = family
        self.database = family.database
        self.primary, self.replica = family.primary, family.replicas[0]
        family.refresh(self.replica)
        self.proxy = make_proxy(self.primary)
        self.application = Application(self.primary, self.database, ROWS).make()
        family.caught_up()

    def options(self, **more: Any) -> Options:
        """A migration that reaches the primary by that address."""
        return options(
            self.primary,
            self.database,
            endpoint=self.proxy.endpoint(self.primary),
            topology=Topology(skip_port_check=True),
            recovery=Recovery(seconds=0.1),
            **{"tunables": Tunables(throttle_additional_flag_file="", chunk_size=100), **more},
        )

    def die(self) -> None:
        """The primary is gone."""
        self.primary.machine.kill9()  # type: ignore[union-attr]

    def promote(self) -> None:
        """The replica, as far as it has come, is what answers at the address."""
        self.replica.execute("STOP REPLICA")
        self.replica.execute("RESET REPLICA ALL")
        self.proxy.lead_to(self.replica)

    def checkpoint(self, server: TestServer) -> Checkpoint:
        """What stands on a server."""
        name = helper(server, "ghk")
        return from_text(str(server.execute(f"SELECT ghostshift_state FROM {name}", db=self.database)[0][0]), name)

    def application_there(self) -> Application:
        """One that knows what the promoted server has, and writes there."""
        return Application(self.replica, self.database, 0, seed=2).knowing()

    def close(self) -> None:
        """All as before."""
        self.primary.machine.start()  # type: ignore[union-attr]
        self.family.refresh(self.replica, self.database)


@pytest.fixture
def fail_over(family: Family, make_proxy: MakeProxy) -> Iterator[FailOver]:
    """See FailOver."""
    made = FailOver(family, make_proxy)
    yield made
    made.close()


def half_copied(fail_over: FailOver, director: Director) -> tuple[Directed, Gate]:
    """A migration that has saved a checkpoint in the midst of the copy, and copies no more until the gate is open."""
    calls = count(1)
    gate = director.gate(Copier, "_next", when=lambda *_: next(calls) > 4)
    running = director.start(fail_over.options())
    running.wait(lambda: running.crew.journal.last.rows >= 200, "a checkpoint")
    return running, gate


def test_a_promoted_replica_that_has_everything_carries_on(fail_over: FailOver, director: Director) -> None:
    with fail_over.application as before:
        running, gate = half_copied(fail_over, director)
        running.wait(lambda: before.writes > 60, "writes")
        before.stop()
        fail_over.family.caught_up()
        known = running.crew.journal.last
        fail_over.die()
        running.wait(lambda: running.phase is Phase.WAITING, "the wait for the server", 40)
        fail_over.promote()
        with fail_over.application_there() as there:
            assert there.rows == before.rows
            running.wait(lambda: running.phase is Phase.COPYING, "another run", 40)
            running.wait(lambda: there.writes > 20, "writes on the promoted server")
            taken = fail_over.checkpoint(fail_over.replica)
            gate.open()
            outcome = running.result(60)
        there.assert_kept()
    assert outcome.swapped
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)
    assert taken.run == known.run
    assert taken.rows >= known.rows > 0
    assert taken.inspected == taken.migrated
    assert taken.inspected.port == str(fail_over.replica.port)
