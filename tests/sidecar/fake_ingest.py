"""An ingest to test the sidecar against: real TLS, real sockets, faults on demand.

It refuses what the operator would refuse of the sidecar's own making (a body too large, too many
reports, JSON that is none), so that no test passes on messages that the operator would not take.
"""

import contextlib
import datetime
import ipaddress
import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.patience import PATIENCE

Value = tuple[str, int, float | None]
KEEP = {"action": "Keep", "reason": "WarmUp", "message": "no rung yet", "step": 1}
PRUNE = {
    "action": "Prune",
    "reason": "WorseThanPercentile",
    "message": "0.41 at epoch 9 is below 0.87, the median of 12 trials",
    "step": 9,
}


@dataclass(frozen=True)
class Reply:
    """An answer given instead of the usual one."""

    status: int
    body: Any = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Reset:
    """The connection is cut without an answer."""


@dataclass(frozen=True)
class Hang:
    """No answer until the event is set; then the usual one."""

    until: threading.Event


class StoreThenReset:
    """The values are stored, and the connection is cut before the answer."""


@dataclass(frozen=True)
class Post:
    """What came."""

    body: dict[str, Any]
    token: str
    at: float


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for localhost; give its path and its key's."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    cert_path, key_path = folder / "ingest.pem", folder / "ingest.key"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_path, key_path


class FakeIngest:
    """Stores values; `faults` are given to the next posts, one each."""

    def __init__(self, folder: Path) -> None:
        self._cert, self._key = certificate(folder)
        self.ca_pem = self._cert.read_text()
        self.changed = threading.Condition()
        self.stored: list[Value] = []
        self.posts: list[Post] = []
        self.heard: list[dict[str, Any]] = []
        self.hears = True
        self.faults: deque[Reply | Reset | Hang | StoreThenReset] = deque()
        self.decision: dict[str, Any] = KEEP
        self.token: str | None = None
        self.port = 0
        self._server: ThreadingHTTPServer | None = None
        self.open()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def open(self) -> None:
        """Listen; the second time on the same port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._cert, self._key)
        server = _Server(("127.0.0.1", self.port), _Handler)
        server.ingest = self
        server.context = context
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Be unreachable: every connection is cut, and a new one refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            for connection in list(self._server.connections):
                cut(connection)
            self._server = None

    def wait(self, condition: Callable[[], bool], *, within: float = PATIENCE) -> None:
        """Wait until something is so; fail if it is not to be."""
        with self.changed:
            assert self.changed.wait_for(condition, within), (
                f"waited {within} s; stored {self.stored[-5:]}, {len(self.posts)} posts"
            )

    def wait_for_steps(self, steps: range | list[int], *, within: float = PATIENCE) -> None:
        """Wait until these steps are stored, whatever else is.

        `within` so many seconds where the time itself is tested.
        """
        wanted = set(steps)
        self.wait(lambda: wanted <= {step for _, step, _ in self.stored}, within=within)

    def take(self, body: dict[str, Any]) -> Reply:
        """Store a batch as the operator would: all of it or nothing, the first value wins."""
        have = {(metric, step): value for metric, step, value in self.stored}
        fresh: list[Value] = []
        for index, row in enumerate(body["reports"]):
            value = None if row.get("diverged") else row["value"]
            key = (row["metric"], row["step"])
            if key in have and have[key] != value:
                message = f"step {key[1]} is {have[key]} already"
                error = {"code": "Contradiction", "message": message, "index": index}
                return Reply(409, {"error": error})
            if key not in have:
                have[key] = value
                fresh.append((*key, value))
        self.stored.extend(fresh)
        repeated = len(body["reports"]) - len(fresh)
        answer = {"accepted": len(fresh), "repeated": repeated, "decision": self.decision}
        return Reply(200, answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    ingest: FakeIngest
    context: ssl.SSLContext

    def server_bind(self) -> None:
        self.connections: set[socket.socket] = set()
        super().server_bind()

    def finish_request(self, request: Any, client_address: Any) -> None:
        secured = self.context.wrap_socket(request, server_side=True)
        self.connections.add(secured)
        try:
            super().finish_request(secured, client_address)
        finally:
            self.connections.discard(secured)
            cut(secured)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_POST(self) -> None:
        ingest = self.server.ingest
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        assert len(raw) <= 64 * 1024
        body = json.loads(raw, parse_constant=lambda name: pytest_fail(name))
        if self.path == "/v1/heard":
            self._send(self._hear(raw, body))
            return
        assert self.path == "/v1/report"
        assert 1 <= len(body["reports"]) <= 256
        token = self.headers["Authorization"].removeprefix("Bearer ")
        with ingest.changed:
            ingest.posts.append(Post(body, token, time.monotonic()))
            fault = ingest.faults.popleft() if ingest.faults else None
            ingest.changed.notify_all()
        if isinstance(fault, Hang):
            fault.until.wait(PATIENCE)
        elif isinstance(fault, Reset):
            self.close_connection = True
            return
        with ingest.changed:
            reply = fault if isinstance(fault, Reply) else self._usual(token, body)
            ingest.changed.notify_all()
        if isinstance(fault, StoreThenReset):
            self.close_connection = True
            return
        self._send(reply)

    def _hear(self, raw: bytes, body: dict[str, Any]) -> Reply:
        assert len(raw) <= 8 * 1024
        ingest = self.server.ingest
        with ingest.changed:
            ingest.heard.append(body)
            ingest.changed.notify_all()
        return Reply(200, {"heard": len(body["heard"])}) if ingest.hears else Reply(404)

    def _usual(self, token: str, body: dict[str, Any]) -> Reply:
        ingest = self.server.ingest
        if ingest.token is not None and token != ingest.token:
            return Reply(401, {"error": {"code": "Unauthenticated", "message": "who?"}})
        return ingest.take(body)

    def _send(self, reply: Reply) -> None:
        content = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def pytest_fail(name: str) -> None:
    """Refuse NaN and Infinity, which are no JSON."""
    raise AssertionError(f"{name} is no JSON")


def cut(connection: socket.socket) -> None:
    """End a connection at once."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
