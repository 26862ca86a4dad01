"""A round: one migration under writers of several kinds, killed again and again at random, to its end.

All that is random comes from one number. Deaths are by SIGKILL: at a statement that changes something, at the nth
statement of all, or after some time; some rounds end sessions on the server as well, or the server. Then the same
command is given until it ends by itself. In the end the table holds what the writers know, its definition is the
one that the server's own ALTER makes, its indexes are whole, and nothing is left but what should be.
"""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql

from builders.killing import AFTER, BEFORE, POINTS, Point, Zygote
from builders.program import Ended, environment, tables, words
from builders.rough_writers import RoughWriter, XaWriter, end_prepared
from ghostshift.demo.operations import LIVELY, MIXTURE
from ghostshift.demo.shapes import SHAPES, Shape
from ghostshift.demo.workload import Workload, WorkloadFailed
from ghostshift.model.phase import Phase
from plugins.server_pool import TestServer

MOST = 240.0
"""Seconds for one run of the program."""

TRIES = 6
"""Runs that nobody kills, one of which must end well; a killed session may end one of them."""

ROUGH = {**MIXTURE, "bulk": 1.0}
SWAPS = {"insert": 10.0, "update": 20.0, "swap": 30.0, "reuse": 10.0, "reinsert": 10.0, "delete": 8.0, "several": 5.0}
MOVES = {"insert": 15.0, "update": 20.0, "move": 40.0, "respell": 10.0, "delete": 12.0, "replace": 5.0, "bulk": 0.5}

ALTERS = (
    "ADD COLUMN added int NOT NULL DEFAULT 7",
    "ENGINE=InnoDB, COMMENT='rebuilt'",
    "MODIFY k bigint NOT NULL DEFAULT 0",
    "ADD UNIQUE KEY u_2 (k, {key})",
    "DROP KEY k_1, ADD COLUMN seen timestamp NULL FIRST",
    "ADD COLUMN twice bigint AS (k * 2) STORED",
)
OF_THE_KEY = {
    "sysbench": "MODIFY id bigint unsigned NOT NULL AUTO_INCREMENT",
    "composite": "MODIFY code varchar(30) CHARACTER SET utf8mb4 NOT NULL",
    "composite-untagged": "MODIFY code varchar(30) CHARACTER SET utf8mb4 NOT NULL, ADD COLUMN added int",
    "text": "MODIFY name varchar(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL",
    "datetime": "DROP PRIMARY KEY, ADD PRIMARY KEY (at), ADD COLUMN added int",
}

DROPPED = (
    Point("drop the old table", r"DROP TABLE (IF EXISTS )?\S+del`"),
    Point("drop the checkpoint", r"DROP TABLE IF EXISTS \S+ghk`"),
)


@dataclass
class Played:
    """What a round was, for its report and for whoever plays it again."""

    seed: int
    what: list[str] = field(default_factory=list)
    killed: int = 0
    runs: int = 0
    said: list[str] = field(default_factory=list)
    """What each run of the program has said."""
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return f"seed {self.seed}: " + "; ".join(self.what)


class Round:
    """One round on one server."""

    def __init__(
        self, server: TestServer, database: str, zygote: Zygote, folder: Path, seed: int, *, brief: bool = False
    ) -> None:
        """`brief`: small tables, and no death of the server: its restart costs seconds."""
        self._server = server
        self._database = database
        self._zygote = zygote
        self._folder = folder
        self._brief = brief
        self._random = random.Random(seed)
        self._postponing = folder / "postpone"
        self._throttling = folder / "throttle"
        self.played = Played(seed)
        self._shape: Shape = SHAPES[self._random.choice(sorted(SHAPES))]
        alters = [*ALTERS, *([OF_THE_KEY[self._shape.name]] if self._shape.name in OF_THE_KEY else [])]
        self._alter = self._random.choice(alters).format(key=", ".join(self._shape.key.columns))
        self._load = self._workload(seed)
        self._flags = self._chosen()

    # -- what it is

    def _workload(self, seed: int) -> Workload:
        rng, weights = self._random, self._random.choice((ROUGH, SWAPS, MOVES, LIVELY))
        xa = rng.random() < 0.35

        def make(shape: Any, table: Any, connect: Any, space: Any, *more: Any) -> RoughWriter:
            kind = XaWriter if xa and space.index == 0 else RoughWriter
            return kind(shape, table, connect, space, *more)

        writers, rate = rng.choice((1, 2, 4)), rng.choice((20, 60, 150))
        self.played.what += [self._shape.name, self._alter, f"{writers} writers{', XA' if xa else ''}"]
        self._xa = xa
        return Workload(
            self._shape, self._connect, "t", writers=writers, rate=rate, seed=seed, weights=weights,
            long_seconds=(0.05, 0.4), make=make,
        )  # fmt: skip

    def _connect(self) -> Any:
        return self._server.machine.connect(
            database=self._database, init_command="SET SESSION innodb_lock_wait_timeout = 5"
        )

    def _chosen(self) -> dict[str, Any]:
        rng = self._random
        flags: dict[str, Any] = {
            "execute": True,
            "alter": self._alter,
            "chunk_size": rng.choice((10, 50, 200, 0)),
            "copy_threads": rng.choice((1, 2, 3)),
            "checkpoint_seconds": rng.choice((0.1, 0.1, 0.3, 2.0)),
            "heartbeat_interval_millis": rng.choice((100, 500)),
            "nice_ratio": rng.choice((0.0, 1.0, 4.0)),
            "cut_over_lock_timeout_seconds": rng.choice((1, 3)),
            "no_display": True,
            "serve_socket_file": "-",
            "default_retries": 200,
        }
        if rng.random() < 0.25:
            flags["no_verify"] = True
        if rng.random() < 0.3:
            flags["ok_to_drop_table"] = True
        if rng.random() < 0.3:
            flags["postpone_cut_over_flag_file"] = self._postponing
            self._postponing.touch()
        if rng.random() < 0.3:
            flags["throttle_flag_file"] = self._throttling
            self._throttling.touch()
        if rng.random() < 0.2:
            flags["exact_rowcount"] = True
        self.played.what += [f"--{name}={value}" for name, value in flags.items() if name != "alter"]
        return flags

    # -- how it goes

    def play(self) -> Played:
        """To the end. Raises AssertionError, with what was said last."""
        server, database = self._server, self._database
        with contextlib.closing(self._connect()) as connection:
            self._load.create(connection)
            rows = self._random.choice((0, 1, 60, 400, 400) if self._brief else (0, 1, 60, 600, 600, 3000))
            self._load.fill(connection, rows)
            connection.query("CREATE TABLE judge LIKE t")
            connection.query(f"ALTER TABLE judge {self._alter}")
        self.played.what.append(f"{rows} rows")
        self._load.start()
        try:
            ended = self._runs()
            self._wait(self._random.random() * 0.2)
        finally:
            self._end_writing()
        self._look(ended)
        for name in tables(server, database):
            server.execute(f"DROP TABLE `{name}`", db=database)
        return self.played

    def _end_writing(self) -> None:
        try:
            self._load.stop()
        except WorkloadFailed as failed:  # a writer missed a row for a moment, or it is lost: the table tells
            with contextlib.closing(self._connect()) as connection:
                failed.add_note(f"in the end: {self._load.verify(connection)}")
            raise
        with contextlib.closing(self._connect()) as connection:
            self.played.counts["left prepared"] += end_prepared(connection) if self._xa else 0

    def _runs(self) -> Ended:
        rng = self._random
        for _ in range(rng.choice((1, 1, 2, 3))):
            ended = self._one_death()
            if self._is_done(ended):
                return ended
        for _ in range(TRIES):
            with self._mischief(0.3):
                ended = self._run()
            if self._is_done(ended):
                return ended
            assert ended.code != -9
            if "[resume-log-not-durable]" in ended.err:  # the server was killed: it says what to do
                self._flags.pop("no_verify")
        raise AssertionError(f"it does not end: {ended.code}\n{ended.said[-6000:]}")

    def _one_death(self) -> Ended:
        rng = self._random
        kind = rng.choices(("point", "nth", "time", "sessions", "server"), (4, 4, 4, 2, 0 if self._brief else 1))[0]
        self.played.counts[kind] += 1
        if kind == "point":
            late = DROPPED * 3 if "ok_to_drop_table" in self._flags else ()
            points = [point for point in (*POINTS, *late) if point.only in ("", self._server.flavor)]
            point, when = rng.choice(points), rng.choice((BEFORE, AFTER))
            self._say(f"killed {when} {point.name}")
            with self._mischief(2.0):
                return self._run(point, when)
        if kind == "nth":
            number, when = int(10 ** rng.uniform(0.0, 2.9)), rng.choice((BEFORE, AFTER))
            self._say(f"killed {when} statement {number}")
            with self._mischief(2.0):
                return self._run(Point("any", "", number), when)
        if kind == "time":
            seconds = rng.uniform(0.2, 5.0)
            self._say(f"killed after {seconds:.2f} s")
            with self._mischief(3.0):
                return self._run(seconds=seconds)
        if kind == "sessions":
            self._say("sessions killed")
            acts = [(rng.uniform(0.1, 1.5), self._kill_a_session) for _ in range(rng.randrange(1, 6))]
            with self._mischief(2.0, acts):
                return self._run(seconds=rng.choice((0.0, rng.uniform(1.0, 5.0))))
        self._say("server killed")
        acts = [(rng.uniform(0.5, 3.0), self._restart_server)]
        with self._mischief(2.0, acts):
            return self._run(seconds=rng.choice((0.0, rng.uniform(1.0, 9.0))))

    def _say(self, text: str) -> None:
        self.played.what.append(text)

    def _run(self, point: Point | None = None, when: str = BEFORE, *, seconds: float = 0.0) -> Ended:
        flags = words(self._server, self._database, **self._flags)
        self.played.runs += 1
        ended = self._zygote.run(flags, environment(self._server.password), point, when, seconds=seconds, most=MOST)
        self.played.killed += ended.code == -9
        self.played.said.append(ended.err)
        last = (ended.err.strip().splitlines() or [""])[-1]
        self.played.what.append(f"→ {ended.code}" + (f" ({last[-300:]})" if ended.code > 0 else ""))
        assert "Traceback" not in ended.said, ended.said[-6000:]
        assert "Timeout (" not in ended.err, f"it hangs:\n{ended.said[-9000:]}"
        return ended

    # -- what is done to it meanwhile

    @contextlib.contextmanager
    def _mischief(self, freed_after: float, acts: Sequence[tuple[float, Callable[[], None]]] = ()) -> Iterator[None]:
        """Do these, each after its pause, while the block runs; what is not due by its end is not done.

        The flag files that hold the program go at some time before `freed_after`, and whenever it makes one again.
        """
        over, problem = threading.Event(), []
        pauses = [self._random.uniform(0.0, freed_after) for _ in range(2)]

        def act() -> None:
            for pause, what in acts:
                if over.wait(pause):
                    return
                what()

        def free() -> None:
            for pause, path in zip(pauses, (self._throttling, self._postponing), strict=True):
                over.wait(pause)
                path.unlink(missing_ok=True)
            while not over.wait(0.2):
                self._postponing.unlink(missing_ok=True)

        def guarded(body: Callable[[], None]) -> None:
            try:
                body()
            except BaseException as error:  # noqa: BLE001 - raised below
                problem.append(error)

        threads = [threading.Thread(target=guarded, args=(body,), daemon=True) for body in (act, free)]
        for thread in threads:
            thread.start()
        yield
        over.set()
        for thread in threads:
            thread.join(90.0)
        if problem:
            raise problem[0]

    def _kill_a_session(self) -> None:
        # In bytes: the server cuts statements within a letter.
        with contextlib.closing(self._server.machine.connect(use_unicode=False)) as looker, looker.cursor() as cursor:
            cursor.execute("SHOW PROCESSLIST")
            rows = [row for row in cursor.fetchall() if row[1] == self._server.user.encode()]
        number = int(self._random.choice(rows)[0])
        with contextlib.suppress(pymysql.MySQLError):  # it may have ended by itself
            self._server.execute(f"{self._random.choice(('KILL', 'KILL QUERY'))} {number}")
            self.played.counts["kill"] += 1

    def _restart_server(self) -> None:
        primary = self._server.sandbox.primary
        primary.kill9()
        self._wait(self._random.random())
        primary.start()

    def _wait(self, seconds: float) -> None:
        threading.Event().wait(seconds)

    # -- what it must be

    def _is_done(self, ended: Ended) -> bool:
        if ended.code == 0:
            return True
        if self._definition("t") != self._definition("judge"):
            return False
        left = tables(self._server, self._database) - {"t", "judge"}
        checkpoints = [name for name in left if name.endswith("_ghk")]
        if not checkpoints:
            return not left
        rows = self._server.execute(f"SELECT ghostshift_state FROM `{checkpoints[0]}`", db=self._database)
        return bool(rows) and f'"phase": "{Phase.DONE.name}"' in rows[0][0]

    def _definition(self, name: str) -> str:
        text = str(self._server.execute(f"SHOW CREATE TABLE `{name}`", db=self._database)[0][1])
        return re.sub(r" AUTO_INCREMENT=\d+", "", text.replace(f"`{name}`", "`t`", 1))

    def _look(self, ended: Ended) -> None:
        with contextlib.closing(self._connect()) as connection:
            verdict = self._load.verify(connection)
        assert verdict.ok, f"{verdict}\n{ended.said[-4000:]}"
        assert self._definition("t") == self._definition("judge"), ended.said[-2000:]
        said = self._server.execute("CHECK TABLE t", db=self._database)
        assert [row[3] for row in said] == ["OK"], said
        left = tables(self._server, self._database) - {"t", "judge"}
        wanted = 0 if "ok_to_drop_table" in self._flags else 2
        assert len(left) == wanted, f"{left}\n{ended.said[-4000:]}"


def play(server: TestServer, database: str, zygote: Zygote, folder: Path, seed: int, *, brief: bool = False) -> Played:
    """Play the round of this number; an error tells how to play it again."""
    one, began = Round(server, database, zygote, folder, seed, brief=brief), time.monotonic()
    try:
        played = one.play()
    except BaseException as error:
        error.add_note("\n---\n".join(one.played.said[-3:])[-9000:])
        error.add_note(f"play it again with GHOSTSHIFT_ROUND={seed}: {one.played}")
        raise
    played.counts["seconds"] = int(time.monotonic() - began)
    return played
