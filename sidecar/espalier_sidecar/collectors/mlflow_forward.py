"""Passes requests on to the team's tracking server, as they come, and its answers back.

There is no time limit and no second try of its own: those are the client's. Where the server cannot
be reached the connection is closed without an answer, which is what the client would have met
without the sidecar.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from itertools import islice

from espalier_sidecar.collectors.call import Call
from espalier_sidecar.collectors.hang_ups import LOOK_SECONDS, HangUps, has_hung_up
from espalier_sidecar.collectors.mlflow_upstream import Upstream
from espalier_sidecar.collectors.request_body import Unfinished, is_chunked
from espalier_sidecar.limits import FORWARDED, PIECE

LARGEST_TAPPED = 1024 * 1024
"""Bytes of a body that says something about values; MLflow's client sends no more."""
_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"}
    | {"upgrade", "expect"}
)
_OURS = frozenset({"host", "content-length"})
_NO_BODY = frozenset({204, 304})


class Forward:
    """Passes requests on; for several threads.

    Parameters
    ----------
    upstream
        The tracking server.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._hang_ups = HangUps()
        self._places = threading.Semaphore(FORWARDED)
        self.fault = ""

    def pass_on(self, call: Call, path: str, body: Iterator[bytes]) -> None:
        """Send a request on, and the answer back.

        Parameters
        ----------
        call
            The request.
        path
            The path and query behind the server's own.
        body
            Pieces of the body; all of them are taken, also if nobody wants them.
        """
        limit = call.connection.gettimeout()
        call.connection.settimeout(None)
        try:
            with self._place(call.connection):
                self._pass_on(call, path, body)
        except (OSError, HTTPException, Unfinished):
            call.close_connection = True
        finally:
            call.connection.settimeout(limit)

    def close(self) -> None:
        """Close the connections that wait."""
        self._upstream.close()

    @contextlib.contextmanager
    def _place(self, client: socket.socket) -> Iterator[None]:
        while not self._places.acquire(timeout=LOOK_SECONDS):
            if has_hung_up(client):
                raise Unfinished
        try:
            yield
        finally:
            self._places.release()

    def _pass_on(self, call: Call, path: str, body: Iterator[bytes]) -> None:
        # Before anything is asked of the server: a small body is read although it may be down.
        first = next(body, b"")
        server: socket.socket | None = None
        try:
            server = self._connected(call)
            self._hang_ups.watch(call.connection, server)
            is_sent = self._send(call, server, path, first, body)
            if not is_sent:
                _drain(body)
                call.hang_up()
            if self._send_back(call, server) and is_sent:
                self._upstream.give_back(server)
                server = None
            self.fault = ""
        except (OSError, HTTPException) as error:
            self.fault = f"the tracking server {self._upstream.address.netloc}: {error}"
            _drain(body)
            raise
        finally:
            self._hang_ups.leave(call.connection)
            if server is not None:
                server.close()

    def _connected(self, call: Call) -> socket.socket:
        found = self._upstream.idle()
        if found is not None:
            return found
        connection = self._upstream.connect()
        try:
            self._hang_ups.watch(call.connection, connection)
            connection = self._upstream.secured(connection)
            self._hang_ups.watch(call.connection, connection)
            self._upstream.greet(connection)
            return connection
        except BaseException:
            connection.close()
            raise
        finally:
            self._hang_ups.leave(call.connection)

    def _send(
        self, call: Call, server: socket.socket, path: str, first: bytes, body: Iterator[bytes]
    ) -> bool:
        """Send the request; False if the server would not have all of it, and answers already."""
        chunked = is_chunked(call)
        piece = first
        try:
            server.sendall(self._head(call, path))
            while piece:
                server.sendall(_chunk(piece) if chunked else piece)
                piece = next(body, b"")
            if chunked:
                server.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def _head(self, call: Call, path: str) -> bytes:
        address = self._upstream.address
        origin = f"{address.scheme}://{address.netloc}" if self._upstream.in_full else ""
        lines = [
            f"{call.command} {origin}{address.path}{path} HTTP/1.1",
            f"Host: {address.netloc}",
        ]
        for name, value in call.headers.items():
            if name.lower() not in _HOP | _OURS:
                lines.append(f"{name}: {_one_line(value)}")
        if address.authorization and "Authorization" not in call.headers:
            lines.append(f"Authorization: {address.authorization}")
        if self._upstream.proxy_authorization:
            lines.append(f"Proxy-Authorization: {self._upstream.proxy_authorization}")
        if is_chunked(call):
            lines.append("Transfer-Encoding: chunked")
        elif "Content-Length" in call.headers:
            lines.append(f"Content-Length: {_one_line(call.headers['Content-Length'])}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")

    def _send_back(self, call: Call, server: socket.socket) -> bool:
        """Send the answer back; True if the server's connection can be used again."""
        response = HTTPResponse(server, method=call.command)
        try:
            response.begin()
            has_body = call.command != "HEAD" and response.status not in _NO_BODY
            framed = response.length is not None
            chunked = has_body and not framed and call.request_version >= "HTTP/1.1"
            if has_body and not framed and not chunked:
                call.close_connection = True
            _tell(call, _answer_head(call, response, chunked))
            if has_body:
                _send_body(call, response, chunked)
            return not response.will_close
        finally:
            response.close()


def _send_body(call: Call, response: HTTPResponse, chunked: bool) -> None:
    left = response.length
    while piece := response.read1(PIECE):
        if left is not None:
            left -= len(piece)
        _tell(call, _chunk(piece) if chunked else piece)
    if left:
        raise Unfinished
    if chunked:
        _tell(call, b"0\r\n\r\n")


def _tell(call: Call, data: bytes) -> None:
    try:
        call.wfile.write(data)
    except OSError:
        raise Unfinished from None


def _drain(body: Iterator[bytes]) -> None:
    """Read what of a body may be tapped; of a large one that nobody wants, not all."""
    for _ in islice(body, LARGEST_TAPPED // PIECE):
        pass


def _answer_head(call: Call, response: HTTPResponse, chunked: bool) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {_one_line(response.reason)}"]
    for name, value in response.headers.items():
        if name.lower() not in _HOP and not (chunked and name.lower() == "content-length"):
            lines.append(f"{name}: {_one_line(value)}")
    if chunked:
        lines.append("Transfer-Encoding: chunked")
    if call.close_connection:
        lines.append("Connection: close")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def _chunk(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _one_line(value: str) -> str:
    return " ".join(str(value).splitlines())
