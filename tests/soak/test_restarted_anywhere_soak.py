"""The server dies, or is shut down, before and after every statement that changes something, and comes back at once."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from builders.killing import AFTER, BEFORE, POINTS, Point
from builders.restarting import Strike, Survivor, assert_survived, crash, migrate_through, shut_down
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


def anew(point: Point, when: str) -> bool:
    """Whether nothing had been copied yet, so that the migration began anew; or it was over but for the last answer."""
    names = [one.name for one in POINTS]
    place = names.index(point.name)
    copying = names.index("note the copy")
    return place < copying or (place == copying and when == BEFORE)
