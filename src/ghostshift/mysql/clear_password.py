"""Ways to prove who we are that give the password away: only where nobody on the way can hear it.

The server chooses the way, and whoever sits in between may choose in its place. The driver would say the password in
clear (PAM, LDAP, tokens of a cloud) to anybody who asks for it so; gh-ost's driver does not, unless it is told to. Must
never send a password over a connection that is neither encrypted nor a Unix socket.
"""

from __future__ import annotations

from typing import Any, NoReturn

import pymysql

CANNOT_LOAD = 2059
"""CR_AUTH_PLUGIN_CANNOT_LOAD: what a client says that does not know the way."""


class ClearPassword:
    """In place of the driver's own mysql_clear_password: the password, once."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def authenticate(self, packet: Any) -> Any:
        """Prove who we are. Raises OperationalError where that would be heard."""
        if not self._connection._secure:  # noqa: SLF001 - the driver tells its plugins no other way
            _refuse(
                "the server wants the password in clear, and this connection is not encrypted: give --ssl, or connect "
                "by --socket"
            )
        return self._prove(packet)

    def _prove(self, _: Any) -> Any:
        return self._say()

    def _say(self) -> Any:
        self._connection.write_packet(self._connection.password + b"\0")
        packet = self._connection._read_packet()  # noqa: SLF001 - as the driver's own plugins do
        packet.check_error()
        return packet


class Dialog(ClearPassword):
    """In place of its dialog: each question is answered with the password, for nobody sits here to be asked."""

    def _prove(self, packet: Any) -> Any:
        while True:
            last = packet.read_uint8() & 1
            packet = self._say()
            if last or packet.is_ok_packet():
                return packet


class OldPassword:
    """In place of its mysql_old_password, whose hash of 64 bits is as good as the password to whoever hears it."""

    def __init__(self, _: Any) -> None:
        pass

    def authenticate(self, _: Any) -> NoReturn:
        """Raises OperationalError."""
        _refuse("the server wants the short hash of MySQL 4.0; give this user another authentication plugin")


def _refuse(why: str) -> NoReturn:
    raise pymysql.err.OperationalError(CANNOT_LOAD, why)


PLUGINS = {b"mysql_clear_password": ClearPassword, b"dialog": Dialog, b"mysql_old_password": OldPassword}
"""For the driver, by the server's name for each."""
