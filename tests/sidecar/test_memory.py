"""What the sidecar is resident with: each collector driven with its input, and all of them at once.

Prints a table (`pytest -s`): KiB that are resident once the values are delivered, and the most.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest

from espalier.api.collectors import CollectorSpec
from espalier_sidecar import limits
from tests.sidecar.event_files import NAME, append, scalar
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

STEPS = 100
Start = Callable[..., RunningSidecar]
Write = Callable[[RunningSidecar, int], None]
ROWS: list[tuple[str, int, int]] = []


class Driven(NamedTuple):
    """A collector's section, given the volume's path, and how a trainer writes a step for it."""

    collector: dict[str, Any]
    write: Write


class Server(ThreadingHTTPServer):
    """A team's tracking server, or a trainer's metrics: says `text` to whatever is asked."""

    daemon_threads = True
    text = "{}"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = self.server.text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


def line(path: str, text: str, head: str = "") -> Write:
    """Write a line for each step into a file of the volume."""

    def write(sidecar: RunningSidecar, step: int) -> None:
        file = sidecar.directory / path
        file.parent.mkdir(exist_ok=True)
        with file.open("a") as writer:
            writer.write((head if not writer.tell() else "") + text.format(step))

    return write


def by_mlflow(sidecar: RunningSidecar, step: int) -> None:
    metric = {"run_id": "1" * 32, "key": "MLflow", "value": 0.5, "timestamp": 1, "step": step}
    path = "/mlflow/api/2.0/mlflow/runs/log-metric"
    assert sidecar.request("POST", path, json.dumps(metric))[0] == 200


def by_kubeflow(sidecar: RunningSidecar, step: int) -> None:
    values = {"Kubeflow": 0.5, "epoch": step + 1, "current_epoch": step + 1, "current_step": step}
    told = [{"name": name, "value": str(each)} for name, each in values.items()]
    body = json.dumps({"trainerStatus": {"metrics": told}})
    assert sidecar.request("POST", "/kubeflow", body)[0] == 200


def by_events(sidecar: RunningSidecar, step: int) -> None:
    append(sidecar.directory / "tensorboard" / "run" / NAME, scalar("TensorBoard", step, 0.5))


def by_post(sidecar: RunningSidecar, step: int) -> None:
    assert sidecar.post({"metric": "Local", "step": step, "value": 0.5})[0] == 202


def driven(volume: Path, team: Server, trainer: Server) -> dict[str, Driven]:
    """Return every type with its input; the metric is called as the type."""

    def by_metrics(_: RunningSidecar, step: int) -> None:
        trainer.text = f"# TYPE Prometheus gauge\nPrometheus {step / 4}\nepoch {step}\n"
        time.sleep(0.01)

    port, forwarded = trainer.server_port, f"http://127.0.0.1:{team.server_port}"
    lines = '{{"metric": "File", "step": {0}, "value": 0.5}}\n'
    printed = "Epoch {0}/300 - Output: 0.5 - lr=1e-3\n"
    sections: dict[str, tuple[dict[str, Any], Write]] = {
        "Local": ({}, by_post),
        "File": ({"path": f"{volume}/values.jsonl"}, line("values.jsonl", lines)),
        "Output": ({"preset": "KeyValue"}, line(".output/0", printed)),
        "Log": (
            {"path": f"{volume}/train.log", "preset": "HuggingFace"},
            line("train.log", "{{'Log': 0.5, 'epoch': {0}.0}}\n"),
        ),
        "Csv": ({"path": f"{volume}/m.csv"}, line("m.csv", "{0},0.5\n", "step,Csv\n")),
        "MLflow": ({"trackingUri": forwarded}, by_mlflow),
        "TensorBoard": ({"directory": f"{volume}/tensorboard"}, by_events),
        "Kubeflow": ({}, by_kubeflow),
        "Prometheus": ({"port": port, "step": "epoch", "intervalSeconds": 0.02}, by_metrics),
    }
    return {
        type_: Driven(
            {
                "type": type_,
                CollectorSpec.choices[type_].section: section,
                "metrics": {type_: type_},
            },
            write,
        )
        for type_, (section, write) in sections.items()
    }


@pytest.fixture
def every(tmp_path: Path) -> Iterator[dict[str, Driven]]:
    with ExitStack() as held:
        team, trainer = held.enter_context(serving()), held.enter_context(serving())
        yield driven(tmp_path / "espalier", team, trainer)


@pytest.fixture(scope="module", autouse=True)
def _table() -> Iterator[None]:
    yield
    print(f"\n{'collector':<14}{'resident':>10}{'at most':>10}  KiB")
    for name, resident, peak in ROWS:
        print(f"{name:<14}{resident:>10}{peak:>10}")


TYPES = [*sorted({*CollectorSpec.choices} - {"Auto"}), "Auto", "all"]


@pytest.mark.parametrize("name", TYPES)
def test_what_is_resident_stays_within_its_bound(
    name: str, every: dict[str, Driven], start: Start, ingest: FakeIngest
) -> None:
    chosen = {"all": [*every], "Auto": ["Local", "MLflow", "Kubeflow"]}.get(name, [name])
    collectors = [every[each].collector for each in chosen]
    if name == "Auto":
        collectors = [{"type": "Auto"}]
    sidecar = start(ESPALIER_COLLECTORS=json.dumps(collectors))
    for step in range(STEPS):
        for each in chosen:
            every[each].write(sidecar, step)
    ingest.wait(lambda: all(arrived(ingest, each) for each in chosen))
    resident, peak = sidecar.resident_kib(), sidecar.peak_kib()
    ROWS.append((name, resident, peak))
    assert resident * limits.KIB <= limits.RESIDENT
    assert peak * limits.KIB <= sum(limits.HELD.values())


def arrived(ingest: FakeIngest, metric: str) -> bool:
    """Whether all of a metric is there; of what is scraped, the last."""
    steps = {step for name, step, _ in ingest.stored if name == metric}
    return STEPS - 1 in steps if metric == "Prometheus" else len(steps) >= STEPS - 1


def test_every_type_is_driven(every: dict[str, Driven]) -> None:
    assert {*every, "Auto"} == set(CollectorSpec.choices)
