"""What the trainer talks to, on 127.0.0.1."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from espalier_sidecar.errors import BadReport, SpoolFull
from espalier_sidecar.notice import PruneNotice
from espalier_sidecar.report import parse_reports
from espalier_sidecar.spool import Spool
from espalier_sidecar.voice import say_some

MAX_BODY = 2**20
MAX_DISCARDED = 16 * 2**20
MAX_CONNECTIONS = 32
IDLE_SECONDS = 60.0
STACK_BYTES = 256 * 1024
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    b"Connection: close\r\n\r\n"
)


class LocalServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """`POST /report`, `GET /should-prune` and `GET /healthz`.

    No answer waits for the operator: a report is answered once it is in the spool.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        metric: str,
        spool: Spool,
        notice: PruneNotice,
        health: Callable[[], dict[str, int]],
    ) -> None:
        self.metric = metric
        self.spool = spool
        self.notice = notice
        self.health = health
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        super().__init__(("127.0.0.1", port), Handler)

    def process_request(self, request: object, client_address: object) -> None:
        """Serve a connection in a thread of its own, as long as there are few of them."""
        assert isinstance(request, socket.socket)
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        try:
            request.send(BUSY, socket.MSG_DONTWAIT)
        except OSError:
            pass
        finally:
            self.shutdown_request(request)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Free the place when the connection ends."""
        assert isinstance(request, socket.socket)
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """A trainer that hangs up is no news."""

    def begin(self) -> None:
        """Serve in the background."""
        threading.stack_size(STACK_BYTES)
        threading.Thread(target=self.serve_forever, name="local server", daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    """One connection of the trainer."""

    server: LocalServer
    protocol_version = "HTTP/1.1"
    server_version = "espalier-sidecar"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer whether to stop, and how the sidecar is."""
        if self.path == "/should-prune":
            self._answer(200, self.server.notice.answer())
        elif self.path == "/healthz":
            self._answer(200, json.dumps(self.server.health()))
        else:
            self._not_found()

    def do_POST(self) -> None:
        """Take one report, or a list of them."""
        body = self._body()
        if body is None:
            return
        if self.path != "/report":
            self._not_found()
            return
        try:
            reports = parse_reports(body, self.server.metric)
            self.server.spool.append(reports)
        except BadReport as error:
            say_some("bad report", f"answered 400: {error}")
            self._complain(400, str(error))
        except SpoolFull as error:
            say_some("full", f"answered 507: {error}")
            self._complain(507, f"the value was not kept, its volume is full: {error}")
        else:
            queued = {"queued": len(reports), "prune": self.server.notice.prune}
            self._answer(202, json.dumps(queued))

    def _body(self) -> bytes | None:
        text = self.headers.get("Content-Length", "")
        if not (text.isascii() and text.isdigit()):
            self.close_connection = True
            self._complain(411, f"expected a Content-Length; came {text!r}")
            return None
        length = int(text[:20])
        if length > MAX_BODY:
            self._discard(length)
            self._complain(
                413, f"expected at most {MAX_BODY} bytes; came {length}: send several posts"
            )
            return None
        return self.rfile.read(length)

    def _discard(self, length: int) -> None:
        """Read a body that is too large, so that the trainer gets to the answer."""
        self.close_connection = True
        left = min(length, MAX_DISCARDED)
        while left > 0 and (chunk := self.rfile.read(min(left, 65536))):
            left -= len(chunk)

    def _not_found(self) -> None:
        self._complain(
            404,
            "expected POST /report, GET /should-prune or GET /healthz; "
            f"came {self.command} {self.path[:80]}",
        )

    def _complain(self, status: int, message: str) -> None:
        self._answer(status, json.dumps({"error": message}))

    def _answer(self, status: int, text: str) -> None:
        body = text.encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""
