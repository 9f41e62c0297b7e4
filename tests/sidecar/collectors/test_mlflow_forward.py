"""What is passed on to a team's tracking server arrives as it was sent, and so does its answer."""

import contextlib
import hashlib
import http.client
import json
import os
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from espalier_sidecar import limits
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.sidecar.fake_ingest import certificate

COLLECTORS = json.dumps([{"type": "Auto"}])
LOG = "/api/2.0/mlflow/runs/log-metric"
METRIC = {"run_id": "a", "key": "loss", "value": 0.5, "timestamp": 1, "step": 3}


class Team(ThreadingHTTPServer):
    """A tracking server that writes down what it is asked."""

    daemon_threads = True

    def __init__(self, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.tls = tls
        self.asked = []
        self.digests = []
        self.answering = threading.Event()
        self.answering.set()
        self.connections = set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def uri(self):
        scheme = "https" if self.tls else "http"
        return f"{scheme}://localhost:{self.server_address[1]}/tracking/"

    def finish_request(self, request, client_address):
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        self.connections.add(request)
        try:
            super().finish_request(request, client_address)
        finally:
            self.connections.discard(request)

    def handle_error(self, request, client_address):
        pass


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        digest = hashlib.sha256()
        for piece in self.body():
            digest.update(piece)
        head = [(name, value) for name, value in self.headers.items()]
        self.server.asked.append((self.command, self.path, head))
        self.server.digests.append(digest.hexdigest())
        if "log-metric" in self.path:
            self.server.answering.wait(PATIENCE)
        self.send_response(303 if "moved" in self.path else 200, "As you like")
        self.send_header("X-Said", "one")
        self.send_header("X-Said", "two")
        self.send_header("Location", "https://elsewhere/x")
        self.send_header("Set-Cookie", "a=b; Path=/")
        if "chunks" in self.path:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n")
        elif "until-closed" in self.path:
            self.close_connection = True
            self.end_headers()
            self.wfile.write(b"abcde")
        elif "cut" in self.path:
            self.close_connection = True
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"abcde")
        elif "nothing" in self.path:
            self.close_connection = True
        else:
            self.send_header("Content-Length", "5")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"abcde")

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.do_GET
        raise AttributeError(name)

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while length := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            left -= len(piece)
            yield piece

    def log_message(self, *args):
        pass


@pytest.fixture
def team():
    server = Team()
    yield server
    server.answering.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def sidecar(start, team):
    return start(ESPALIER_COLLECTORS=COLLECTORS, MLFLOW_TRACKING_URI=team.uri)


def ask(sidecar, method, path, body=None, headers=None, timeout=20):
    connection = http.client.HTTPConnection("127.0.0.1", sidecar.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, f"/mlflow{path}", body, headers or {})
        response = connection.getresponse()
        return response.status, response.getheaders(), response.read()


METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


@pytest.mark.parametrize("path", ["/x?a=b&c=%2F%20", "/chunks", "/until-closed", "/moved"])
def test_requests_and_their_answers_are_as_they_were(path, sidecar, team):
    headers = {"Authorization": "Bearer x", "Cookie": "a=b; c=d", "X-Odd": "\xe9 x"}
    for method in METHODS:
        status, answered, body = ask(sidecar, method, path, b"content", headers)
        assert status == (303 if path == "/moved" else 200)
        assert [value for name, value in answered if name == "X-Said"] == ["one", "two"]
        assert ("Location", "https://elsewhere/x") in answered
        assert ("Set-Cookie", "a=b; Path=/") in answered
        assert body == (b"" if method == "HEAD" else b"abcde")
    host = f"localhost:{team.server_address[1]}"
    ours = {"Host": host, "Accept-Encoding": "identity", "Content-Length": "7"}
    assert [(command, asked) for command, asked, _ in team.asked] == [
        (method, f"/tracking{path}") for method in METHODS
    ]
    assert [dict(head) for _, _, head in team.asked] == [{**headers, **ours}] * len(METHODS)
    assert set(team.digests) == {hashlib.sha256(b"content").hexdigest()}


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_artifact_passes_in_little_memory(chunked, sidecar, team):
    piece = os.urandom(1 << 20)
    headers = {} if chunked else {"Content-Length": str(100 << 20)}
    path = "/api/2.0/mlflow-artifacts/artifacts/0/a/model.bin"
    assert ask(sidecar, "PUT", path, (piece for _ in range(100)), headers, 60)[0] == 200
    assert team.digests == [hashlib.sha256(piece * 100).hexdigest()]
    assert sidecar.peak_kib() * 1024 < limits.RESIDENT + 2 * limits.MIB


def test_values_are_taken_while_they_pass(sidecar, team, ingest):
    body = json.dumps(METRIC)
    assert ask(sidecar, "POST", LOG, body)[2] == b"abcde"
    ingest.wait_for_steps([3])
    assert team.digests == [hashlib.sha256(body.encode()).hexdigest()]


def test_a_server_that_is_down_is_down_for_the_client_and_the_value_is_taken(start, ingest):
    uri = f"http://localhost:{free_port()}"
    sidecar = start(ESPALIER_COLLECTORS=COLLECTORS, MLFLOW_TRACKING_URI=uri)
    for _ in range(2):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(sidecar, "POST", LOG, json.dumps(METRIC))
    ingest.wait_for_steps([3])
    assert ingest.stored == [("loss", 3, 0.5)]


@pytest.mark.parametrize("path", ["/nothing", "/cut"])
def test_an_answer_that_does_not_come_or_breaks_off_does_so_for_the_client(path, sidecar):
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(sidecar, "GET", path)


def test_a_server_that_hangs_is_asked_no_longer_than_the_client_waits(sidecar, team, ingest):
    """More clients give up than there are places: the places are free when the server is back."""
    team.answering.clear()
    for step in range(2 * limits.FORWARDED):
        with pytest.raises(TimeoutError):
            ask(sidecar, "POST", LOG, json.dumps({**METRIC, "step": step + 1}), timeout=0.5)
    ingest.wait_for_steps([1])
    assert ask(sidecar, "GET", "/x")[0] == 200
    team.answering.set()
    assert ask(sidecar, "POST", LOG, json.dumps({**METRIC, "step": 99}))[0] == 200
    ingest.wait_for_steps([99])


def test_a_kept_connection_that_the_server_has_closed_is_not_used_again(sidecar, team):
    assert ask(sidecar, "GET", "/x")[0] == 200
    for connection in list(team.connections):
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
    assert ask(sidecar, "GET", "/x")[0] == 200


def test_a_user_in_the_uri_is_told_unless_the_client_says_another(start, team):
    uri = team.uri.replace("//", "//us%40er:pass@")
    sidecar = start(ESPALIER_COLLECTORS=COLLECTORS, MLFLOW_TRACKING_URI=uri)
    ask(sidecar, "GET", "/x")
    ask(sidecar, "GET", "/x", headers={"Authorization": "Bearer x"})
    assert [dict(head)["Authorization"] for _, _, head in team.asked] == [
        "Basic dXNAZXI6cGFzcw==",
        "Bearer x",
    ]


@pytest.mark.parametrize(
    ("environ", "works"),
    [
        ({"MLFLOW_TRACKING_SERVER_CERT_PATH": "{cert}"}, True),
        ({"REQUESTS_CA_BUNDLE": "{cert}"}, True),
        ({"MLFLOW_TRACKING_INSECURE_TLS": "true"}, True),
        ({}, False),
    ],
)
def test_whom_the_trainer_trusts_the_sidecar_trusts(environ, works, start, tmp_path):
    folder = tmp_path / "team"
    folder.mkdir()
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    team = Team(context)
    sidecar = start(
        ESPALIER_COLLECTORS=COLLECTORS,
        MLFLOW_TRACKING_URI=team.uri,
        **{name: value.format(cert=cert) for name, value in environ.items()},
    )
    try:
        if works:
            assert ask(sidecar, "GET", "/x")[2] == b"abcde"
            assert ask(sidecar, "GET", "/chunks")[2] == b"abcde"
        else:
            with pytest.raises((http.client.HTTPException, ConnectionError)):
                ask(sidecar, "GET", "/x")
    finally:
        team.shutdown()
        team.server_close()


@pytest.mark.parametrize("uri", ["databricks", "file:/x", "http://", "http://x:port"])
def test_what_is_no_server_is_not_forwarded_to_and_the_trainer_goes_on(uri, start, ingest):
    sidecar = start(ESPALIER_COLLECTORS=COLLECTORS, MLFLOW_TRACKING_URI=uri)
    assert ask(sidecar, "POST", LOG, json.dumps(METRIC))[0] == 200
    ingest.wait_for_steps([3])
    assert "nothing is forwarded" in sidecar.log.read_text()


def test_the_sidecar_does_not_forward_to_itself(sidecar):
    sidecar.kill()
    sidecar.environ["MLFLOW_TRACKING_URI"] = f"http://localhost:{sidecar.port}/mlflow"
    sidecar.restart()
    assert ask(sidecar, "POST", LOG, json.dumps(METRIC))[0] == 200
