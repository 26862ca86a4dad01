"""A server that cannot be reached for a while: its port is closed, its name not known; and what TLS does not change."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from builders.directing import flag_file
from builders.faulty import phase_is
from faults.conftest import MakeScene
from ghostshift.model.errors import ConnectionLost
from ghostshift.model.options import Tls, Tunables
from ghostshift.model.phase import Phase
from ghostshift.mysql import patience
from ghostshift.workers import home
from plugins.fix_proxy import Proxy

pytestmark = pytest.mark.divided

NAME = "primary.example"


class Names:
    """Knows one name more than the system does, for as long as it wants to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.known = True
        find = socket.getaddrinfo

        def ask(host: Any, *more: Any, **options: Any) -> Any:
            if host == NAME and not self.known:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
            return find("127.0.0.1" if host == NAME else host, *more, **options)

        monkeypatch.setattr(socket, "getaddrinfo", ask)

    @contextlib.contextmanager
    def unknown(self) -> Iterator[None]:
        """Nobody knows the name."""
        self.known = False
        try:
            yield
        finally:
            self.known = True


@contextlib.contextmanager
def refused(proxy: Proxy) -> Iterator[None]:
    """New connections are hung up on."""
    proxy.refuse()
    try:
        yield
    finally:
        proxy.heal()


def test_a_port_that_is_closed_and_a_name_that_is_lost_are_waited_for(
    make_scene: MakeScene, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = Names(monkeypatch)
    scene = make_scene(rows=300, rate=60.0)
    with flag_file(tmp_path / "postpone") as path:
        where = replace(scene.endpoint(), host=NAME)
        tunables = Tunables(postpone_flag_file=path, throttle_additional_flag_file="")
        running = scene.start(endpoint=where, tunables=tunables)
        for trouble in (refused(proxy), names.unknown()):
            running.until(phase_is(Phase.POSTPONED))
            with trouble:
                proxy.cut()
                running.until(phase_is(Phase.WAITING))
    scene.ended_right(running)


def test_a_name_that_nobody_knows_at_the_start(make_scene: MakeScene, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names(monkeypatch)
    scene = make_scene(rows=50, writers=0)
    with names.unknown():
        failure = scene.stopped_cleanly(scene.start(endpoint=replace(scene.endpoint(), host=NAME)))
    assert isinstance(failure, ConnectionLost)
    assert NAME in str(failure)


def test_i8_encrypted_connections_are_cut_and_stall_as_others_do(
    make_scene: MakeScene, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(patience, "SILENCE", 0.5)
    monkeypatch.setattr(patience, "AGAIN", 0.2)
    monkeypatch.setattr(home, "KEEP_EVERY", 0.5)
    scene = make_scene(rows=300, rate=60.0)
    if not scene.server.execute("SELECT @@ssl_cert")[0][0]:
        pytest.skip("this server has no certificate")
    with flag_file(tmp_path / "postpone") as path:
        tunables = Tunables(postpone_flag_file=path, throttle_additional_flag_file="")
        where = replace(scene.endpoint(), tls=Tls(verify=False))
        running = scene.start(endpoint=where, tunables=tunables)
        running.until(phase_is(Phase.POSTPONED))
        stalled, known = proxy.living(), len(proxy.links)
        for link in stalled:
            link.stall()
        # Those that are in use are found out at once: the log's, the heartbeat's and an applier's.
        running.until(lambda _: sum(not link.alive for link in stalled) >= 3)
        running.until(lambda _: len(proxy.links) >= known + 3)
        cut, known = proxy.living(), len(proxy.links)
        for link in cut:
            link.truncate(3)  # in the midst of a record
        running.until(lambda _: len(proxy.links) >= known + 3)
    running.result(60.0)
    proxy.cut()
    scene.ended_right(running)
