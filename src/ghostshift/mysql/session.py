"""Session: one connection, one owner thread. The only module that imports the driver.

A statement can be given up only by telling the server: `abort` (from any thread) shuts the socket, and whoever needs to
know that the statement is over calls `ensure_dead` with the lost session's id from another session. A server goes on
with a statement whose client has gone, so a lost chunk may still be writing (invariant 3).

It must never put a password into an error or a log, and never swallow a failure.
"""

from __future__ import annotations

import socket as sockets
import ssl
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import pymysql

from ghostshift import __version__
from ghostshift.model.errors import ConnectionLost, MigrationError, ServerError, UsageError
from ghostshift.model.options import Endpoint, Tls
from ghostshift.mysql import sent
from ghostshift.mysql.clear_password import PLUGINS
from ghostshift.mysql.dialect import NO_TIME_LIMIT
from ghostshift.mysql.packet import PacketLimit
from ghostshift.mysql.patience import Sign, be_patient
from ghostshift.mysql.retry import LOST
from ghostshift.mysql.unreachable import next_step
from ghostshift.runtime.group import Stop

Row: TypeAlias = tuple[Any, ...]

LOGIN_SECONDS = 10.0
"""For each answer until a session is ready, where the options set no limit."""

KILL_SECONDS = 3.0
"""For each answer of the session that only kills others: a stop must not wait for a network that is dead."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement did: rows affected, the server's own summary, and its number of warnings."""

    affected: int
    info: str
    warnings: int

    @property
    def duplicates(self) -> int:
        """`Duplicates: n` of an INSERT … SELECT (C API manual, mysql_info)."""
        return self._figure("Duplicates")

    @property
    def records(self) -> int:
        """`Records: n` of an INSERT … SELECT: how many rows were read."""
        return self._figure("Records")

    def _figure(self, label: str) -> int:
        _, found, rest = self.info.partition(f"{label}: ")
        return int(rest.split()[0]) if found else 0


class Session:
    """A connection with its settings made. Use it from one thread; `abort` may come from any."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # The driver forgets its socket when it meets an error; we need it to interrupt a read from outside.
        self._socket: sockets.socket = connection._sock  # noqa: SLF001 - the driver has no public way
        self.id = int(connection.thread_id())
        self.closed = False
        self._limit = PacketLimit(lambda question: int(self.one(question)[0]))

    @classmethod
    def open(
        cls, endpoint: Endpoint, setup: Iterable[str] = (), *, database: str | None = None, read_timeout: float = 0
    ) -> Self:
        """Connect, log in, run `setup`. Raises ServerError or ConnectionLost, which name the address."""
        try:
            connection: Any = pymysql.connect(**_arguments(endpoint, database))
        except pymysql.err.OperationalError as error:
            errno, message = _details(error)
            kind = ConnectionLost if errno in LOST else ServerError
            raise kind(errno, _unreachable(endpoint, errno, message)) from None
        except (OSError, pymysql.err.MySQLError, RuntimeError, UnicodeError) as error:
            raise ConnectionLost(2003, _unreachable(endpoint, 2003, str(error))) from None
        session = cls(connection)
        try:
            for statement in setup:
                session.execute(statement)
        except MigrationError:
            session.close()
            raise
        if (seconds := read_timeout or endpoint.timeout) > 0:
            connection._read_timeout = seconds  # noqa: SLF001 - until here the login's
        else:
            be_patient(connection, lambda: sign_of(endpoint, session.id))
        return session

    def execute(self, statement: str) -> Result:
        """Run a statement. Raises ServerError, or ConnectionLost when its outcome is open."""
        self._run(statement)
        result = self._connection._result  # noqa: SLF001 - the driver shows the server's summary nowhere else
        if result is None:
            return Result(0, "", 0)
        message = result.message or b""
        info = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        return Result(int(result.affected_rows or 0), info, int(result.warning_count or 0))

    def query(self, statement: str) -> list[Row]:
        """Run a statement and return its rows: text as str, binary as bytes, NULL as None."""
        self._run(statement)
        result = self._connection._result  # noqa: SLF001 - a cursor would copy every row once more
        return list(result.rows or ()) if result is not None else []

    def query_bytes(self, statement: str) -> list[Row]:
        """As `query`, but all values come as bytes: for texts that need not be whole letters of any character set."""
        self._connection.use_unicode = False
        try:
            return self.query(statement)
        finally:
            self._connection.use_unicode = True

    def labels(self) -> list[str]:
        """Column names of the last query."""
        result = self._connection._result  # noqa: SLF001 - see query
        return [field.name for field in result.fields] if result is not None else []

    def one(self, statement: str) -> Row:
        """The only row of a query. Raises ServerError where there is none."""
        rows = self.query(statement)
        if not rows:
            raise ServerError(0, "the server returned no row", statement)
        return rows[0]

    def _run(self, statement: str) -> None:
        # Bytes that are no UTF-8 come as surrogates (a trigger's body in another character set).
        data = statement.encode("utf-8", "surrogateescape")
        self._limit.check(data)
        sent.count()
        try:
            self._connection.query(data)
        except (pymysql.err.OperationalError, pymysql.err.InterfaceError) as error:
            errno, message = _details(error)
            if errno in LOST or isinstance(error, pymysql.err.InterfaceError):
                raise ConnectionLost(errno or 2006, message or "the connection is closed", statement) from None
            raise ServerError(errno, message, statement) from None
        except pymysql.err.MySQLError as error:
            raise ServerError(*_details(error), statement) from None
        except RuntimeError as error:  # an answer that was not asked for: a file of ours is wanted (LOAD DATA LOCAL)
            raise ServerError(0, str(error), statement) from None
        except (OSError, ValueError, AttributeError) as error:
            # A socket shut from outside in the middle of a packet shows as any of these.
            raise ConnectionLost(2013, f"lost connection: {error}", statement) from None

    def command(self, number: int, payload: bytes) -> None:
        """Send one raw command packet (binlog.stream); what follows is read from `socket`."""
        try:
            self._connection._execute_command(number, payload)  # noqa: SLF001 - no public way to send a command
        except (OSError, pymysql.err.MySQLError) as error:
            raise ConnectionLost(2006, f"lost connection: {error}") from None

    @property
    def socket(self) -> sockets.socket:
        """The socket, plain or TLS; nothing is buffered behind it once a result has been read whole."""
        return self._socket

    def abort(self) -> None:
        """Make the owner's current wait fail at once. Safe from any thread, at any time."""
        try:
            self._socket.shutdown(sockets.SHUT_RDWR)
        except OSError:
            return  # it was closed already, which is all that was wanted

    def close(self) -> None:
        """End the connection; never fails."""
        self.closed = True
        try:
            self._connection.close()
        except (pymysql.err.MySQLError, OSError, ValueError):
            self.abort()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SessionPool:
    """Opens sessions with one set-up and knows all of them, so that a stop can abort what is still running."""

    def __init__(self, endpoint: Endpoint, setup: tuple[str, ...], stop: Stop) -> None:
        self.endpoint = endpoint
        self._setup = setup
        self._stop = stop
        self._lock = threading.Lock()
        self._open: list[Session] = []
        self._checks: list[Callable[[Session], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def on_open(self, check: Callable[[Session], None]) -> None:
        """Run `check` on each new session: it is the same server, it will log what we write."""
        self._checks.append(check)

    def session(self, *, exempt: bool = False, read_timeout: float = 0) -> Session:
        """A new session; `exempt` ones are not aborted by a stop (the cut-over's critical section)."""
        session = Session.open(self.endpoint, self._setup, read_timeout=read_timeout)
        if not exempt:
            with self._lock:
                self._open = [known for known in self._open if not known.closed]
                self._open.append(session)
        try:
            for check in self._checks:
                check(session)
        except MigrationError:
            session.close()
            raise
        return session

    def abort_all(self) -> None:
        """Shut every socket that is not exempt, and ask the server to give up the statements behind them."""
        with self._lock:
            sessions = list(self._open)
        # Before the sockets are shut: who finds his own dead closes the session, and its statement would go on.
        running = [session.id for session in sessions if not session.closed]
        for session in sessions:
            session.abort()
        kill_queries(self.endpoint, running)

    def close(self) -> None:
        """End what is still open, once no worker is left to use it."""
        with self._lock:
            sessions, self._open = self._open, []
        for session in sessions:
            if not session.closed:
                session.close()


def abort_all(*pools: SessionPool) -> None:
    """Abort the sessions of all these pools, whatever becomes of the first. Raises what the last failure raised."""
    failure: MigrationError | None = None
    for pool in dict.fromkeys(pools):
        try:
            pool.abort_all()
        except MigrationError as error:
            failure = error
    if failure is not None:
        raise failure


class RenewableSession:
    """A thread's working session. A lost one is replaced only once the server has ended the statement it ran.

    Until then that statement may still write: an old reading could land after a newer one (invariants 3 and 5).
    """

    def __init__(self, pool: SessionPool, stop: Stop, *, read_timeout: float = 0) -> None:
        self._pool = pool
        self._stop = stop
        self._timeout = read_timeout
        self.session = pool.session(read_timeout=read_timeout)

    def renew(self) -> None:
        """Replace the session. Raises what connecting raises, or ServerError when the old one cannot be ended."""
        lost = self.session
        lost.close()
        self.session = self._pool.session(read_timeout=self._timeout)
        ensure_dead(self.session, lost.id, self._stop)

    def close(self) -> None:
        """End the session."""
        self.session.close()


def kill_queries(endpoint: Endpoint, ids: list[int]) -> None:
    """KILL these sessions; one that has ended already is no error. Raises what connecting raises."""
    if not ids:
        return
    hasty = replace(endpoint, timeout=min(endpoint.timeout or KILL_SECONDS, KILL_SECONDS))
    with Session.open(hasty) as session:
        for number in ids:
            kill(session, number)


def await_ended(endpoint: Endpoint, number: int) -> None:
    """KILL a session of ours and wait until the server has ended what it ran. Raises what connecting raises."""
    hasty = replace(endpoint, timeout=min(endpoint.timeout or KILL_SECONDS, KILL_SECONDS))
    with Session.open(hasty) as session:
        ensure_dead(session, number, Stop(), seconds=KILL_SECONDS)


def sign_of(endpoint: Endpoint, number: int) -> Sign:
    """What the server makes of a session through which nothing comes."""
    hasty = replace(endpoint, timeout=KILL_SECONDS)
    try:
        with Session.open(hasty) as session:
            found = process_of(session, number)
    except ServerError:
        return Sign.UNKNOWN
    if found is None:
        return Sign.GONE
    return Sign.IDLE if found[0] == "Sleep" else Sign.WORKING


def process_of(session: Session, number: int) -> tuple[str, str, str] | None:
    """Command, state and statement of a session on the server; None when there is none of that number.

    By SHOW PROCESSLIST: MySQL 9.7's information_schema.processlist fails as a whole (error 3854) while any statement of
    anybody holds a letter beyond the basic plane. As bytes: MariaDB cuts anybody's statement after 100 of them, in the
    middle of a letter too.
    """
    for row in session.query_bytes("SHOW PROCESSLIST"):
        if int(row[0]) == number:
            command, state, info = (str(value or b"", "utf-8", "replace") for value in (row[4], row[6], row[7]))
            return command, state, info
    return None


def ensure_dead(session: Session, lost: int, stop: Stop, *, seconds: float = 60.0) -> None:
    """Kill the lost session `lost` and wait until the server has none of that id any more.

    Only then is it sure that its last statement has either committed or vanished. Raises ServerError after `seconds`.
    """
    end = stop.now() + seconds
    while stop.now() < end and not stop.is_set():
        if process_of(session, lost) is None:
            return
        kill(session, lost)
        stop.wait(0.05)
    raise ServerError(0, f"session {lost} is still running a statement of ours and cannot be ended")


def kill(session: Session, number: int) -> None:
    """KILL a session; one that has ended already is no error."""
    try:
        session.execute(f"KILL {number:d}")
    except ServerError as error:
        if error.errno != 1094:  # unknown thread id: it is gone, as we wish
            raise


def _details(error: BaseException) -> tuple[int, str]:
    arguments = error.args
    if len(arguments) >= 2 and isinstance(arguments[0], int):
        return arguments[0], str(arguments[1])
    return 0, str(arguments[0]) if arguments else str(error)


def _unreachable(endpoint: Endpoint, errno: int, message: str) -> str:
    step = next_step(endpoint, errno, message)
    return f"cannot connect to {endpoint} as {endpoint.user!r}: {message}{f'; {step}' if step else ''}"


def _arguments(endpoint: Endpoint, database: str | None) -> dict[str, Any]:
    login = max(1, round(endpoint.timeout or LOGIN_SECONDS))
    arguments: dict[str, Any] = {
        "user": endpoint.user,
        "password": endpoint.password.encode("utf-8", "surrogateescape"),  # the driver would take latin1 for a text
        "database": database,
        "charset": "utf8mb4",
        "init_command": NO_TIME_LIMIT,
        "autocommit": True,
        "conv": {},
        "connect_timeout": login,
        "read_timeout": login,  # the driver's own limit for connecting does not cover the login
        "max_allowed_packet": 1 << 30,
        "program_name": f"ghostshift {__version__}",
        "auth_plugin_map": PLUGINS,
    }
    if endpoint.socket:
        arguments["unix_socket"] = endpoint.socket
    else:
        arguments["host"], arguments["port"] = endpoint.host, endpoint.port
    if endpoint.tls is not None:
        arguments["ssl"] = tls_context(endpoint.tls)
    else:
        arguments["ssl_disabled"] = True  # else the driver builds a TLS context for nothing, 40 ms a connection
    return arguments


def tls_context(tls: Tls) -> ssl.SSLContext:
    """A context that verifies chain and host name, unless told by name not to. Raises UsageError for bad files."""
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
        if not tls.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if tls.cert:
            context.load_cert_chain(tls.cert, tls.key or None)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"the TLS files cannot be used (--ssl-ca, --ssl-cert, --ssl-key): {error}") from None
    return context
