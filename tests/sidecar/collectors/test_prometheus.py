"""A trainer that serves its metrics itself, against a sidecar as a process."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from espalier_sidecar.collectors.prometheus import PrometheusEndpoint, Scraped, read_section
from tests.patience import PATIENCE
from tests.sidecar.contexts import context_of
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tools.trainers import python_of

SCRIPT = Path(__file__).parents[1] / "trainers" / "scraped.py"
Start = Callable[..., RunningSidecar]
Set = Callable[..., None]


class Trainer:
    """A process whose gauges the test sets."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [python_of("loggers"), str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def set(self, **values: float) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(list(values.items())) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "set\n"

    def end(self) -> None:
        self._process.communicate()


@pytest.fixture
def trainer() -> Iterator[Trainer]:
    running = Trainer()
    yield running
    running.end()


def collectors(port: int, metrics: dict[str, str] | None = None, **section: Any) -> str:
    endpoint = {"port": port, "intervalSeconds": 0.02, **section}
    collector = {"type": "Prometheus", "prometheus": endpoint, "metrics": metrics or {}}
    return json.dumps([collector])


def test_values_have_the_step_that_another_series_says(
    start: Start, ingest: FakeIngest, trainer: Trainer
) -> None:
    names = {"val_loss": "loss", 'val_accuracy{split="dev"}': "accuracy"}
    start(ESPALIER_COLLECTORS=collectors(trainer.port, names, step="epoch"))
    wanted: list[tuple[str, int, float | None]] = []
    for epoch in range(1, 5):
        loss = float("nan") if epoch == 4 else 1 / epoch
        trainer.set(epoch=epoch, val_loss=loss, dev=epoch / 7)
        wanted += [("loss", epoch, None if epoch == 4 else loss), ("accuracy", epoch, epoch / 7)]
        ingest.wait(lambda: len(ingest.stored) >= len(wanted))  # noqa: B023
    assert sorted(ingest.stored) == sorted(wanted)


def test_values_without_a_step_are_counted_when_they_change(
    start: Start, ingest: FakeIngest, trainer: Trainer
) -> None:
    sidecar = start(
        ESPALIER_COLLECTORS=collectors(trainer.port), ESPALIER_METRIC='val_accuracy{split="dev"}'
    )
    for count, value in enumerate((0.5, 0.25, 0.75), 1):
        trainer.set(dev=value)
        ingest.wait(lambda: len(ingest.stored) == count)  # noqa: B023
    sidecar.kill()
    sidecar.restart()
    trainer.set(dev=0.5)
    ingest.wait(lambda: len(ingest.stored) == 4)
    assert [(step, value) for _, step, value in ingest.stored] == [
        (1, 0.5),
        (2, 0.25),
        (3, 0.75),
        (4, 0.5),
    ]


def test_an_endpoint_that_hangs_keeps_no_other_value_waiting(
    start: Start, ingest: FakeIngest
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sidecar = start(ESPALIER_COLLECTORS=collectors(silent.getsockname()[1]))
        connection, _ = silent.accept()
        with connection:
            sidecar.post([{"step": step, "value": 0.5} for step in range(20)])
            with (sidecar.directory / "reports.jsonl").open("a") as file:
                file.write('{"step": 20, "value": 0.5}\n')
            ingest.wait_for_steps(range(21), within=4)
            assert sidecar.terminate() == 0


def test_an_endpoint_that_is_not_there_yet_is_no_news(start: Start, ingest: FakeIngest) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sidecar = start(ESPALIER_COLLECTORS=collectors(port))
    sidecar.post({"step": 1, "value": 0.5})
    ingest.wait_for_steps([1])
    assert sidecar.terminate() == 0
    assert "listens" not in sidecar.log.read_text()


# -- what counts, scrape by scrape ----------------------------------------------------------------


def told(tmp_path: Path, scrapes: list[dict[str, float]], step: str = "epoch") -> list[Any]:
    """Give the step and the value of what a collector reports of scrapes, restarted at each."""
    found = []
    for samples in scrapes:
        context = context_of(tmp_path, "loss")
        collector = Scraped(context, PrometheusEndpoint(1, "/", step, 1.0))
        collector._scrapes.append({name: repr(value) for name, value in samples.items()})
        found += [(each.step, each.value) for each in collector.poll(0, last=True).reports]
        collector.kept()
    return found


STORIES = {
    "a gauge is nought until it is set": (
        [{"epoch": 0, "loss": 0.0}, {"epoch": 1, "loss": 0.5}],
        [(1, 0.5)],
    ),
    "a step that is set first does not take the old value": (
        [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.5}, {"epoch": 2, "loss": 0.4}],
        [(1, 0.5), (2, 0.4)],
    ),
    "a value that is set first waits for its step": (
        [{"epoch": 1, "loss": 0.5}, {"epoch": 1, "loss": 0.4}, {"epoch": 2, "loss": 0.4}],
        [(1, 0.5), (2, 0.4)],
    ),
    "a value that stays is no new one": ([{"epoch": 1, "loss": 0.5}] * 3, [(1, 0.5)]),
    "NaN that stays is no new one": ([{"epoch": 1, "loss": float("nan")}] * 3, [(1, None)]),
    "no step, no value": ([{"loss": 0.5}, {"epoch": 1, "loss": 0.5}], [(1, 0.5)]),
    "a step that is no whole number is passed over": ([{"epoch": 1.5, "loss": 0.5}], []),
    "a series that is missed at times": (
        [{"epoch": 1, "loss": 0.5}, {"epoch": 2}, {"epoch": 3, "loss": 0.4}],
        [(1, 0.5), (3, 0.4)],
    ),
}


@pytest.mark.parametrize("story", STORIES)
def test_what_counts(tmp_path: Path, story: str) -> None:
    scrapes, wanted = STORIES[story]
    assert told(tmp_path, scrapes) == wanted


def test_a_series_that_is_missing_is_named_with_what_came_instead(
    tmp_path: Path, trainer: Trainer
) -> None:
    endpoint = read_section({"port": trainer.port, "step": "steps", "intervalSeconds": 0.02})
    collector = endpoint.collector(context_of(tmp_path, "loss"))
    ends = time.monotonic() + PATIENCE
    while not collector.health().passed_over:
        collector.poll(0, last=False)
        assert time.monotonic() < ends
    collector.close()
    health = collector.health()
    assert health.passed_over == "no series 'steps', which is to be the step"
    assert health.names == ("epoch", "val_loss")
    assert health.fault == ""


@pytest.mark.parametrize("section", [{}, {"port": "1"}, {"port": 1, "path": 2}, {"port": True}])
def test_a_section_that_is_none_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        read_section(section)
