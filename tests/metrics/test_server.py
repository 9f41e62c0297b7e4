"""The server on a real socket: the probes, the scrape, and what it refuses."""

import http.client
import socket
import threading

import pytest

from espalier.metrics import MetricsServer, ProbeAnswer
from tests.metrics.figures import FULL, registry_of
from tests.patience import PATIENCE


@pytest.fixture
def verdicts():
    return {
        "live": ProbeAnswer(True, "alive"),
        "ready": ProbeAnswer(False, "the store is being opened"),
    }


@pytest.fixture
def server(verdicts):
    server = MetricsServer(
        registry_of(FULL), lambda: verdicts["live"], lambda: verdicts["ready"], port=0
    )
    server.start()
    yield server
    server.stop()


def ask(server, path, method="GET", host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, server.port, timeout=PATIENCE)
    connection.request(method, path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_the_scrape_has_the_studies(server):
    status, page = ask(server, "/metrics")
    assert status == 200
    assert 'espalier_best_value{namespace="team-a",study="digits"} 0.97' in page


def test_a_probe_says_why(server, verdicts):
    assert ask(server, "/livez") == (200, "alive\n")
    assert ask(server, "/readyz") == (503, "the store is being opened\n")
    verdicts["ready"] = ProbeAnswer(True, "ready")
    assert ask(server, "/readyz") == (200, "ready\n")


def test_a_check_that_raises_is_a_failed_check(server, verdicts):
    del verdicts["live"]
    assert ask(server, "/livez") == (503, "the check itself failed: KeyError\n")
    assert ask(server, "/metrics")[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/debug", 404),
        ("POST", "/metrics", 405),
        ("DELETE", "/livez", 405),
    ],
)
def test_anything_else_is_refused(server, method, path, status):
    assert ask(server, path, method)[0] == status


def test_a_silent_client_keeps_nobody_waiting(server):
    with socket.create_connection(("127.0.0.1", server.port)) as silent:
        silent.sendall(b"GET /metr")
        assert ask(server, "/livez")[0] == 200


def test_it_answers_on_ipv6_too_where_the_machine_has_it(server):
    host = "::1" if socket.has_dualstack_ipv6() else "127.0.0.1"
    assert ask(server, "/livez", host=host)[0] == 200


def test_a_stopped_server_gives_its_port_back(verdicts):
    first = MetricsServer(
        registry_of(), lambda: verdicts["live"], lambda: verdicts["ready"], port=0
    )
    first.start()
    first.stop()
    second = MetricsServer(
        registry_of(), lambda: verdicts["live"], lambda: verdicts["ready"], port=first.port
    )
    second.start()
    assert ask(second, "/livez")[0] == 200
    second.stop()


def test_a_taken_port_is_an_error_at_start(server, verdicts):
    again = MetricsServer(
        registry_of(), lambda: verdicts["live"], lambda: verdicts["ready"], port=server.port
    )
    before = threading.active_count()
    with pytest.raises(OSError, match="in use"):
        again.start()
    assert threading.active_count() == before
