"""What the trainer talks to, on 127.0.0.1: its connections; `handler.py` reads what they say."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Sequence

from espalier_sidecar import limits
from espalier_sidecar.byte_budget import ByteBudget
from espalier_sidecar.collectors.base import Served
from espalier_sidecar.crowd import PEEKED, Crowd
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
    served
        The collectors that answer paths of their own.

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
        served: Sequence[Served] = (),
    ) -> None:
        self.metric = metric
        self.spool = spool
        self.notice = notice
        self.health = health
        self._served = served
        self.budget = ByteBudget(limits.BODIES)
        self.parsing = threading.Lock()
        self._inside = 0
        self._counting = threading.Lock()
        self._places = threading.BoundedSemaphore(limits.CONNECTIONS)
        self._refused = RefusedConnections()
        self._crowd = Crowd(
            self._may_wait, self._enter, lambda each: self._refused.refuse(each, BUSY)
        )
        super().__init__(("127.0.0.1", port), Handler)

    def served_at(self, path: str) -> Served | None:
        """Return the collector that answers a path, None if it is the server's own."""
        for each in self._served:
            if path == each.prefix or path.startswith((f"{each.prefix}/", f"{each.prefix}?")):
                return each
        return None

    def is_crowded(self) -> bool:
        """Tell whether connections had better not be kept between requests."""
        return self._inside > limits.CONNECTIONS // 2

    def server_bind(self) -> None:
        """Bound what the kernel keeps for each connection: it counts as ours."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, limits.RECEIVED)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, limits.SENT)
        super().server_bind()

    def process_request(self, request: object, client_address: object) -> None:
        """Serve a connection in a thread of its own, as long as there are few of them."""
        assert isinstance(request, socket.socket)
        if self._crowd or not self._enter(request, client_address):
            self._crowd.add(request, client_address)

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Free the place when the connection ends."""
        assert isinstance(request, socket.socket)
        with self._counting:
            self._inside += 1
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._counting:
                self._inside -= 1
            self._places.release()

    def _enter(self, connection: socket.socket, address: object) -> bool:
        """Serve a connection if there is a place."""
        if not self._places.acquire(blocking=False):
            return False
        try:
            super().process_request(connection, address)
        except BaseException:
            self._places.release()
            raise
        return True

    def _refuse(self, connection: socket.socket) -> None:
        self._refused.refuse(connection, BUSY)

    def _may_wait(self, begins: bytes) -> bool | None:
        """Tell of the beginning of a request whether a collector answers it, which may not refuse.

        Its client would take a refusal for an outage, and stall the training.
        """
        _, space, path = begins.decode("latin-1").partition(" ")
        if self.served_at(path.partition(" ")[0]) is not None:
            return True
        prefixes = [each.prefix for each in self._served]
        may_become = not space or any(each.startswith(path) for each in prefixes)
        return None if may_become and prefixes and len(begins) < PEEKED else False

    def handle_error(self, request: object, client_address: object) -> None:
        """A trainer that hangs up is no news."""

    def begin(self) -> None:
        """Serve in the background."""
        threading.stack_size(limits.STACK)
        threading.Thread(target=self.serve_forever, name="local server", daemon=True).start()
