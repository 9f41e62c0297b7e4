"""Fixtures: an ingest, and a sidecar that reports to it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[FakeIngest]:
    fake = FakeIngest(tmp_path)
    yield fake
    fake.close()


@pytest.fixture
def start(tmp_path: Path, ingest: FakeIngest) -> Iterator[Callable[..., RunningSidecar]]:
    """Start a sidecar with more environment variables."""
    running: list[RunningSidecar] = []

    def begin(wrap: tuple[str, ...] = (), mode: int = 0o777, **environ: str) -> RunningSidecar:
        running.append(
            RunningSidecar(tmp_path, ingest.url, ingest.ca_pem, wrap=wrap, mode=mode, **environ)
        )
        return running[-1]

    yield begin
    for sidecar in running:
        if sidecar.process.poll() is None:
            sidecar.kill()
        print(sidecar.log.read_text())


@pytest.fixture
def sidecar(start: Callable[..., RunningSidecar]) -> RunningSidecar:
    return start()
