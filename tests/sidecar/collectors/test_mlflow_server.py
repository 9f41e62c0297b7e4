"""What MLflow's client meets at a real sidecar: never a refusal, and each value once."""

import contextlib
import http.client
import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from espalier_sidecar import limits
from espalier_sidecar.collectors.mlflow_bodies import LONGEST
from espalier_sidecar.collectors.mlflow_server import MLflowServer
from tests.patience import PATIENCE
from tests.sidecar.test_process import wait_until

COLLECTORS = json.dumps([{"type": "Auto"}])
API = f"{MLflowServer.prefix}/api/2.0/mlflow"


@pytest.fixture
def sidecar(start):
    parameters = json.dumps({"lr": 0.1})
    return start(ESPALIER_COLLECTORS=COLLECTORS, ESPALIER_PARAMETERS=parameters)


def post(sidecar, route, **body):
    return sidecar.request("POST", f"{API}/{route}", json.dumps(body))


def metric(step=0, value=0.5, key="loss", run="a"):
    return {"run_id": run, "key": key, "value": value, "timestamp": step, "step": step}


def test_a_value_is_in_the_spool_when_it_is_answered(sidecar, ingest):
    assert post(sidecar, "runs/log-metric", **metric(3)) == (200, {})
    ingest.wait_for_steps([3])
    assert ingest.stored == [("loss", 3, 0.5)]


def test_a_batch_is_taken_whatever_the_order_of_its_members(sidecar, ingest):
    metrics = [metric(step, step / 8) for step in range(1000)]
    body = json.dumps(
        {"metrics": metrics, "params": [{"key": "lr", "value": "0.2"}], "run_id": "a"}
    )
    assert len(body) > 64 * 1024
    assert sidecar.request("POST", f"{API}/runs/log-batch", body) == (200, {})
    ingest.wait_for_steps(range(1000))
    assert ingest.stored == [("loss", step, step / 8) for step in range(1000)]
    assert "expected the trial's 0.1; the trainer logs '0.2'" in sidecar.log.read_text()


def test_counting_goes_on_after_a_restart(sidecar, ingest):
    def log(number):
        post(sidecar, "runs/log-metric", **{**metric(0, number), "timestamp": number})

    log(1)
    wait_until(lambda: "waiting" in positions(sidecar))
    sidecar.kill()
    sidecar.restart()
    log(2)
    ingest.wait_for_steps([1, 2])
    wait_until(lambda: '"loss": 2' in positions(sidecar))
    sidecar.kill()
    sidecar.restart()
    log(3)
    ingest.wait_for_steps([3])
    assert ingest.stored == [("loss", step, float(step)) for step in (1, 2, 3)]


def positions(sidecar):
    files = list(sidecar.directory.rglob("positions.json"))
    return files[0].read_text() if files else ""


def test_a_value_that_stays_alone_arrives_at_the_end(sidecar, ingest):
    post(sidecar, "runs/log-metric", **metric(key="with its run"))
    post(sidecar, "runs/update", run_id="a", status="FINISHED")
    ingest.wait_for_steps([1])
    post(sidecar, "runs/log-metric", **metric(key="with its training", run="b"))
    assert sidecar.terminate() == 0
    assert [(name, step) for name, step, _ in ingest.stored] == [
        ("with its run", 1),
        ("with its training", 1),
    ]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{API}/runs/get?run_id=none", 200),
        ("GET", f"{API}/experiments/get-by-name?experiment_name=x", 200),
        ("GET", "/mlflow/health", 200),
        ("GET", "/mlflow", 200),
        ("GET", "/mlflow/version", 404),
        ("GET", f"{API}/nothing/of/the/kind", 404),
        ("PATCH", f"{API}/logged-models/m-1", 200),
        ("DELETE", f"{API}/logged-models/m-1/tags/x", 200),
        ("BREW", f"{API}/runs/get", 200),
        ("GET", f"{API}/runs/get?" + "&".join(f"a{n}=1" for n in range(200)), 200),
    ],
)
def test_whatever_is_asked_is_answered(method, path, status, sidecar):
    found, body = sidecar.request(method, path)
    assert found == status
    assert status == 200 or body["error_code"] == "ENDPOINT_NOT_FOUND"


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_connection_goes_on_after_a_request_without_an_answer_to_read(method, sidecar):
    connection = http.client.HTTPConnection("127.0.0.1", sidecar.port, timeout=PATIENCE)
    for _ in range(2):
        connection.request(method, "/mlflow/")
        response = connection.getresponse()
        response.read()
        assert response.status == 200
    connection.close()


BODIES = {
    "nothing": b"",
    "no JSON": b"\xff\xfe<html>",
    "another type": b"[1, 2, 3]",
    "half of it": b'{"run_id": "a", "key": "loss", "val',
    "deep": b'{"metrics": ' + b"[" * 100_000,
    "a long member": b'{"run_id": "a", "metrics": [{"key": "' + b"x" * 10 * LONGEST + b'"}]}',
    "many members": b'{"run_id": "a", "metrics": [' + b"{}," * 300_000 + b"{}]}",
    "large": b'{"run_id": "a", "metrics": [' + b" " * 20_000_000 + b"]}",
    "names that are none": json.dumps(
        {
            "run_id": "a",
            "metrics": [metric(key=each) for each in ("a\nb", "\0", "\ud800", "", "x" * 999)],
        }
    ).encode(),
    "values that are none": json.dumps(
        {"run_id": "a", "metrics": [metric(1, each) for each in ("x", None, [], {}, True)]}
    ).encode(),
    "runs that are none": json.dumps({"run_id": {"a": []}, "metrics": [None, 5, [[]]]}).encode(),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("route", ["runs/log-batch", "runs/log-metric", "runs/create"])
def test_no_body_is_refused(body, route, sidecar):
    assert sidecar.request("POST", f"{API}/{route}", body)[0] == 200
    assert sidecar.peak_kib() * 1024 < limits.RESIDENT + 4 * limits.MIB
    assert post(sidecar, "runs/log-metric", **metric(1)) == (200, {})


def test_chunks_are_taken_and_a_body_that_comes_slowly(sidecar, ingest):
    body = json.dumps(metric(2)).encode()
    with socket.create_connection(("127.0.0.1", sidecar.port)) as connection:
        connection.sendall(
            f"POST {API}/runs/log-metric HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        for byte in body:
            connection.sendall(b"1;x=y\r\n" + bytes([byte]) + b"\r\n")
        connection.sendall(b"0\r\nTrailer: x\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    ingest.wait_for_steps([2])


def test_more_connections_than_there_are_places_wait_and_none_is_refused(sidecar, ingest):
    """64 clients that keep their connections open, and connections that say nothing."""
    silent = [
        socket.create_connection(("127.0.0.1", sidecar.port))
        for _ in range(limits.CONNECTIONS // 2)
    ]
    together = threading.Barrier(64)

    def log(client):
        together.wait(PATIENCE)
        statuses = []
        connection = http.client.HTTPConnection("127.0.0.1", sidecar.port, timeout=PATIENCE)
        for step in range(1, 4):
            body = json.dumps(metric(step, key=f"m{client}"))
            connection.request("POST", f"{API}/runs/log-metric", body)
            response = connection.getresponse()
            response.read()
            statuses.append(response.status)
        connection.close()
        return statuses

    with ThreadPoolExecutor(64) as pool:
        found = list(pool.map(log, range(64)))
    assert found == [[200] * 3] * 64
    ingest.wait(lambda: len(ingest.stored) == 3 * 64)
    for connection in silent:
        connection.close()


def test_a_full_volume_loses_the_value_and_not_the_training(start, ingest):
    small = start(ESPALIER_COLLECTORS=COLLECTORS, ESPALIER_SPOOL_BYTES="100")
    ingest.close()
    for step in range(1, 50):
        assert post(small, "runs/log-metric", **metric(step)) == (200, {})


def test_with_mlflow_in_use_it_is_small(sidecar, ingest):
    for step in range(1, 300):
        post(sidecar, "runs/log-metric", **metric(step, key=f"m{step}"))
        post(sidecar, "runs/create", run_name="x" * 250)
    assert sidecar.resident_kib() * 1024 < limits.RESIDENT + limits.MIB
    with contextlib.suppress(ConnectionError):
        ingest.wait_for_steps([299])
