"""The real client of MLflow, unchanged, and its real server as a team's."""

import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.ports import free_port
from tests.sidecar.test_process import wait_until
from tools.trainers import python_of

SCRIPT = Path(__file__).parents[1] / "trainers" / "log_with_mlflow.py"
COLLECTORS = json.dumps([{"type": "Auto"}])
TABLES = {
    "metrics": "select key, value, step, is_nan from metrics where",
    "latest": "select key, value, step, is_nan from latest_metrics where",
    "params": "select key, value from params where",
    "tags": "select key, value from tags where key not like 'mlflow.%' and",
    "runs": "select status, experiment_id from runs where",
}


def train(uri, python="loggers", **environ):
    """Run the script; give what it says that it has logged, and the run."""
    ended = subprocess.run(
        [python_of(python), str(SCRIPT)],
        env={
            "PATH": os.environ["PATH"],
            "MLFLOW_TRACKING_URI": uri,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout.splitlines()[-1])
    return sorted((name, step, value) for name, step, value in said["logged"]), said["run"]


def uri_of(sidecar):
    return f"http://localhost:{sidecar.port}/mlflow"


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="as it is"),
        pytest.param({"MLFLOW_EXPERIMENT_NAME": "digits"}, id="an experiment by its name"),
        pytest.param({"MLFLOW_RUN_ID": "0" * 32}, id="a run of somebody else's"),
    ],
)
def test_what_the_client_logs_arrives_step_by_step(environ, start, ingest):
    sidecar = start(
        ESPALIER_COLLECTORS=COLLECTORS,
        ESPALIER_PARAMETERS=json.dumps({"lr": 0.1, "depth": 4, "optimiser": "sgd"}),
    )
    logged, _ = train(uri_of(sidecar), **environ)
    ingest.wait(lambda: len(ingest.stored) >= len(logged))
    assert sorted(ingest.stored) == logged
    assert sidecar.health()["bad_lines"] == 0
    log = sidecar.log.read_text()
    assert "parameter depth: expected the trial's 4; the trainer logs '3'" in log
    assert "parameter lr" not in log


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run a tracking server with a database, and artifacts that go through it."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(python_of("mlflow"), "-m", "mlflow", "server", "--workers", "1"),
                *("--host", "127.0.0.1", "--port", str(port)),
                *("--backend-store-uri", f"sqlite:///{folder}/runs.db"),
                *("--artifacts-destination", str(folder / "artifacts")),
            ],
            env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    wait_until(lambda: "Uvicorn running" in (folder / "log").read_text())
    yield f"http://localhost:{port}", folder, process.pid
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def rows_of(folder, run):
    """Return all that the server's database has of a run, and its artifacts."""
    with sqlite3.connect(folder / "runs.db") as database:
        rows = {
            name: sorted(database.execute(f"{query} run_uuid = ?", (run,)))
            for name, query in TABLES.items()
        }
    artifacts = folder / "artifacts"
    files = {
        str(each.relative_to(artifacts)).partition(run)[2]: each.read_text()
        for each in artifacts.rglob("*")
        if run in str(each) and each.is_file()
    }
    return rows, files


def test_a_teams_server_has_the_same_as_without_the_sidecar(server, start, ingest):
    uri, folder, _ = server
    sidecar = start(ESPALIER_COLLECTORS=COLLECTORS, MLFLOW_TRACKING_URI=uri)
    environ = {"MLFLOW_EXPERIMENT_NAME": "digits"}
    directly, run = train(uri, **environ)
    through, other = train(uri_of(sidecar), **environ)
    assert directly == through
    assert rows_of(folder, run) == rows_of(folder, other)
    assert rows_of(folder, run)[1]
    ingest.wait(lambda: len(ingest.stored) >= len(through))
    assert sorted(ingest.stored) == through


def test_a_teams_server_that_stops_for_a_while_loses_nothing(server, start, ingest):
    """Stopped before the client asks it: both wait, and go on."""
    uri, _, pid = server
    sidecar = start(ESPALIER_COLLECTORS=COLLECTORS, MLFLOW_TRACKING_URI=uri)
    os.killpg(pid, signal.SIGSTOP)
    try:
        process = subprocess.Popen(["/bin/sh", "-c", f"sleep 12; kill -CONT -{pid}"])
        logged, _ = train(uri_of(sidecar), MLFLOW_HTTP_REQUEST_TIMEOUT="2")
        process.wait()
    finally:
        os.killpg(pid, signal.SIGCONT)
    ingest.wait(lambda: len(ingest.stored) >= len(logged))
    assert sorted(ingest.stored) == logged
