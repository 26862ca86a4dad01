"""What to do about a connection that could not be made: a next step for each kind of failure.

Pure words. They must not hold what the options hold of secrets, and nothing may depend on them.
"""

from __future__ import annotations

from collections.abc import Iterable

from ghostshift.model.options import Endpoint

ANOTHER_USER = frozenset({1045, 1698})
"""Access denied, with a password or without."""

_BY_NUMBER = {
    1040: "raise max_connections there, or end sessions that are idle",
    1044: "GRANT that user something on the schema, or look at --database",
    1049: "look at --database",
    1129: "FLUSH HOSTS there (MySQL 8 and later: TRUNCATE performance_schema.host_cache), once the cause is known",
    1130: "make the user there for this host as well",
    1203: "raise max_user_connections there, or end sessions that are idle",
    1226: "raise that user's limit there",
    1862: "give the user a new password there",
    2026: "the server offers no TLS: set it up there; without --ssl, whoever sits in between can read all",
    3118: "ALTER USER … ACCOUNT UNLOCK there",
    3159: "give --ssl",
    4151: "ALTER USER … ACCOUNT UNLOCK there",
}

_BY_WORDS = (
    (("hostname mismatch", "ip address mismatch", "doesn't match", "no appropriate subjectaltname"),
     "give the host by a name that stands in the certificate"),
    (("certificate has expired", "not yet valid"), "give the server a certificate that is valid now, or set the clock"),
    (("insecure transport",), "give --ssl"),
    (("name or service not known", "nodename nor servname", "name resolution", "no address associated"),
     "look at the name of the host"),
    (("refused",), "is the server up, and is that its port? (--host, --port)"),
    (("timed out", "timeout", "no route", "unreachable"),
     "is that its address, and does a firewall let this machine through? (--host, --port)"),
)  # fmt: skip


def next_step(endpoint: Endpoint, errno: int, message: str) -> str:
    """What to look at, or to do; empty where the message says all that there is to say."""
    said = message.lower()
    if errno in ANOTHER_USER:
        return _another_user(endpoint)
    if errno in _BY_NUMBER and not (errno == 2026 and "certificate" in said):
        return _BY_NUMBER[errno]
    if endpoint.socket and _any(("refused", "no such file", "permission denied"), said):
        return "is the server up, and is that its socket? (--socket)"
    found = next((step for words, step in _BY_WORDS if _any(words, said)), "")
    if found or "certificate" not in said:
        return found
    return _authority(endpoint)


def _any(words: Iterable[str], said: str) -> bool:
    return any(word in said for word in words)


def _another_user(endpoint: Endpoint) -> str:
    step = "look at the user (--user) and the password (GHOSTSHIFT_PASSWORD, --conf or --ask-pass)"
    if not endpoint.user:
        step = "give --user, and the password in GHOSTSHIFT_PASSWORD, --conf or by --ask-pass"
    elif not endpoint.password:
        step = "no password was given: GHOSTSHIFT_PASSWORD, --conf or --ask-pass do"
    if endpoint.tls is None and not endpoint.socket:
        step += "; a user who REQUIREs SSL needs --ssl"
    return step


def _authority(endpoint: Endpoint) -> str:
    ca = endpoint.tls.ca if endpoint.tls is not None else ""
    if not ca:
        return "give the certificate of the authority that signed the server's with --ssl-ca"
    return f"--ssl-ca {ca} is not of the authority that signed the server's certificate: give that one's"
