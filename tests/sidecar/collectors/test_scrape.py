"""Endpoints that are none, or do harm."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from espalier_sidecar.collectors import scrape as scraping
from espalier_sidecar.collectors.scrape import LARGEST, NobodyListens, ScrapeFailed, scrape
from tests.ports import free_port

Answer = Callable[[socket.socket], None]
OK = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n"


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], int]]:
    """Answer one connection, with the request's head read."""
    servers: list[socket.socket] = []

    def begin(answer: Answer) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def run() -> None:
            connection, _ = server.accept()
            with connection, connection.makefile("rb") as reader:
                while reader.readline().strip():
                    pass
                # The sidecar may have hung up.
                with contextlib.suppress(OSError):
                    answer(connection)

        threading.Thread(target=run, daemon=True).start()
        port: int = server.getsockname()[1]
        return port

    yield begin
    for server in servers:
        server.close()


def body_of(port: int) -> tuple[bytes, bool]:
    pieces: list[bytes] = []
    whole = scrape(port, "/metrics", pieces.append)
    return b"".join(pieces), whole


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"\r\nloss 1\n", id="until the connection ends"),
        pytest.param(OK + b"Content-Length: 7\r\n\r\nloss 1\n", id="of a length"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length:7\r\n\r\nloss 1\nmore", id="of HTTP/1.1"),
    ],
)
def test_a_body_comes(serve: Callable[[Answer], int], answer: bytes) -> None:
    assert body_of(serve(lambda to: to.sendall(answer)))[0][:7] == b"loss 1\n"


def test_of_a_body_without_end_a_part_is_read(serve: Callable[[Answer], int]) -> None:
    def endless(to: socket.socket) -> None:
        to.sendall(OK + b"\r\n")
        while True:
            to.sendall(b"x" * 10_000)

    body, whole = body_of(serve(endless))
    assert len(body) == LARGEST
    assert not whole


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(b"", "expected HTTP; came b''", id="nothing"),
        pytest.param(b"SSH-2.0-x\r\n", "expected HTTP; came b'SSH", id="another protocol"),
        pytest.param(b"HTTP/1.0 404 N\r\n\r\n", "expected 200 and a body in one", id="404"),
        pytest.param(
            OK + b"Transfer-Encoding: chunked\r\n\r\n", "a body in one piece", id="in chunks"
        ),
        pytest.param(OK + b"Content-Length: 9\r\n\r\nx", "expected 9 bytes; came 1", id="cut"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\n" + b"a: b\r\n" * 9999, "expected HTTP", id="a long head"
        ),
    ],
)
def test_an_answer_that_is_none_is_said(
    serve: Callable[[Answer], int], answer: bytes, message: str
) -> None:
    with pytest.raises(ScrapeFailed, match=message):
        body_of(serve(lambda to: to.sendall(answer)))


@pytest.mark.parametrize("every", [b"", b"x"], ids=["hangs", "drips"])
def test_an_endpoint_that_takes_long_is_left(
    serve: Callable[[Answer], int], monkeypatch: pytest.MonkeyPatch, every: bytes
) -> None:
    monkeypatch.setattr(scraping, "SECONDS", 0.2)
    left = threading.Event()

    def slow(to: socket.socket) -> None:
        while not left.wait(0.01):
            to.sendall(every)

    with pytest.raises(ScrapeFailed, match="did not answer within"):
        body_of(serve(slow))
    left.set()


def test_a_port_that_nobody_has_is_told_apart() -> None:
    with pytest.raises(NobodyListens):
        body_of(free_port())
