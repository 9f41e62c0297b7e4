"""What the sidecar costs: memory, the way of a value, and the trainer's time. Prints figures."""

import gc
import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

VALUES = 300
STEPS = 60
STEP_SECONDS = 0.1
IDLE_SECONDS = 5.0


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[FakeIngest]:
    fake = FakeIngest(tmp_path)
    yield fake
    fake.close()


@pytest.fixture
def sidecar(tmp_path: Path, ingest: FakeIngest) -> Iterator[RunningSidecar]:
    running = RunningSidecar(tmp_path, ingest.url, ingest.ca_pem)
    yield running
    running.kill()


def show(what: str, figure: float, unit: str) -> None:
    print(f"  {what:<58} {figure:9.2f} {unit}")


def quantiles(seconds: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(seconds, n=100)
    return cuts[49] * 1e3, cuts[98] * 1e3


def test_memory(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    print()
    show("resident at the start", sidecar.resident_kib() / 1024, "MiB")
    sidecar.post({"step": 0, "value": 0.5})
    ingest.wait_for_steps([0])
    show("after the first value (TLS is up)", sidecar.resident_kib() / 1024, "MiB")
    for start in range(1, 20_000, 1000):
        sidecar.post([{"step": step, "value": step / 7} for step in range(start, start + 1000)])
    ingest.wait_for_steps([20_000])
    show("after 20,000 values in posts of 1,000", sidecar.resident_kib() / 1024, "MiB")
    ingest.close()
    for start in range(20_001, 120_000, 1000):
        sidecar.post([{"step": step, "value": step / 7} for step in range(start, start + 1000)])
    show("with 100,000 values waiting for an ingest that is away", sidecar.peak_kib() / 1024, "MiB")


def test_the_way_of_a_value(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    file = sidecar.directory / "reports.jsonl"

    def by_http(step: int) -> None:
        sidecar.post({"step": step, "value": 0.5})

    def by_file(step: int) -> None:
        with file.open("a") as writer:
            writer.write(json.dumps({"step": step, "value": 0.5}) + "\n")

    print()
    for name, report, first in (("HTTP", by_http, 0), ("the file", by_file, VALUES)):
        answered, arrived = [], []
        for step in range(first, first + VALUES):
            begun = time.monotonic()
            report(step)
            answered.append(time.monotonic() - begun)
            ingest.wait_for_steps([step])
            arrived.append(ingest.posts[-1].at - begun)
        for what, seconds in (("trainer goes on", answered), ("POST has arrived", arrived)):
            median, late = quantiles(seconds)
            show(f"by {name}: report -> {what}, p50", median, "ms")
            show(f"by {name}: report -> {what}, p99", late, "ms")


def test_the_trainers_step_time(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", sidecar.port)

    def by_http(step: int) -> None:
        connection.request("POST", "/report", json.dumps({"step": step, "value": 0.5}))
        connection.getresponse().read()

    work = rounds_in(STEP_SECONDS)
    plain, reporting = [], []
    gc.disable()
    for step in range(STEPS):
        # By turns, so that whatever else the machine does falls on both alike.
        plain.append(timed(lambda: spin(work)))
        reporting.append(timed(lambda: spin(work), lambda step=step: by_http(step)))
    gc.enable()
    print()
    before, after = statistics.median(plain), statistics.median(reporting)
    show("a step of the trainer, alone", before * 1e3, "ms")
    show("a step that ends with a report", after * 1e3, "ms")
    show("more", (after / before - 1) * 100, "%")


def test_idling(sidecar: RunningSidecar) -> None:
    schedule = Path(f"/proc/{sidecar.process.pid}/schedstat")
    before = int(schedule.read_text().split()[0])
    time.sleep(IDLE_SECONDS)
    used = int(schedule.read_text().split()[0]) - before
    print()
    show("of a core, while nothing is reported", used / 1e9 / IDLE_SECONDS * 100, "%")


def spin(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total += number * number
    return total


def rounds_in(seconds: float) -> int:
    quick = min(timed(lambda: spin(200_000)) for _ in range(10))
    return int(200_000 * seconds / quick)


def timed(*acts: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for act in acts:
        act()
    return time.perf_counter() - begun
