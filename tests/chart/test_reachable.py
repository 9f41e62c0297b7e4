"""What `helm test` says of an operator that answers, and of one that does not."""

import http.server
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from espalier.ingest import issue_leaf, make_authority, server_context
from tests.chart.rendering import CHART
from tests.patience import PATIENCE

SCRIPT = CHART / "files" / "reachable.py"


class Answering(http.server.BaseHTTPRequestHandler):
    codes = (200, 401)

    def do_GET(self):
        self.answer(self.codes[0])

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(self.codes[1])

    def answer(self, code):
        self.send_response(code)
        self.end_headers()
        self.wfile.write(b"what the probe says")

    def log_message(self, *_):
        pass


@contextmanager
def serving(codes, context=None):
    handler = type("Handler", (Answering,), {"codes": codes})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def asked(*urls):
    # A proxy that is not there: a question that went to it would fail.
    proxies = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT.read_text(), *urls],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, **proxies},
    )


@pytest.fixture(scope="module")
def context():
    now = datetime.now(UTC)
    return server_context(*issue_leaf(make_authority(now), ["127.0.0.1"], now))


@pytest.mark.parametrize(
    ("codes", "returned", "said"),
    [
        pytest.param((200, 401), 0, "the ingest port answers", id="as it should be"),
        pytest.param((503, 401), 1, "not ready: what the probe says", id="not ready"),
        pytest.param((200, 200), 1, "it was taken", id="an ingest that takes anything"),
        pytest.param((200, 503), 1, "got 503", id="an ingest that is not one"),
    ],
)
def test_it_says_what_it_found(codes, returned, said, context):
    with serving(codes) as plain, serving(codes, context) as tls:
        done = asked(f"http://{plain}/readyz", f"https://{tls}/v1/report")
    assert done.returncode == returned, done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "returned", "said"),
    [
        pytest.param(401, 0, "the read port answers", id="as it should be"),
        pytest.param(200, 1, "it was taken", id="a read API that tells anybody"),
    ],
)
def test_the_read_port_is_asked_where_there_is_one(code, returned, said, context):
    with (
        serving((200, 401)) as plain,
        serving((200, 401), context) as ingest,
        serving((code, 401), context) as read,
    ):
        urls = (f"http://{plain}/readyz", f"https://{ingest}/v1/report")
        done = asked(*urls, f"https://{read}/v1/studies")
    assert done.returncode == returned, done.stderr
    assert said in done.stdout + done.stderr


def test_an_operator_that_is_not_there_is_named():
    done = asked("http://127.0.0.1:9/readyz", "https://127.0.0.1:9/v1/report")
    assert done.returncode == 1
    assert "expected an answer of http://127.0.0.1:9/readyz" in done.stderr
