"""Another server behind the address: a promoted replica has what we need, or an older state of it, or refuses us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from builders.application import Application
from builders.directing import Directed, Director, Gate, helper, wait_until
from builders.migrating import options
from builders.replicas import Family
from ghostshift.core.checkpoints import from_text
from ghostshift.core.gtids import GtidSet
from ghostshift.model.checkpoint import Checkpoint
from ghostshift.model.errors import MigrationError, Refused
from ghostshift.model.options import Options, Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery, Topology
from ghostshift.sandbox import replication
from ghostshift.workers.copier import Copier
from ghostshift.workers.crew import Crew
from plugins.fix_proxy import MakeProxy
from plugins.server_pool import TestServer

ROWS = 1200

QUICKLY = Tunables(throttle_additional_flag_file="")
SLOWLY = Tunables(throttle_additional_flag_file="", chunk_size=100)


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
            **{"tunables": SLOWLY, **more},
        )

    def die(self) -> None:
        """The primary is gone."""
        self.primary.machine.kill9()  # type: ignore[union-attr]

    def promote(self, *, at_once: bool = True) -> None:
        """The replica, as far as it has come, is what answers at the address."""
        self.replica.execute("STOP REPLICA")
        self.replica.execute("RESET REPLICA ALL")
        if at_once:
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
        clean = self.family.clean
        wait_until(lambda: self.family.replicates(clean), what="replication")
        replication.wait_caught_up(clean.machine, self.primary.server)  # type: ignore[arg-type]
        # The restarted primary need not know any more what it had prepared: each is rid of it by itself, unlogged.
        for server in (self.primary, self.replica, clean):
            if server.execute("XA RECOVER"):
                with server.connect() as connection, connection.cursor() as cursor:
                    cursor.execute("SET SESSION sql_log_bin = 0")
                    cursor.execute("XA ROLLBACK 'a'")
        self.family.refresh(self.replica, self.database)


@pytest.fixture
def fail_over(family: Family, make_proxy: MakeProxy) -> Iterator[FailOver]:
    """See FailOver."""
    made = FailOver(family, make_proxy)
    yield made
    made.close()


def purged(server: TestServer) -> bool:
    """Whether the log has been purged up to its last file."""
    files = [row[0] for row in server.execute("SHOW BINARY LOGS")]
    server.execute(f"PURGE BINARY LOGS TO '{files[-1]}'")
    return len(server.execute("SHOW BINARY LOGS")) == 1


def held(crew: Crew) -> int:
    """Keys of prepared transactions."""
    with crew.buffer.open() as buffer:
        return buffer.held


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


def test_a_replica_that_was_behind_has_an_older_checkpoint_and_goes_on_from_that(
    fail_over: FailOver, director: Director
) -> None:
    family, replica = fail_over.family, fail_over.replica
    with fail_over.application as before:
        running, gate = half_copied(fail_over, director)
        family.caught_up()
        family.stop(replica)
        older = fail_over.checkpoint(replica)
        written = before.writes
        running.wait(lambda: before.writes > written + 40, "writes that the replica never gets")
        running.wait(lambda: running.crew.journal.last.position > older.position, "a later checkpoint")
        before.stop()
        fail_over.die()
        fail_over.promote()
        with fail_over.application_there() as there:
            assert there.rows != before.rows
            running.wait(lambda: director.runs > 1 and there.writes > 20, "another run", 40)
            gate.open()
            outcome = running.result(60)
        there.assert_kept()
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)


def test_what_the_promoted_server_lacks_is_refused_by_name(fail_over: FailOver, director: Director) -> None:
    family, replica = fail_over.family, fail_over.replica
    running, _ = half_copied(fail_over, director)
    ghk = helper(replica, "ghk")
    family.caught_up()
    fail_over.die()
    fail_over.promote(at_once=False)
    ((after,),) = replica.execute(f"SELECT ghostshift_after FROM {ghk}", db=fail_over.database)

    def set_after(text: str) -> None:
        replica.execute(f"UPDATE {ghk} SET ghostshift_after = %s", (text,), db=fail_over.database)

    known = from_text(str(replica.execute(f"SELECT ghostshift_state FROM {ghk}", db=fail_over.database)[0][0]), ghk)
    lost = "0-77-99999999" if family.mariadb else "77777777-0000-0000-0000-000000000000:5"
    set_after(f"{after},{lost}")
    fail_over.proxy.lead_to(replica)
    with pytest.raises(MigrationError) as caught:
        running.result(60)
    assert not isinstance(caught.value, Refused), "what ended the run is what is told"
    assert any("lacks transactions" in note and lost in note for note in caught.value.__notes__), caught.value.__notes__

    set_after("garbage")
    with pytest.raises(Refused, match="GTIDs cannot be read") as refused:
        director.start(fail_over.options()).result()
    assert refused.value.code == "resume-other-server"

    set_after("")
    with pytest.raises(Refused, match="without GTIDs nobody can tell") as refused:
        director.start(fail_over.options()).result()
    assert refused.value.code == "resume-other-server"

    set_after(str(after))
    replica.execute("INSERT INTO t VALUES (999999, 'promoted')", db=fail_over.database)
    replica.execute("FLUSH BINARY LOGS")
    wait_until(lambda: purged(replica), what="the purge, which leaves a file that the server still needs")
    with pytest.raises(Refused, match=r"not in its log any more|reaches back") as refused:
        director.start(fail_over.options()).result()
    assert refused.value.code == "resume-other-server"
    assert fail_over.checkpoint(replica) == known, "nothing was touched"


def test_i11_a_swap_that_nobody_noted_is_finished_on_the_promoted_server(
    fail_over: FailOver, director: Director
) -> None:
    family, replica = fail_over.family, fail_over.replica
    gate = director.gate(Crew, "note_swap")
    with fail_over.application as before:
        running = director.start(fail_over.options())
        gate.await_reached(30)
        before.stop()
        family.caught_up()
        assert fail_over.checkpoint(replica).phase is Phase.CUTTING_OVER
        fail_over.die()
        fail_over.promote()
        with fail_over.application_there() as there:
            assert there.rows == before.rows
            gate.open()
            outcome = running.result(60)
        there.assert_kept()
    assert (outcome.swapped, outcome.cut_over.slipped) == (True, 0)
    assert fail_over.checkpoint(replica).phase is Phase.DONE
    assert replica.execute("SHOW COLUMNS FROM t LIKE 'added'", db=fail_over.database)


def test_i9_what_was_prepared_on_the_dead_primary_is_held_until_its_outcome_on_the_promoted_server(
    fail_over: FailOver, director: Director
) -> None:
    family, replica = fail_over.family, fail_over.replica
    with fail_over.primary.connect(fail_over.database) as connection, connection.cursor() as cursor:
        for statement in ("XA START 'a'", "UPDATE t SET v = 'prepared' WHERE id = 5", "XA END 'a'"):
            cursor.execute(statement)
        running, gate = half_copied(fail_over, director)
        cursor.execute("XA PREPARE 'a'")
        running.wait(lambda: running.count("held") == 1, "the held key")
        family.caught_up()
        fail_over.die()
    fail_over.promote()
    running.wait(lambda: director.runs > 1 and held(director.last) == 1, "held again", 40)
    replica.execute("XA COMMIT 'a'")
    gate.open()
    outcome = running.result(60)
    assert (outcome.verification.verified, outcome.verification.repaired) == (True, 0)
    assert replica.execute("SELECT v FROM t WHERE id = 5", db=fail_over.database) == (("prepared",),)


def test_a_replica_that_is_not_promoted_yet_is_waited_for(fail_over: FailOver, director: Director) -> None:
    family, replica = fail_over.family, fail_over.replica
    running, gate = half_copied(fail_over, director)
    family.caught_up()
    fail_over.die()
    replica.execute("STOP REPLICA")
    replica.execute("SET GLOBAL read_only = ON")
    fail_over.proxy.lead_to(replica)
    running.wait(lambda: running.phase is Phase.WAITING, "the wait", 40)
    replica.execute("RESET REPLICA ALL")
    replica.execute("SET GLOBAL read_only = OFF")
    gate.open()
    assert running.result(60).swapped


def test_i8_a_log_that_was_begun_anew_and_gives_the_same_numbers_again_is_not_taken_for_the_old_one(
    mariadb_server: TestServer, director: Director
) -> None:
    """The position is lost, and by its numbers alone all that was written since would count as known."""
    server = mariadb_server
    database = server.fresh_database()
    Application(server, database, ROWS).make()
    server.execute("INSERT INTO t VALUES (5000, 'x')", db=database)
    calls = count(1)
    director.gate(Copier, "_next", when=lambda *_: next(calls) > 4)
    chosen = options(server, database, recovery=Recovery(seconds=0.1), tunables=SLOWLY)
    running = director.start(chosen)
    running.wait(lambda: running.crew.journal.last.rows >= 200, "a checkpoint")
    running.end()
    (reach,) = GtidSet.parse(running.crew.journal.last.gtids).domains().values()
    with server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("RESET MASTER")
        for number in (reach, reach + 1):
            cursor.execute(f"SET SESSION gtid_seq_no = {number}")
            cursor.execute(f"UPDATE t SET v = 'unseen' WHERE id = {number - reach + 1}")
    with pytest.raises(Refused, match="begun anew") as refused:
        director.start(chosen).result()
    assert refused.value.code == "resume-position-lost"


def test_a_migration_is_reverted_on_the_server_that_was_promoted_since(fail_over: FailOver, director: Director) -> None:
    for statement in ("ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT -1", "UPDATE t SET c = id"):
        fail_over.primary.execute(statement, db=fail_over.database)
    with fail_over.application:
        director.start(fail_over.options(alter="DROP COLUMN c", tunables=QUICKLY)).result()
    fail_over.family.caught_up()
    fail_over.die()
    fail_over.promote()
    with fail_over.application_there() as after:
        wait_until(lambda: after.writes > 20, what="writes")
        wanted = replace(fail_over.options(), recovery=Recovery(revert=True))
        assert director.start(wanted).result().verification.verified
    after.assert_kept()
    kept = fail_over.replica.execute("SELECT COUNT(*) FROM t WHERE c = id", db=fail_over.database)
    assert kept[0][0] >= ROWS / 2
