"""Which server, and as whom: the flags of the commands that need no more than a connection, and what they make.

Passwords come from the environment, the file of --conf or a question, never from the line.
"""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import sys
from collections.abc import Mapping

from ghostshift.conf_file import read_conf
from ghostshift.model.errors import UsageError
from ghostshift.model.options import Endpoint, Tls
from ghostshift.model.shown import shown

_SECTIONS = {"client": {name: name for name in ("user", "password", "host", "port", "socket")}}
PASSWORD = "GHOSTSHIFT_PASSWORD"  # noqa: S105 - the name of a variable


class NoPassword(argparse.Action):
    """Refuses a password on the line without repeating it, as a complaint about an unknown flag would."""

    def __call__(self, parser: argparse.ArgumentParser, *given: object) -> None:
        """See argparse."""
        flag = given[-1]
        parser.error(f"{flag} is not taken: every user of this machine could read it; give {PASSWORD}, or --ask-pass")


def add_server(parser: argparse.ArgumentParser, conf: str = "file whose section client names the server") -> None:
    """Add the flags."""
    parser.add_argument("--password", action=NoPassword, help=argparse.SUPPRESS)
    server = parser.add_argument_group("server", f"The password is {PASSWORD}'s, or that of --conf, or asked for.")
    for name, kind, text in (
        ("host", str, "address of the server; 127.0.0.1 where none is given"),
        ("port", int, "its port; default: 3306"),
        ("socket", str, "path of its socket, instead of host and port"),
        ("user", str, "whom to log in as; default: whoever runs this"),
    ):
        server.add_argument(f"--{name}", type=kind, help=text)
    server.add_argument("--ask-pass", action="store_true", help="ask for the password")
    server.add_argument("--conf", default="", metavar="FILE", help=conf)
    server.add_argument("--ssl", action="store_true", help="encrypt, and verify the certificate")
    for name in ("ca", "cert", "key"):
        server.add_argument(f"--ssl-{name}", default="", metavar="FILE", help="for --ssl, as a PEM file")
    server.add_argument("--ssl-allow-insecure", action="store_true", help="take any certificate")


def endpoint_of(arguments: argparse.Namespace, texts: Mapping[str, str], environment: Mapping[str, str]) -> Endpoint:
    """The server: flag, environment (the password), file, default. `texts` is what the file says. Raises UsageError."""
    host = arguments.host or texts.get("host", "") or "127.0.0.1"
    check_host(host, "--host")
    found = Endpoint(
        host=host,
        port=arguments.port or port_of(texts.get("port", "3306")),
        socket=arguments.socket or texts.get("socket", ""),
        user=arguments.user or texts.get("user", "") or _whoever(),
        password=environment.get(PASSWORD, "") or texts.get("password", ""),
        tls=_tls(arguments),
    )
    if arguments.ask_pass:
        found = dataclasses.replace(found, password=getpass.getpass(f"Password of {found.user} on {found}: "))
    return found


def _whoever() -> str:
    """The name of the user who runs this; empty for a number without a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def texts_of(
    arguments: argparse.Namespace,
    environment: Mapping[str, str],
    sections: Mapping[str, Mapping[str, str]] = _SECTIONS,
) -> Mapping[str, str]:
    """What the file of --conf says, by flag. Raises UsageError."""
    if not arguments.conf:
        return {}
    conf = read_conf(arguments.conf, environment, sections)
    for warning in conf.warnings:
        sys.stderr.write(shown(f"WARNING {warning}\n"))
    return conf.texts


def check_host(host: str, flag: str) -> None:
    """Raise UsageError for what is more than a host."""
    if not set("@/").isdisjoint(host):
        raise UsageError(f"{flag} is a name or address alone: the user has a flag of its own")


def port_of(text: str) -> int:
    """A port that stands in a file. Raises UsageError."""
    if not (text.isascii() and text.isdigit()):
        raise UsageError("the port in the file of --conf is no number")
    return int(text)


def _tls(arguments: argparse.Namespace) -> Tls | None:
    files = (arguments.ssl_ca, arguments.ssl_cert, arguments.ssl_key)
    if not arguments.ssl:
        if any(files) or arguments.ssl_allow_insecure:
            raise UsageError("--ssl-ca, --ssl-cert, --ssl-key and --ssl-allow-insecure are about --ssl: give that too")
        return None
    return Tls(ca=files[0], cert=files[1], key=files[2], verify=not arguments.ssl_allow_insecure)
