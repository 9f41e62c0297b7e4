"""The team's tracking server: where it is, whom to trust there, and connections to it."""

from __future__ import annotations

import base64
import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from http.client import HTTPResponse
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from espalier_sidecar.limits import UPSTREAM_RECEIVED, UPSTREAM_SENT
from espalier_sidecar.text import clip

MOST_IDLE = 4
"""Connections that are kept between requests."""
_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """A server."""

    scheme: str
    """`http` or `https`."""
    host: str
    """Its name."""
    port: int
    """Where it listens."""
    path: str
    """What all paths begin with, without a slash at its end."""
    authorization: str
    """The header for the user and password that the URI names; empty if it names none."""

    @property
    def netloc(self) -> str:
        """The `Host` of a request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_address(uri: str) -> Address:
    """Return what a tracking URI says; raises `ValueError`."""
    parts = urlsplit(uri.strip())
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"MLFLOW_TRACKING_URI: expected http(s)://…; came {clip(uri)}")
    return Address(
        parts.scheme,
        parts.hostname,
        parts.port or _PORTS[parts.scheme],
        parts.path.rstrip("/"),
        _basic(parts.username, parts.password),
    )


class Upstream:
    """Makes connections to the tracking server as the trainer's client would.

    Parameters
    ----------
    uri
        The tracking URI.
    environ
        The trainer's variables that say how it is reached, where the template sets any.

    Raises
    ------
    ValueError
        If the URI is none of a server, or the proxy's.
    OSError
        If a certificate cannot be read.
    """

    def __init__(self, uri: str, environ: Mapping[str, str]) -> None:
        self.address = read_address(uri)
        self._proxy = _proxy(self.address, environ)
        self._tls = _trust(environ) if self.address.scheme == "https" else None
        self._idle: list[socket.socket] = []
        self._changed = threading.Lock()

    @property
    def in_full(self) -> bool:
        """Whether a request's line names the server: a proxy is asked for it."""
        return self._proxy is not None and self._tls is None

    @property
    def proxy_authorization(self) -> str:
        """What a proxy without a tunnel is told with each request."""
        return self._proxy.authorization if self._proxy is not None and self.in_full else ""

    def idle(self) -> socket.socket | None:
        """Return a connection that waits for a request; None if there is none."""
        with self._changed:
            while self._idle:
                connection = self._idle.pop()
                # What is readable now was closed by the server.
                if not select.select([connection], [], [], 0)[0]:
                    return connection
                connection.close()
        return None

    def connect(self) -> socket.socket:
        """Return a new connection, without TLS yet.

        Raises
        ------
        OSError
            If nobody answers; after the time of the operating system.
        """
        at = self._proxy or self.address
        connection = socket.create_connection((at.host, at.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UPSTREAM_SENT)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UPSTREAM_RECEIVED)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        return connection

    def secured(self, connection: socket.socket) -> socket.socket:
        """Return the connection for TLS, through the proxy, as it has to be; `greet` it then."""
        if self._tls is None:
            return connection
        if self._proxy is not None:
            self._tunnel(connection, self._proxy)
        return self._tls.wrap_socket(
            connection, server_hostname=self.address.host, do_handshake_on_connect=False
        )

    def greet(self, connection: socket.socket) -> None:
        """Shake hands, where TLS asks for it."""
        if isinstance(connection, ssl.SSLSocket):
            connection.do_handshake()

    def give_back(self, connection: socket.socket) -> None:
        """Keep a connection for another request."""
        with self._changed:
            if len(self._idle) < MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close the connections that wait."""
        with self._changed:
            while self._idle:
                self._idle.pop().close()

    def _tunnel(self, connection: socket.socket, proxy: Address) -> None:
        to = f"{self.address.host}:{self.address.port}"
        head = [f"CONNECT {to} HTTP/1.1", f"Host: {to}"]
        if proxy.authorization:
            head.append(f"Proxy-Authorization: {proxy.authorization}")
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1"))
        with contextlib.closing(HTTPResponse(connection, method="CONNECT")) as response:
            response.begin()
            if response.status != 200:
                raise OSError(f"the proxy answered {response.status} {response.reason[:80]}")


def _trust(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return whom the trainer's client trusts, as far as its variables say."""
    context = ssl.create_default_context()
    bundle = environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    if environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif bundle := bundle or environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE"):
        context.load_verify_locations(bundle)
    own = environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH")
    if own:
        context.load_cert_chain(own)
    return context


def _proxy(address: Address, environ: Mapping[str, str]) -> Address | None:
    """Return the proxy that the trainer's client would use; small letters win."""

    def of(name: str) -> str:
        return environ.get(name) or environ.get(name.upper()) or ""

    for each in of("no_proxy").split(","):
        name, _, port = each.strip().lower().partition(":")
        if port and port != str(address.port):
            continue
        name = name.removeprefix("*").lstrip(".")
        if each.strip() == "*" or (name and f".{address.host}".endswith(f".{name}")):
            return None
    uri = of(f"{address.scheme}_proxy") or of("all_proxy")
    return read_address(uri if "//" in uri else f"http://{uri}") if uri else None


def _basic(user: str | None, password: str | None) -> str:
    if user is None:
        return ""
    pair = f"{unquote(user)}:{unquote(password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
