"""What the end-to-end tests see of a cluster: only `kubectl`, `helm` and the node's processes."""

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "espalier-system"
DEPLOYMENT = "deployment/espalier"


class Timeout(AssertionError):
    """A condition did not come true in time; the message has what was seen last."""


def wait_for(what: str, probe: Callable[[], Any]) -> Any:
    """Ask `probe` until it returns something true, and return that."""
    deadline = time.monotonic() + PATIENCE
    while True:
        seen = probe()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise Timeout(f"waited {PATIENCE:.0f} s for {what}; last seen: {seen!r}")
        time.sleep(0.1)


@dataclass(frozen=True)
class World:
    """A cluster with Espalier installed, seen through `kubectl` as a user sees it."""

    kubeconfig: str
    kubectl_path: str = "kubectl"

    def run(self, *args: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl and return what it printed; a failure shows what it said."""
        done = subprocess.run(
            [self.kubectl_path, *args],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "KUBECONFIG": self.kubeconfig},
            timeout=PATIENCE,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout if done.returncode == 0 else done.stderr

    def get(self, kind: str, namespace: str, name: str | None = None, *more: str) -> Any:
        """Get one object, or the items of a list; None where there is no such object."""
        named = [name] if name else []
        out = self.run(
            "get", kind, "-n", namespace, *named, *more, "-o", "json", "--ignore-not-found"
        )
        if not out.strip():
            return None if name else []
        got = json.loads(out)
        return got if name else got["items"]

    def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects as a user would."""
        body = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        self.run("apply", "-f", "-", stdin=body)

    def trials(self, namespace: str, study: str) -> list[dict[str, Any]]:
        """Return the trials of a study by number."""
        found = self.get("trials", namespace, None, "-l", f"espalier.dev/study={study}")
        return sorted(found, key=lambda trial: trial["spec"].get("number", 10**9))

    def condition(self, kind: str, namespace: str, name: str, type_: str) -> dict[str, Any] | None:
        """Return one condition of an object, None where it is absent."""
        found = self.get(kind, namespace, name) or {}
        for condition in found.get("status", {}).get("conditions", []):
            if condition["type"] == type_:
                return condition
        return None

    def wait_condition(
        self, namespace: str, study: str, type_: str, status: str = "True"
    ) -> dict[str, Any]:
        """Wait until a study's condition has a status, and return the condition."""

        def probe() -> dict[str, Any] | None:
            condition = self.condition("study", namespace, study, type_)
            return condition if condition and condition["status"] == status else None

        try:
            return wait_for(f"{type_}={status} of study {study}", probe)
        except Timeout as error:
            study_now = self.get("study", namespace, study) or {}
            raise Timeout(f"{error}; status: {json.dumps(study_now.get('status'))}") from None

    def operator_pod(self) -> str:
        """Return the name of the operator's ready pod."""

        def probe() -> str | None:
            for pod in self.get("pods", SYSTEM, None, "-l", "app.kubernetes.io/name=espalier"):
                ready = any(
                    c["type"] == "Ready" and c["status"] == "True"
                    for c in pod["status"].get("conditions", [])
                )
                if ready and not pod["metadata"].get("deletionTimestamp"):
                    return str(pod["metadata"]["name"])
            return None

        return str(wait_for("a ready operator pod", probe))

    def espalier(self, *args: str) -> str:
        """Run `espalier` inside the operator's pod, beside the store."""
        return self.run("exec", "-n", SYSTEM, self.operator_pod(), "--", "espalier", *args)

    def log_of(self, namespace: str, study: str) -> list[dict[str, Any]]:
        """Return the recorded log of a study, as `espalier export` prints it."""
        out = self.espalier("export", f"{namespace}/{study}")
        return [json.loads(line) for line in out.splitlines() if line.strip()]

    def metrics(self) -> str:
        """Return what Prometheus would scrape from the operator."""
        path = f"/api/v1/namespaces/{SYSTEM}/services/espalier-metrics:metrics/proxy/metrics"
        return self.run("get", "--raw", path)

    @contextmanager
    def uids(self, kind: str, namespace: str) -> Iterator[set[str]]:
        """Collect the uid of every object of a kind that is ever seen while this lasts."""
        command = [self.kubectl_path, "get", kind, "-n", namespace, "-w", "--no-headers"]
        watch = subprocess.Popen(
            [*command, "-o", "custom-columns=UID:.metadata.uid"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "KUBECONFIG": self.kubeconfig},
        )
        seen: set[str] = set()

        def read() -> None:
            assert watch.stdout
            seen.update(line.strip() for line in watch.stdout)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield seen
        finally:
            watch.terminate()
            reader.join(PATIENCE)

    @contextmanager
    def namespace(self, name: str) -> Iterator[str]:
        """A namespace for one test, deleted without waiting at its end."""
        self.run("delete", "namespace", name, "--ignore-not-found", "--wait=true")
        self.run("create", "namespace", name)
        try:
            yield name
        finally:
            self.run("delete", "namespace", name, "--ignore-not-found", "--wait=false")


def processes_of(trial: str) -> list[int]:
    """Return the ids of this node's processes that belong to a trial, by their environment."""
    mark = f"ESPALIER_TRIAL={trial}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if mark in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def processes_running(*parts: str) -> list[int]:
    """Return the ids of this node's processes that have all these parts in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if all(part.encode() in command for part in parts):
            found.append(int(entry.name))
    return found
