"""A small HTTP server for throttle-http: answers as it is told, and counts who asked."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Checks:
    """Listens on a port of its own. `status` is its answer; 0 lets a request hang."""

    def __init__(self) -> None:
        self.status = 200
        self.asked: list[tuple[str, str, str]] = []
        """Method, path and the client's name of each request."""
        self.logins: list[str] = []
        """What each request said of who asks."""
        self._over = threading.Event()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                owner.asked.append((self.command, self.path, self.headers["User-Agent"]))
                owner.logins.append(self.headers["Authorization"] or "")
                while owner.status == 0 and not owner._over.wait(0.02):
                    continue
                if self.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", "/check")
                else:
                    self.send_response(owner.status or 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        where = "{}:{}".format(*self._server.server_address)
        self.address = f"http://{where}/check"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it, once; connections are refused from now on."""
        if self._over.is_set():
            return
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10.0)
