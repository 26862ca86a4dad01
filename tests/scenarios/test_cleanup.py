"""`ghostshift cleanup` on real servers: what lives is left alone, what is dead and ours goes, after a yes."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from builders.directing import Director, Holder, Later, fill, flag_file, helper, run, wait_until
from builders.faulty import PASSWORD
from builders.killing import AFTER, Point, Zygote
from builders.migrating import endpoint, options
from builders.migrating import run as migrate
from builders.program import Ended, environment, make_user, tables, words
from ghostshift.cli import main
from ghostshift.control import stale
from ghostshift.control.sockets import default_socket
from ghostshift.core.cleaning import State, Wishes
from ghostshift.model.errors import Aborted
from ghostshift.model.names import TableName
from ghostshift.model.options import Tunables
from ghostshift.model.phase import Phase
from ghostshift.model.settings import Recovery
from ghostshift.runtime.group import Stop
from ghostshift.sql.cutover_statements import create_sentry
from ghostshift.workers import leftovers
from ghostshift.workers.cleaning import Cleaner, survey
from ghostshift.workers.emptying import Pace
from ghostshift.workers.fence import lock_name
from ghostshift.workers.preparer import lock_name as table_lock
from plugins.server_pool import TestServer

ROWS = 300


def await_released(server: TestServer, database: str, table: str = "t") -> None:
    """A server needs a moment to see that whoever held the table's lock is gone."""
    name = table_lock(TableName(database, table))
    wait_until(lambda: server.execute("SELECT IS_USED_LOCK(%s)", (name,)) == ((None,),))


class Command:
    """`ghostshift cleanup` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch = monkeypatch
        self._streams = capsys

    def __call__(self, server: TestServer, database: str, *more: str, user: str = "", password: str = "") -> Ended:
        """Clean up the database, as the test's user if no other is given; once the server has seen `t` released.

        Whoever is silent is dead here: none waits for its server.
        """
        return self.patiently(server, database, "--silent-for=0", *more, user=user, password=password)

    def patiently(self, server: TestServer, database: str, *more: str, user: str = "", password: str = "") -> Ended:
        """The same, as it is by default."""
        await_released(server, database)
        self._patch.setenv("GHOSTSHIFT_PASSWORD", password or server.password)
        where = [f"--host={server.host}", f"--port={server.port}", f"--user={user or server.user}"]
        self._streams.readouterr()
        code = main(["cleanup", *where, f"--database={database}", *more])
        return Ended(code, *self._streams.readouterr())

    def answering(self, text: str) -> None:
        """As on a terminal at which somebody types this."""
        self._patch.setattr("ghostshift.cli_cleanup._can_be_asked", lambda: True)
        self._patch.setattr("builtins.input", lambda _: text)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The heartbeat of these migrations comes every 50 ms: for the dead one's it is not waited as long."""
    monkeypatch.setattr(leftovers, "BEAT_WITHIN", 0.3)


@pytest.fixture
def cleanup(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


@pytest.fixture
def zygote(tmp_path: Path) -> Iterator[Zygote]:
    made = Zygote(tmp_path)
    yield made
    made.close()


def names(server: TestServer, *parts: str, table: str = "t") -> set[str]:
    return {helper(server, part, table) for part in parts}


def leave_dead(director: Director, server: TestServer, database: str, tmp_path: Path) -> None:
    """Ghost, changelog and checkpoint of a migration of `t` that was given up before its cut-over."""
    with flag_file(tmp_path / "dead") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        dead = director.start(options(server, database, tunables=tunables))
        dead.await_phase(Phase.POSTPONED)
        saved = f"SELECT * FROM `{helper(server, 'ghk')}`"
        dead.wait(lambda: Phase.POSTPONED.name in str(server.execute(saved, db=database)), "a checkpoint that says so")
        dead.end()


def test_what_a_dead_migration_left_goes_and_a_live_one_beside_it_stays(
    director: Director, cleanup: Command, server: TestServer, database: str, tmp_path: Path
) -> None:
    fill(server, database, ROWS)
    fill(server, database, ROWS, "u")
    leave_dead(director, server, database, tmp_path)
    live_ones = names(server, "gho", "ghc", "ghk", table="u")
    with flag_file(tmp_path / "live") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        live = director.start(options(server, database, table="u", tunables=tunables))
        live.await_phase(Phase.POSTPONED)
        listed = cleanup(server, database)
        assert listed.code == 0, listed
        assert "3 to remove, and nothing was removed" in listed.out
        assert "ended while postponing cut-over; the same command again would go on" in listed.out
        assert "on the server holds its lock" in listed.out
        ghost = helper(server, "gho", "u")
        named = cleanup(server, database, "--yes", f"--drop={database}.{ghost}")
        assert (named.code, "a migration is at work on it" in named.err) == (3, True), named
        before = tables(server, database)
        assert before == {"t", "u", *live_ones, *names(server, "gho", "ghc", "ghk")}
        patient = cleanup.patiently(server, database, "--yes")  # a dead one looks like one that waits for its server
        assert (patient.code, patient.out.count("may be waiting for this server")) == (0, 3), patient
        named = cleanup.patiently(server, database, "--yes", f"--drop={database}.{helper(server, 'gho')}")
        assert (named.code, "--silent-for 0" in named.err) == (3, True), named
        assert tables(server, database) == before
        ended = cleanup(server, database, "--yes", "--json")
        assert ended.code == 0, ended
        report = {one["table"]: one for one in json.loads(ended.out)["migrations"]}
        assert {one["removed"] for one in report[f"`{database}`.`t`"]["tables"]} == {True}
        assert report[f"`{database}`.`u`"]["state"] == "live"
        assert tables(server, database) == {"t", "u", *live_ones}
    assert live.result().swapped
    await_released(server, database, "u")
    left = cleanup(server, database, "--yes", "--old-tables")
    assert left.code == 0, left
    assert tables(server, database) == {"t", "u"}


def test_a_migration_whose_lock_is_not_seen_is_known_by_its_heartbeat(
    director: Director, monkeypatch: pytest.MonkeyPatch, mysql_server: TestServer, tmp_path: Path
) -> None:
    """As on a replica, or a node of a cluster: locks are not replicated."""
    database = mysql_server.fresh_database()
    fill(mysql_server, database, ROWS)
    with flag_file(tmp_path / "live") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        live = director.start(options(mysql_server, database, tunables=tunables))
        live.await_phase(Phase.POSTPONED)
        monkeypatch.setattr(leftovers, "_holder", lambda *_: None)
        monkeypatch.setattr(leftovers, "BEAT_WITHIN", 30.0)
        (found,) = survey(endpoint(mysql_server), lambda _: "", Stop(), database).found
        assert (found.state, found.story) == (State.LIVE, "running: its heartbeat moves")
    assert live.result().swapped


def test_sessions_that_a_dead_run_left_at_work_are_ended_first(
    director: Director, cleanup: Command, mysql_server: TestServer, tmp_path: Path
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    leave_dead(director, server, database, tmp_path)
    await_released(server, database)
    (found,) = survey(endpoint(server), lambda _: "", Stop(), database).found
    assert found.family.checkpoint is not None
    lingering = Holder(server, database)
    number = lingering.connection.thread_id()
    lingering.run(f"SELECT GET_LOCK('{lock_name(found.family.checkpoint.run, number)}', 0)")
    lingering.run("SELECT * FROM _t_gho LIMIT 1")  # a DROP would wait for it
    assert "ended first: session" in cleanup(server, database).out
    ended = cleanup(server, database, "--yes", "--json")
    (report,) = json.loads(ended.out)["migrations"]
    assert number in report["sessions"]
    assert (ended.code, tables(server, database)) == (0, {"t"}), ended


def test_what_a_revert_leaves_goes_as_an_old_table_does(cleanup: Command, server: TestServer, database: str) -> None:
    fill(server, database, 5)
    migrate(server, database, "ADD COLUMN added int")
    await_released(server, database)
    migrate(server, database, "", recovery=Recovery(revert=True))
    assert "keep" in cleanup(server, database, "--yes").out
    assert tables(server, database) == {"t", *names(server, "rev_del", "ghk")}
    ended = cleanup(server, database, "--yes", "--old-tables")
    assert (ended.code, tables(server, database)) == (0, {"t"}), ended


def test_a_migration_that_begins_after_the_listing_keeps_its_tables(
    director: Director, mysql_server: TestServer, tmp_path: Path
) -> None:
    database = mysql_server.fresh_database()
    fill(mysql_server, database, ROWS)
    leave_dead(director, mysql_server, database, tmp_path)
    stop, where = Stop(), endpoint(mysql_server)
    await_released(mysql_server, database)
    shown = survey(where, lambda _: "", stop, database).found
    assert [one.state for one in shown] == [State.DEAD]
    cleaner = Cleaner(where, lambda _: "", stop, pace=None, tell=lambda _: None)
    with flag_file(tmp_path / "again") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        again = director.start(options(mysql_server, database, tunables=tunables))
        again.await_phase(Phase.POSTPONED)
        done = cleaner.run(shown, Wishes(silent=0.0))
        assert [(one.removed, "another migration" in one.why) for one in done] == [(False, True)] * 3
        again.end()
    await_released(mysql_server, database)
    done = cleaner.run(shown, Wishes(silent=0.0))  # it has gone on since it was listed: nobody has seen what it is now
    assert [(one.removed, "has gone on meanwhile" in one.why) for one in done] == [(False, True)] * 3
    assert len(tables(mysql_server, database)) == 4


def test_killed_around_the_swap_nothing_goes_until_it_is_ended(
    cleanup: Command, server: TestServer, database: str, zygote: Zygote
) -> None:
    """The old table is still read from: for what slipped in before the swap."""
    fill(server, database, ROWS)
    flags = words(server, database, execute=True, no_display=True, serve_socket_file="-")
    killed = zygote.run(flags, environment(server.password), Point("rename", "RENAME TABLE"), AFTER)
    assert killed.code == -9, killed
    before = tables(server, database)
    ended = cleanup(server, database, "--yes", "--old-tables")
    assert "the tables are swapped" in ended.out, ended
    assert tables(server, database) == before
    refused = cleanup(server, database, "--yes", f"--drop={database}.{helper(server, 'del')}")
    assert (refused.code, "reads from it what slipped in" in refused.err) == (3, True), refused
    assert zygote.run(flags, environment(server.password)).code == 0
    assert cleanup(server, database, "--yes", "--old-tables").code == 0
    assert tables(server, database) == {"t"}
    assert server.execute("SELECT COUNT(*) FROM t", db=database) == ((ROWS,),)


def test_a_sentry_goes_unless_a_rename_waits_behind_it(cleanup: Command, mariadb_server: TestServer) -> None:
    server, database = mariadb_server, mariadb_server.fresh_database()
    fill(server, database, 3)
    sentry = TableName(database, "t_del")
    run(server, database, "CREATE TABLE t_gho LIKE t", create_sentry(sentry))
    holder = Holder(server, database, "SELECT * FROM t")
    rename = Later(server, database, "RENAME TABLE t TO t_del, t_gho TO t")
    wait_until(lambda: b"RENAME" in b"".join(map(_info, server.execute("SHOW FULL PROCESSLIST"))))
    ended = cleanup(server, database, "--yes")
    assert "is in a RENAME of its tables" in ended.out, ended
    assert tables(server, database) == {"t", "t_gho", "t_del"}
    holder.rollback()
    with pytest.raises(Exception, match="already exists"):
        rename.join()
    make_user(server, "blinkered", [f"ALL ON `{database}`.*"])
    ended = cleanup(server, database, "--yes", user="blinkered", password=PASSWORD)
    assert (ended.code, "privilege PROCESS" in ended.out) == (1, True), ended
    ended = cleanup(server, database, "--yes")
    assert (ended.code, tables(server, database)) == (0, {"t", "t_gho"}), ended


def _info(row: tuple[object, ...]) -> bytes:
    return str(row[7] or "").encode()


def test_what_only_looks_like_a_leftover_goes_by_name_alone(
    cleanup: Command, server: TestServer, database: str
) -> None:
    odd = "_o`d d\x1b[31m'_gho"
    quoted = odd.replace("`", "``")
    run(
        server,
        database,
        "CREATE TABLE t (id int PRIMARY KEY)",
        "CREATE TABLE _t_gho (id int PRIMARY KEY)",
        "CREATE TABLE _t_ghc (id int PRIMARY KEY) COMMENT 'gh-ost changelog'",
        "CREATE TABLE _t_del (id int PRIMARY KEY)",
        "CREATE TABLE _t_new (id int PRIMARY KEY)",
        "CREATE TABLE model (id int PRIMARY KEY)",
        "CREATE VIEW _v_gho AS SELECT 1",
        f"CREATE TABLE `{quoted}` (id int PRIMARY KEY)",
        "CREATE TRIGGER pt_osc_x_t_ins AFTER INSERT ON t FOR EACH ROW REPLACE INTO _t_new VALUES (NEW.id)",
    )
    before = tables(server, database)
    listed = cleanup(server, database, "--yes", "--old-tables")
    assert (listed.code, tables(server, database)) == (0, before), listed
    assert "\x1b" not in listed.out
    assert "o``d d\\u001b[31m" in listed.out
    assert "the trigger pt_osc_x_t_ins on" in listed.out
    for name in ("t", "model", "_v_gho", "_t_new"):
        refused = cleanup(server, database, "--yes", f"--drop={database}.{name}")
        assert (refused.code, "Nothing was removed" in refused.err) == (3, True), refused
    assert tables(server, database) == before
    beginner = Holder(server, database, f"SELECT GET_LOCK('gh-ost::{database}.begun', 0)")
    if not server.flavor.startswith("mariadb"):  # there it takes a plugin
        assert f"gh-ost::{database}.begun" in cleanup(server, database).out
    beginner.connection.close()
    ended = cleanup(server, database, "--yes", f"--drop={database}._t_ghc", f"--drop=`{database}`.`{quoted}`")
    assert (ended.code, before - tables(server, database)) == (0, {"_t_ghc", odd}), ended


def test_an_old_table_is_emptied_in_batches_and_the_next_goes_on(
    cleanup: Command, server: TestServer, database: str
) -> None:
    fill(server, database, ROWS)
    old = TableName(database, helper(server, "del"))
    assert migrate(server, database, "ADD COLUMN added int").old_table == str(old)
    assert cleanup(server, database, "--yes").out.count("keep") == 2
    stop, where = Stop(), endpoint(server)

    def stop_soon(line: str) -> None:
        if " 20 of " in line:
            stop.set(Aborted("enough"))

    shown = survey(where, lambda _: "", Stop(), database).found
    cleaner = Cleaner(where, lambda _: "", stop, pace=Pace(batch_rows=10, pause_ratio=0.0), tell=stop_soon)
    with pytest.raises(Aborted, match="enough") as caught:
        cleaner.run(shown, Wishes(old_tables=True))
    assert "20 rows of" in caught.value.__notes__[0]
    assert server.execute(f"SELECT COUNT(*) FROM {old.table}", db=database) == ((ROWS - 20,),)
    assert tables(server, database) == {"t", old.table}  # nobody can revert to half a table
    ended = cleanup(server, database, "--yes", "--gently", "--batch-rows=100", "--max-load=Threads_running=1000")
    assert (ended.code, tables(server, database)) == (0, {"t"}), ended


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("CREATE TRIGGER loud BEFORE DELETE ON {old} FOR EACH ROW DELETE FROM t", "its trigger loud"),
        ("CREATE TABLE child (t int, FOREIGN KEY f (t) REFERENCES {old} (id) ON DELETE CASCADE)", "point to it"),
    ],
    ids=["trigger", "foreign-key"],
)
def test_no_row_is_deleted_that_is_of_consequence_elsewhere(
    cleanup: Command, mysql_server: TestServer, statement: str, why: str
) -> None:
    database = mysql_server.fresh_database()
    fill(mysql_server, database, 5)
    migrate(mysql_server, database, "ADD COLUMN added int")
    run(mysql_server, database, statement.format(old="_t_del"))
    ended = cleanup(mysql_server, database, "--yes", "--gently", "--old-tables")
    assert why in ended.out, ended
    assert mysql_server.execute("SELECT COUNT(*) FROM t", db=database) == ((5,),)
    if "child" in statement:
        assert (ended.code, "_t_del" in tables(mysql_server, database)) == (1, True)
        assert mysql_server.execute("SELECT COUNT(*) FROM _t_del", db=database) == ((5,),)


def test_a_user_who_may_only_look_is_told_what_is_missing(
    director: Director, cleanup: Command, server: TestServer, database: str, tmp_path: Path
) -> None:
    fill(server, database, ROWS)
    leave_dead(director, server, database, tmp_path)
    make_user(server, "looker", [f"SELECT ON `{database}`.*"])
    ended = cleanup(server, database, "--yes", user="looker", password=PASSWORD)
    assert (ended.code, "a privilege is missing" in ended.out) == (1, True), ended
    assert "GRANT DROP" in ended.out
    assert len(tables(server, database)) == 4


def test_tables_that_were_swapped_back_by_hand_are_not_taken_for_the_old_ones(
    cleanup: Command, server: TestServer, database: str
) -> None:
    fill(server, database, 9)
    migrate(server, database, "ENGINE=InnoDB")
    old = helper(server, "del")
    run(
        server,
        database,
        f"RENAME TABLE t TO away, `{old}` TO t, away TO `{old}`",
        f"INSERT INTO `{old}` VALUES (77, 7)",
    )
    make_user(server, "onlooker", [f"ALL ON `{database}`.*"])
    ended = cleanup(server, database, "--old-tables", "--yes", user="onlooker", password=PASSWORD)
    assert (ended.code, "GRANT PROCESS" in " ".join(ended.out.split())) == (0, True), ended
    assert tables(server, database) == {"t", old, helper(server, "ghk")}
    ended = cleanup(server, database, "--old-tables", "--dry-run")
    assert "it is not the table that was swapped" in ended.out, ended


def test_on_a_terminal_a_yes_is_asked_for_by_name(
    cleanup: Command, mysql_server: TestServer, tmp_path: Path, director: Director
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    leave_dead(director, server, database, tmp_path)
    refused = cleanup(server, database, "--old-tables")
    assert (refused.code, "no terminal" in refused.err) == (2, True), refused
    cleanup.answering("no")
    assert cleanup(server, database).code == 0
    assert len(tables(server, database)) == 4
    cleanup.answering("yes")
    assert cleanup(server, database, "--dry-run").code == 0
    assert len(tables(server, database)) == 4
    assert cleanup(server, database).code == 0
    assert tables(server, database) == {"t"}


def test_sockets_of_the_dead_go_and_one_that_answers_keeps_its_tables(
    director: Director, cleanup: Command, mysql_server: TestServer, tmp_path: Path
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    leave_dead(director, server, database, tmp_path)
    path = Path(default_socket(f"{database}.t"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen(8)
        ended = cleanup(server, database, "--yes")
        assert f"somebody answers at {path}" in ended.out, ended
        assert len(tables(server, database)) == 4
        seen = stale.look((), database, "t")
        assert [one.listening for one in seen] == [stale.Listening.SOMEBODY]
        assert not stale.remove(replace(seen[0], listening=stale.Listening.NOBODY))
    token = Path(f"{path}.token")
    token.write_text("secret")
    ended = cleanup(server, database, "--yes")
    assert (path.exists(), token.exists(), tables(server, database)) == (False, False, {"t"}), ended


def test_without_a_checkpoint_the_changelog_tells(
    director: Director, cleanup: Command, mysql_server: TestServer, tmp_path: Path
) -> None:
    server, database = mysql_server, mysql_server.fresh_database()
    fill(server, database, ROWS)
    with flag_file(tmp_path / "dead") as path:
        tunables = Tunables(throttle_additional_flag_file="", postpone_flag_file=path)
        chosen = options(server, database, tunables=tunables, recovery=Recovery(checkpoint=False))
        dead = director.start(chosen)
        dead.await_phase(Phase.POSTPONED)
        dead.end()
    assert tables(server, database) == {"t", "_t_gho", "_t_ghc"}
    ended = cleanup(server, database, "--yes")
    assert (ended.code, tables(server, database)) == (0, {"t"}), ended
