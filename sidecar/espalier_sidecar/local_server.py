"""What the trainer talks to, on 127.0.0.1: its connections; `handler.py` reads what they say."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable

from espalier_sidecar import limits
from espalier_sidecar.byte_budget import ByteBudget
from espalier_sidecar.handler import Handler
from espalier_sidecar.prune_notice import PruneNotice
from espalier_sidecar.refused_connections import RefusedConnections
from espalier_sidecar.spool import Spool

_BUSY = json.dumps(
    {"error": f"expected at most {limits.CONNECTIONS} connections; keep one open, and try again"}
).encode()
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(_BUSY), _BUSY)
)


class LocalServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """`POST /report`, `GET /should-prune` and `GET /healthz`.

    No answer waits for the operator: a report is answered once it is in the spool.

    Parameters
    ----------
    port
        Where to listen, on 127.0.0.1.
    metric
        The metric of a report that names none.
    spool
        Where reports are kept.
    notice
        Whether the trial was pruned.
    health
        Returns the counts that `GET /healthz` answers.

    Attributes
    ----------
    budget
        The bytes that large bodies share.
    parsing
        Held by whoever parses a body: one at a time.

    Raises
    ------
    OSError
        If another process listens on the port.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = limits.WAITING

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
        self.budget = ByteBudget(limits.BODIES)
        self.parsing = threading.Lock()
        self._places = threading.BoundedSemaphore(limits.CONNECTIONS)
        self._refused = RefusedConnections()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        """Bound what the kernel keeps for each connection: it counts as ours."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limits.RECEIVED)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.SENT)
        super().server_bind()

    def process_request(self, request: object, client_address: object) -> None:
        """Serve a connection in a thread of its own, as long as there are few of them."""
        assert isinstance(request, socket.socket)
        if not self._places.acquire(blocking=False):
            self._refused.refuse(request, BUSY)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

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
        threading.stack_size(limits.STACK)
        threading.Thread(target=self.serve_forever, name="local server", daemon=True).start()
