"""The conductor's own session on a real server: lost, replaced, and never without the table's lock."""

from __future__ import annotations

import pytest

from builders.migrating import endpoint
from ghostshift.model.names import TableName
from ghostshift.mysql.session import Session
from ghostshift.runtime.group import Stop
from ghostshift.workers import home as module
from ghostshift.workers.home import Home
from ghostshift.workers.preparer import take_lock
from plugins.server_pool import TestServer


@pytest.mark.parametrize("before", [True, False], ids=["before-the-lock", "with-the-lock"])
def test_a_replacement_that_is_lost_too_is_ended_and_replaced(
    server: TestServer, database: str, monkeypatch: pytest.MonkeyPatch, *, before: bool
) -> None:
    """Lost once it has the lock it may live on as the holder: the server must end it before the next one can ask."""
    original = TableName(database, "t")
    losses = iter(range(2))

    def lossy(session: Session, name: TableName) -> None:
        if not before:
            take_lock(session, name)
        if next(losses, None) is not None:
            session.abort()
        if before:
            take_lock(session, name)
        else:
            session.query("SELECT 1")

    with Session.open(endpoint(server)) as witness:
        home = Home(lambda: Session.open(endpoint(server)), Stop())
        home.lock(original)
        monkeypatch.setattr(module, "take_lock", lossy)
        first = home.session.id
        home.session.abort()
        session = home.renewed()
        holder = witness.one(f"SELECT IS_USED_LOCK('gh-ost::{database}.t')")[0]
        assert int(holder) == session.id != first
        assert next(losses, None) is None
        home.close()
