"""The server dies, or is shut down, before and after every statement that changes something, and comes back at once."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from builders.killing import AFTER, BEFORE, LOOSE_POINTS, POINTS, Point
from builders.restarting import Strike, Survivor, assert_survived, crash, migrate_through, shut_down
from ghostshift.core import loosening
from plugins.fix_server import MakeServer


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", POINTS, ids=[point.name.replace(" ", "-") for point in POINTS])
@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_restarted_anywhere_nothing_is_lost(
    special_server: MakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flavor: str, point: Point, when: str
) -> None:
    if point.only not in ("", flavor):
        pytest.skip("not a statement on this server")
    server = special_server(flavor, settings={"max_connections": 100})
    database = server.fresh_database()
    deed = shut_down if zlib.crc32(f"{point.name} {when}".encode()) % 3 == 0 else crash
    strike = Strike(point, when, deed, server.server)
    with Survivor(server, database, 1200).make() as application:
        outcome = migrate_through(monkeypatch, server, database, strike, tmp_path / "postpone")
    assert_survived(
        server,
        database,
        application,
        outcome,
        restarts=int(not (anew(point, when) or (point is POINTS[-1] and when == AFTER))),
    )


COUNT = Point("count the rows", r"SELECT COUNT\(\*\) FROM \S+t`")
DROP_OLD = Point("drop the old table", r"DROP TABLE (IF EXISTS )?\S+del`$")
DROP_CHECKPOINT = Point("drop the checkpoint", r"DROP TABLE (IF EXISTS )?\S+ghk`$")


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("point", "flags", "restarts"),
    [
        (COUNT, {"exact_rowcount": True, "concurrent_rowcount": False}, (0, 0)),
        (DROP_OLD, {"ok_to_drop_table": True}, (1, 1)),
        (DROP_CHECKPOINT, {"ok_to_drop_table": True}, (1, 0)),
    ],
    ids=["count", "drop-the-old-table", "drop-the-checkpoint"],
)
@pytest.mark.parametrize("flavor", ["mysql", "mariadb"])
def test_restarted_at_what_only_some_flags_bring_nothing_is_lost(
    special_server: MakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flavor: str, point: Point, when: str,
    flags: dict[str, bool], restarts: tuple[int, int],
) -> None:  # fmt: skip
    server = special_server(flavor, settings={"max_connections": 100})
    database = server.fresh_database()
    if point is DROP_OLD and flavor == "mariadb":
        point = replace(point, number=2)  # the first is the sentry
    strike = Strike(point, when, crash, server.server)
    with Survivor(server, database, 600).make() as application:
        outcome = migrate_through(monkeypatch, server, database, strike, tmp_path / "postpone", **flags)
    left = 0 if "ok_to_drop_table" in flags else 2
    assert_survived(server, database, application, outcome, restarts=restarts[when == AFTER], tables_left=left)


def anew(point: Point, when: str) -> bool:
    """Whether nothing had been copied yet, so that the migration began anew; or it was over but for the last answer."""
    names = [one.name for one in POINTS]
    place = names.index(point.name)
    copying = names.index("note the copy")
    return place < copying or (place == copying and when == BEFORE)


@pytest.mark.soak
@pytest.mark.timeout(180)
@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", LOOSE_POINTS, ids=[point.name.replace(" ", "-") for point in LOOSE_POINTS])
def test_restarted_while_a_ghost_has_another_form_nothing_is_lost(
    special_server: MakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, point: Point, when: str
) -> None:
    """MariaDB: the server dies in the midst of what gives the ghost's rows the table that has AUTO_INCREMENT."""
    monkeypatch.setattr(loosening, "WORTH_BYTES", 0)
    server = special_server("mariadb", settings={"max_connections": 100})
    database = server.fresh_database()
    strike = Strike(point, when, crash, server.server)
    with Survivor(server, database, 600).make("MODIFY id int NOT NULL AUTO_INCREMENT") as application:
        outcome = migrate_through(monkeypatch, server, database, strike, tmp_path / "postpone")
    preparing = LOOSE_POINTS.index(point) <= LOOSE_POINTS.index(ENDS_PREPARING)
    assert_survived(server, database, application, outcome, restarts=int(not preparing))
    made = str(server.execute("SHOW CREATE TABLE t", db=database)[0][1])
    assert ("NOT NULL AUTO_INCREMENT" in made, "PARTITION" in made) == (True, False)


ENDS_PREPARING = next(point for point in LOOSE_POINTS if point.name == "note both forms")
