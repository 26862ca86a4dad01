"""Asks the throttle-http server: a HEAD request whose status says whether to go on.

Redirects are followed and the environment's proxies are used, as gh-ost's HTTP library does. An abort reaches a request
by the socket that it waits on, in each state but that of looking a name up, which nothing can interrupt.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket as sockets
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import IO, Any

from ghostshift import __version__
from ghostshift.core.throttling import Reading
from ghostshift.runtime.group import Stop


class HttpAsker:
    """See the module. `seconds` is asked before each request for how long its answer may take."""

    def __init__(self, address: str, seconds: Callable[[], float], stop: Stop) -> None:
        self._address, self._login = _without_login(address)
        self._seconds = seconds
        self._stop = stop
        self._aborted = False
        self._line: sockets.socket | None = None
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            _Connecting(self._dial),
            _Redirects(),
            urllib.request.HTTPErrorProcessor(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.UnknownHandler(),
        ):
            self._opener.add_handler(handler)

    def ask(self) -> Reading:
        """The status; whatever is no HTTP answer is a problem."""
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked where the address is given
            self._address, headers={"User-Agent": f"ghostshift/{__version__}"}, method="HEAD"
        )
        if self._login:
            request.add_unredirected_header("Authorization", self._login)
        try:
            with self._opener.open(request, timeout=max(0.01, self._seconds())) as answer:
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            status = error.code
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Reading(self._stop.now(), problem=str(error) or type(error).__name__)
        finally:
            self._hang_up()
        return Reading(self._stop.now(), status)

    def abort(self) -> None:
        """See Asker."""
        self._aborted = True
        line = self._line
        if line is not None:
            with contextlib.suppress(OSError):  # it is over already, or not connected yet
                line.shutdown(sockets.SHUT_RDWR)

    def close(self) -> None:
        """See Asker: nothing is kept between two requests."""

    def _dial(self, address: tuple[str, int], timeout: float, *_: object) -> sockets.socket:
        """Connect, in a way that `abort` can see: TLS hides the socket until its handshake is over."""
        failure: OSError = OSError(f"{address[0]} has no address")
        for family, kind, protocol, _name, target in sockets.getaddrinfo(*address, 0, sockets.SOCK_STREAM):
            line = sockets.socket(family, kind, protocol)
            try:
                self._hang_up()
                self._line = line.dup()
                if self._aborted:
                    raise OSError("nobody wants to know any more")  # noqa: TRY301 - as if it had been interrupted
                line.settimeout(timeout)
                line.connect(target)
            except OSError as error:
                line.close()
                failure = error
            else:
                return line
        raise failure

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


class _Connecting(urllib.request.HTTPSHandler):
    """HTTP and HTTPS over connections that we dial ourselves; certificates are verified."""

    def __init__(self, dial: Callable[..., sockets.socket]) -> None:
        super().__init__()
        self._dial = dial
        self._trust: ssl.SSLContext | None = None

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """An `http:` address."""
        return self.do_open(self._plain, request)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        """An `https:` address."""
        return self.do_open(self._encrypted, request)

    http_request = urllib.request.AbstractHTTPHandler.do_request_

    def _plain(self, host: str, **more: Any) -> http.client.HTTPConnection:
        return self._dialling(http.client.HTTPConnection(host, **more))

    def _encrypted(self, host: str, **more: Any) -> http.client.HTTPConnection:
        if self._trust is None:
            self._trust = ssl.create_default_context()  # once: reading the certificates takes its time
        return self._dialling(http.client.HTTPSConnection(host, context=self._trust, **more))

    def _dialling(self, connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
        connection._create_connection = self._dial  # type: ignore[attr-defined]  # noqa: SLF001 - no public way
        return connection


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Asks by HEAD at the new address, too."""

    def redirect_request(
        self,
        request: urllib.request.Request,
        answer: IO[bytes],
        code: int,
        text: str,
        headers: http.client.HTTPMessage,
        address: str,
    ) -> urllib.request.Request | None:
        """The request to the new address."""
        again = super().redirect_request(request, answer, code, text, headers, address)
        if again is not None:
            again.method = "HEAD"
        return again


def _without_login(address: str) -> tuple[str, str]:
    """The address without `user:password@`, and the header that says it instead."""
    parts = urllib.parse.urlsplit(address)
    user, found, host = parts.netloc.rpartition("@")
    if not found:
        return address, ""
    token = base64.b64encode(urllib.parse.unquote(user).encode()).decode("ascii")
    return urllib.parse.urlunsplit(parts._replace(netloc=host)), f"Basic {token}"
