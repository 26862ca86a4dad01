"""What a session makes of the driver's words: errors, summaries, connection arguments. No server is needed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pymysql
import pytest

from ghostshift.model.errors import ConnectionLost, ServerError, UsageError
from ghostshift.model.options import Endpoint, Tls
from ghostshift.mysql.retry import LOST
from ghostshift.mysql.session import Result, Session, _arguments, tls_context


class ShutSocket:
    """A socket that was closed already."""

    def shutdown(self, _: int) -> None:
        """Fail as such a socket does."""
        raise OSError(9, "Bad file descriptor")


class Connection:
    """A driver's connection that fails or answers as told."""

    def __init__(self, failure: Exception | None = None, result: Any = None) -> None:
        self._sock = ShutSocket()
        self._failure = failure
        self._result = result
        self.sent: list[str] = []

    def thread_id(self) -> int:
        """The server's id of this session."""
        return 42

    def query(self, statement: str) -> None:
        """Send, and fail if told to."""
        self.sent.append(statement)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Fail if told to."""
        if self._failure is not None:
            raise self._failure


@pytest.mark.parametrize(
    ("info", "records", "duplicates"),
    [
        ("Records: 12  Duplicates: 3  Warnings: 0", 12, 3),
        ("Rows matched: 1  Changed: 1  Warnings: 0", 0, 0),
        ("", 0, 0),
    ],
)
def test_the_servers_summary_tells_how_many_rows_were_read_and_skipped(
    info: str, records: int, duplicates: int
) -> None:
    result = Result(0, info, 0)
    assert (result.records, result.duplicates) == (records, duplicates)


@pytest.mark.parametrize("errno", sorted(LOST))
def test_i3_errors_after_which_the_outcome_is_open_are_lost_connections(errno: int) -> None:
    session = Session(Connection(pymysql.err.OperationalError(errno, "gone")))
    with pytest.raises(ConnectionLost) as error:
        session.execute("UPDATE t SET a = 1")
    assert (error.value.errno, error.value.statement) == (errno, "UPDATE t SET a = 1")


@pytest.mark.parametrize(
    "failure",
    [
        pymysql.err.InterfaceError(0, ""),
        pymysql.err.InterfaceError(),
        OSError("broken pipe"),
        ValueError("read of closed file"),
        AttributeError("'NoneType' object has no attribute 'read'"),
    ],
)
def test_i3_a_socket_that_was_shut_shows_as_a_lost_connection_whatever_the_driver_says(failure: Exception) -> None:
    with pytest.raises(ConnectionLost) as error:
        Session(Connection(failure)).query("SELECT 1")
    assert error.value.errno in LOST


@pytest.mark.parametrize(
    ("failure", "errno"),
    [
        (pymysql.err.OperationalError(1205, "Lock wait timeout exceeded"), 1205),
        (pymysql.err.IntegrityError(1062, "Duplicate entry"), 1062),
        (pymysql.err.ProgrammingError("no number"), 0),
    ],
)
def test_other_failures_are_the_servers_and_keep_number_and_message(failure: Exception, errno: int) -> None:
    with pytest.raises(ServerError) as error:
        Session(Connection(failure)).execute("X")
    assert not isinstance(error.value, ConnectionLost)
    assert error.value.errno == errno
    assert error.value.server_message == str(failure.args[-1])


def test_a_statements_result_has_rows_affected_summary_and_warnings() -> None:
    answer = SimpleNamespace(
        affected_rows=3, message=b"Records: 5  Duplicates: 2  Warnings: 1", warning_count=1, rows=None
    )
    session = Session(Connection(result=answer))
    assert session.execute("X") == Result(3, "Records: 5  Duplicates: 2  Warnings: 1", 1)
    assert session.query("X") == []
    assert session.id == 42
    nothing = SimpleNamespace(affected_rows=None, message=None, warning_count=None, rows=None)
    assert Session(Connection(result=nothing)).execute("X") == Result(0, "", 0)
    assert Session(Connection()).execute("X") == Result(0, "", 0)


def test_a_query_answers_its_rows_and_one_insists_on_a_row() -> None:
    session = Session(Connection(result=SimpleNamespace(rows=((1, "a"), (2, "b")), fields=())))
    assert session.query("X") == [(1, "a"), (2, "b")]
    assert session.one("X") == (1, "a")
    with pytest.raises(ServerError, match="returned no row"):
        Session(Connection()).one("SELECT 1")


def test_closing_and_aborting_never_fail_and_may_be_repeated() -> None:
    session = Session(Connection(pymysql.err.Error("Already closed")))
    session.close()
    session.abort()
    session.abort()


def test_connecting_uses_the_socket_where_there_is_one_and_never_the_drivers_conversions() -> None:
    by_socket = _arguments(Endpoint(socket="/run/s.sock", user="u", password="p"), None)
    assert by_socket["unix_socket"] == "/run/s.sock"
    assert "host" not in by_socket
    by_address = _arguments(Endpoint(host="db", port=7, timeout=2.4), "shop")
    assert (by_address["host"], by_address["port"], by_address["database"]) == ("db", 7, "shop")
    assert by_address["connect_timeout"] == 2
    assert by_address["conv"] == {}
    assert by_address["autocommit"] is True
    assert by_address["ssl_disabled"] is True
    assert _arguments(Endpoint(timeout=0.1), None)["connect_timeout"] == 1
    assert _arguments(Endpoint(), None)["connect_timeout"] == 10


def test_encryption_verifies_unless_it_is_told_not_to_by_name() -> None:
    strict = tls_context(Tls())
    assert strict.check_hostname
    assert strict.verify_mode.name == "CERT_REQUIRED"
    loose = tls_context(Tls(verify=False))
    assert not loose.check_hostname
    assert loose.verify_mode.name == "CERT_NONE"
    assert "ssl_disabled" not in _arguments(Endpoint(tls=Tls(verify=False)), None)


@pytest.mark.parametrize("files", [{"ca": "/nowhere/ca.pem"}, {"cert": "/nowhere/cert.pem", "verify": False}])
def test_tls_files_that_cannot_be_used_are_a_usage_error_that_names_the_flags(files: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="--ssl-ca, --ssl-cert, --ssl-key"):
        tls_context(Tls(**files))


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (pymysql.err.OperationalError(2003, "refused"), ConnectionLost),
        (pymysql.err.OperationalError(1045, "Access denied"), ServerError),
        (OSError("no route"), ConnectionLost),
        (RuntimeError("cryptography is missing"), ConnectionLost),
        (UnicodeError("no name of a host"), ConnectionLost),
    ],
)
def test_a_server_that_cannot_be_had_is_named_with_the_user_but_without_the_password(
    failure: Exception, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise failure

    monkeypatch.setattr(pymysql, "connect", refuse)
    with pytest.raises(ServerError, match=r"cannot connect to db:7 as 'me'") as error:
        Session.open(Endpoint(host="db", port=7, user="me", password="s3cret"))
    assert type(error.value) is kind
    assert str(failure.args[-1]) in str(error.value)
    assert "s3cret" not in str(error.value)
    assert ("; is the server up" in str(error.value)) == ("refused" in str(failure))
