"""The operator and the load as processes, and what every process took."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.scale.ground import CA_SECRET, OPERATOR, OWN_NAMESPACE, ROOT, Ground
from tests.bench.scale.size import Size
from tools.cluster import process

INGEST, METRICS = 18443, 19090
_ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT / 'operator'}:{ROOT / 'sidecar'}:{ROOT}",
    "OPENBLAS_NUM_THREADS": "1",
}
_TICKS = os.sysconf("SC_CLK_TCK")


class Operator:
    """The operator by its own command line; it may be killed and started again."""

    def __init__(self, ground: Ground, size: Size, store: Path) -> None:
        self._ground = ground
        self.url = f"sqlite:///{store}"
        paced = {"--qps": size.qps, "--burst": size.burst}
        self.arguments: list[str | Path] = [
            sys.executable,
            *("-m", "espalier.cli.main", "run"),
            f"--kubeconfig={ground.kubeconfig}",
            f"--own-namespace={OWN_NAMESPACE}",
            f"--ca-secret={CA_SECRET}",
            "--identity=scale",
            f"--store={self.url}",
            f"--ingest-port={INGEST}",
            f"--ingest-url=https://127.0.0.1:{INGEST}",
            f"--metrics-port={METRICS}",
            *(f"{flag}={value:g}" for flag, value in paced.items() if value is not None),
        ]

    def start(self) -> None:
        """Start it; `until_ready` waits for it."""
        state = self._ground.layout.state
        process.start(OPERATOR, self.arguments, state=state, environment=_ENVIRONMENT)

    async def until_ready(self, patience: float = 180.0) -> None:
        """Wait until it says that it is ready."""
        deadline = time.monotonic() + patience
        while not await asyncio.to_thread(self._answers, "/readyz"):
            running = process.recorded(self._ground.layout.state, OPERATOR)
            if time.monotonic() > deadline or running is None or not running.alive():
                raise TimeoutError(process.last_lines(self._ground.layout.state, OPERATOR))
            await asyncio.sleep(0.05)

    def kill(self) -> None:
        """End it at once, without any goodbye."""
        running = process.recorded(self._ground.layout.state, OPERATOR)
        assert running is not None
        running.signal(signal.SIGKILL)
        while running.alive():
            time.sleep(0.005)

    def stop(self) -> None:
        """Ask it to end, and wait."""
        process.stop(self._ground.layout.state, [OPERATOR], grace=20.0)

    def _answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{METRICS}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    async def metrics(self) -> str:
        """Return the text of its metrics."""

        def read() -> str:
            with urllib.request.urlopen(f"http://127.0.0.1:{METRICS}/metrics", timeout=30) as got:
                return str(got.read().decode())

        return await asyncio.to_thread(read)


class Generator:
    """The process that plays the pods; each command has one answer."""

    def __init__(self, child: asyncio.subprocess.Process) -> None:
        self._child = child
        self._ids = itertools.count()
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, settings: str) -> Generator:
        """Start it."""
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.bench.scale.generator", settings),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **_ENVIRONMENT},
        )
        return cls(child)

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

    async def ask(self, do: str, **more: Any) -> dict[str, Any]:
        """Give a command and return its answer.

        Raises
        ------
        ConnectionError
            If it has ended.
        """
        number = next(self._ids)
        future = self._asked[number] = asyncio.get_running_loop().create_future()
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"id": number, "do": do, **more}).encode() + b"\n")
        await self._child.stdin.drain()
        return await future

    async def _read(self) -> None:
        assert self._child.stdout is not None
        async for line in self._child.stdout:
            told = json.loads(line)
            self._asked.pop(told.pop("id")).set_result(told)
        for future in self._asked.values():
            future.set_exception(ConnectionError("the load's process has ended; see above"))

    async def stop(self) -> None:
        """End it."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            await asyncio.wait_for(self._child.wait(), 5)
        except TimeoutError:
            self._child.kill()
            await self._child.wait()
        self._reading.cancel()


@dataclass(frozen=True)
class Taken:
    """What a process has taken so far: CPU seconds, MiB resident now and at most."""

    cpu: float
    resident: float
    peak: float


def taken(pid: int) -> Taken | None:
    """Return what a process has taken; None if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))

    def mebibytes(name: str) -> float:
        return round(int(sizes.get(name, "0 kB").split()[0]) / 1024, 1)

    cpu = (int(fields[11]) + int(fields[12])) / _TICKS
    return Taken(cpu, mebibytes("VmRSS"), mebibytes("VmHWM"))
