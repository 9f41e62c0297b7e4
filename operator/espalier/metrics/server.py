"""The HTTP server for ``/metrics``, ``/livez`` and ``/readyz``, in threads of its own."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    make_wsgi_app,
)

from espalier.metrics.collector import SnapshotCollector
from espalier.metrics.figures import Control, Studies
from espalier.metrics.health import HealthCheck, ProbeAnswer

_LOG = logging.getLogger(__name__)


def build_registry(studies: Studies, control: Control, version: str) -> CollectorRegistry:
    """Make the operator's own registry; its `Observer` is made over it."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a `_created` series beside each counter tells nothing more
    registry = CollectorRegistry(auto_describe=False)
    registry.register(SnapshotCollector(studies, control, version))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def build_app(
    registry: CollectorRegistry, live: HealthCheck, ready: HealthCheck
) -> WSGIApplication:
    """Route the three paths; anything else is 404."""
    scrape = make_wsgi_app(registry)
    checks = {"/livez": live, "/readyz": ready}

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", "only GET is served here")
        if path == "/metrics":
            page: Iterable[bytes] = scrape(environ, start_response)
            return page
        if path in checks:
            health = _ask(checks[path])
            status = "200 OK" if health.ok else "503 Service Unavailable"
            return _answer(start_response, status, health.message)
        return _answer(start_response, "404 Not Found", "there are /metrics, /livez and /readyz")

    return app


def _ask(check: Callable[[], ProbeAnswer]) -> ProbeAnswer:
    try:
        return check()
    except Exception as error:
        _LOG.exception("a health check failed")
        return ProbeAnswer(False, f"the check itself failed: {type(error).__name__}")


def _answer(start_response: StartResponse, status: str, message: str) -> Iterable[bytes]:
    body = f"{message}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(status, headers)
    return [body]


class _Handler(WSGIRequestHandler):
    timeout = 10  # a client that sends nothing does not keep its thread

    def log_message(self, format: str, *args: Any) -> None:
        _LOG.debug("%s %s", self.address_string(), format % args)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    # The default of 5 makes probes wait behind a burst of scrapers.
    request_queue_size = 128

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            with contextlib.suppress(OSError):
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class _DualStackServer(_Server):
    address_family = socket.AF_INET6


class MetricsServer:
    """Serves from `start` to `stop`; the operator's loop may be stuck meanwhile.

    That is why it has threads of its own: a probe must tell that the loop is stuck, and a
    scrape must show since when.

    Parameters
    ----------
    registry : CollectorRegistry
        As `build_registry` makes it.
    live, ready : callable
        Verdicts of the two probes, called in the server's threads.
    port : int
        Port to listen on; 0 picks a free one, see `port` after `start`.
    host : str
        Address to listen on; empty means all, IPv4 and IPv6.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        live: HealthCheck,
        ready: HealthCheck,
        *,
        port: int,
        host: str = "",
    ) -> None:
        self._app = build_app(registry, live, ready)
        self._host = host
        self.port = port
        self._server: WSGIServer | None = None

    def start(self) -> None:
        """Bind and serve in a daemon thread; raises OSError where the port is taken."""
        dual = not self._host and socket.has_dualstack_ipv6()
        self._server = make_server(
            "::" if dual else self._host,
            self.port,
            self._app,
            server_class=_DualStackServer if dual else _Server,
            handler_class=_Handler,
        )
        self.port = self._server.server_port
        threading.Thread(
            target=self._server.serve_forever, name="espalier-metrics", daemon=True
        ).start()

    def stop(self) -> None:
        """Stop serving and give the port back."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
