"""A sidecar as a real process."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from espalier_sidecar.ready import wait_until_ready
from tests.patience import PATIENCE
from tests.ports import free_port

SOURCE = Path(__file__).parents[2] / "sidecar"


class RunningSidecar:
    """The sidecar of trial research/digits-7, with its folder, in a process of its own."""

    def __init__(
        self,
        folder: Path,
        url: str,
        ca_pem: str,
        wrap: tuple[str, ...] = (),
        mode: int = 0o777,
        source: Path = SOURCE,
        **environ: str,
    ) -> None:
        self._wrap = wrap
        self._source = source
        self.directory = folder / "espalier"
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(mode)
        self.token_file = folder / "token"
        self.token_file.write_text("first\n")
        self.termination_log = folder / "termination-log"
        self.termination_log.write_text("")
        self.termination_log.chmod(0o666)
        self.log = folder / "log"
        self.port = free_port()
        self.environ = {
            "PATH": os.environ["PATH"],
            "MALLOC_ARENA_MAX": "1",
            "ESPALIER_INGEST_URL": url,
            "ESPALIER_CA_PEM": ca_pem,
            "ESPALIER_TOKEN_FILE": str(self.token_file),
            "ESPALIER_TRIAL": "research/digits-7",
            "ESPALIER_METRIC": "val_accuracy",
            "ESPALIER_PORT": str(self.port),
            "ESPALIER_DIRECTORY": str(self.directory),
            "ESPALIER_TERMINATION_LOG": str(self.termination_log),
            "ESPALIER_DRAIN_SECONDS": "1",
            **environ,
        }
        self.process = self._start()

    def restart(self) -> None:
        """Start again over the same folder, as the kubelet would."""
        self.process = self._start()

    def post(self, reports: Any) -> tuple[int, dict[str, Any]]:
        """Report as a trainer does."""
        return self.request("POST", "/report", json.dumps(reports))

    def request(
        self, method: str, path: str, body: str | bytes | None = None
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def health(self) -> dict[str, int]:
        return self.request("GET", "/healthz")[1]

    def kill(self) -> None:
        """End it without a word."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def terminate(self) -> int:
        """Ask it to end; give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def last_words(self) -> dict[str, Any]:
        message = self.termination_log.read_bytes()
        assert len(message) <= 4096
        found: dict[str, Any] = json.loads(message)
        names = found.pop("names")
        found["reports"] = [[names[metric], *value] for metric, *value in found["reports"]]
        return found

    def resident_kib(self) -> int:
        """Memory that is resident, shared pages of libraries included."""
        return self._status("VmRSS")

    def peak_kib(self) -> int:
        return self._status("VmHWM")

    def _status(self, name: str) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(name))

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self._wrap, sys.executable, "-SE", "-m", "espalier_sidecar"],
                cwd=self._source,
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        ends = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < ends:
            if wait_until_ready(self.port, 0.5):
                return process
        process.kill()
        raise AssertionError(f"the sidecar did not start:\n{self.log.read_text()}")
