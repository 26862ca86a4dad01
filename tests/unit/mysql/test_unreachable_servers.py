"""What is said about a connection that could not be made: each kind of failure has a next step. No server."""

from __future__ import annotations

import pytest

from ghostshift.model.options import Endpoint, Tls
from ghostshift.mysql.unreachable import next_step

PLAIN = Endpoint(host="db", user="me", password="s3cret")
BY_SOCKET = Endpoint(socket="/run/s.sock", user="me", password="s3cret")
REFUSED = "Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)"
UNTRUSTED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate"
MISMATCH = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: IP address mismatch"
EXPIRED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"


@pytest.mark.parametrize(
    ("endpoint", "errno", "message", "step"),
    [
        (PLAIN, 2003, REFUSED, "--host, --port"),
        (PLAIN, 2003, "Can't connect (timed out)", "firewall"),
        (PLAIN, 2003, "[Errno -2] Name or service not known", "name of the host"),
        (BY_SOCKET, 2003, REFUSED, "--socket"),
        (BY_SOCKET, 2003, "[Errno 2] No such file or directory", "--socket"),
        (PLAIN, 1045, "Access denied for user 'me'@'h' (using password: YES)", "REQUIREs SSL needs --ssl"),
        (PLAIN, 1045, "Access denied for user 'me'@'h' (using password: YES)", "GHOSTSHIFT_PASSWORD"),
        (BY_SOCKET, 1698, "Access denied for user 'me'@'h'", "look at the user"),
        (Endpoint(user="me"), 1045, "Access denied", "no password was given"),
        (Endpoint(), 1045, "Access denied", "give --user"),
        (PLAIN, 1040, "Too many connections", "max_connections"),
        (PLAIN, 1130, "Host 'h' is not allowed to connect", "for this host"),
        (PLAIN, 3159, "Connections using insecure transport are prohibited", "give --ssl"),
        (PLAIN, 0, "Connections using insecure transport are prohibited", "give --ssl"),
        (Endpoint(tls=Tls()), 2026, "SSL is required but the server doesn't support it", "offers no TLS"),
        (Endpoint(tls=Tls()), 2003, UNTRUSTED, "--ssl-ca"),
        (Endpoint(tls=Tls(ca="/a/ca.pem")), 2003, UNTRUSTED, "--ssl-ca /a/ca.pem is not of the authority"),
        (Endpoint(tls=Tls(ca="/a/ca.pem")), 2026, UNTRUSTED, "--ssl-ca /a/ca.pem is not of the authority"),
        (Endpoint(tls=Tls(ca="/a/ca.pem")), 2003, MISMATCH, "a name that stands in the certificate"),
        (Endpoint(tls=Tls(ca="/a/ca.pem")), 2003, EXPIRED, "valid now"),
    ],
)
def test_a_next_step(endpoint: Endpoint, errno: int, message: str, step: str) -> None:
    found = next_step(endpoint, errno, message)
    assert step in found
    assert "s3cret" not in found


def test_a_user_by_socket_or_with_tls_is_not_sent_to_ssl() -> None:
    assert "--ssl" not in next_step(BY_SOCKET, 1045, "Access denied")
    assert "--ssl" not in next_step(Endpoint(user="me", password="p", tls=Tls()), 1045, "Access denied")


def test_what_nobody_knows_is_told_as_the_driver_says_it() -> None:
    assert next_step(PLAIN, 4711, "something new") == ""
