"""A namespace of its own on a real API server that has the CRDs."""

import asyncio
import shutil
import subprocess
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from espalier.kube import PRUNER_PROFILE, STUDY, TRIAL, Cluster, Kind, Refused, TokenBucket
from tests.patience import PATIENCE, WITH_PATIENCE
from tools.cluster.layout import cache_folder
from tools.cluster.parts import tool

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


class ApiServer:
    """What a user does with `kubectl`, and what the operator does through `espalier.kube`."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self._loop = asyncio.new_event_loop()
        bucket = TokenBucket(1000.0, 1000)
        self._cluster = self._wait(Cluster.connect(str(kubeconfig), limiter=bucket))

    def close(self) -> None:
        self._wait(self._cluster.close())
        self._loop.close()

    def create(self, body: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """Create an object of ours."""
        kind = _kind(body["kind"])
        return self._wait(self._cluster.create(kind, self.namespace, body, dry_run=dry_run))

    def patch(
        self, kind: str, name: str, body: dict[str, Any], subresource: str = ""
    ) -> dict[str, Any]:
        """Merge into an object."""
        return self._wait(
            self._cluster.patch(_kind(kind), self.namespace, name, body, subresource=subresource)
        )

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Read an object."""
        return self._wait(self._cluster.get(_kind(kind), self.namespace, name))

    def refusal(self, body: dict[str, Any]) -> list[tuple[str, str]]:
        """Return field and message of everything that the API server has against an object."""
        try:
            self.create(body, dry_run=True)
        except Refused as refused:
            return causes(refused)
        return []

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl in the namespace and return what it printed, errors included."""
        command = shutil.which("kubectl") or str(tool(cache_folder(), "kubectl"))
        done = subprocess.run(
            [
                command,
                f"--kubeconfig={self.kubeconfig}",
                f"--namespace={self.namespace}",
                *arguments,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)


def causes(refused: Refused) -> list[tuple[str, str]]:
    """Return field and message of each cause."""
    return [(str(cause.get("field", "")), str(cause["message"])) for cause in refused.causes]


@contextmanager
def api_server(kubeconfig: Path) -> Iterator[ApiServer]:
    """Apply the CRDs and give a fresh namespace."""
    server = ApiServer(kubeconfig, f"crd-{uuid.uuid4().hex[:8]}")
    crds = str(ROOT / "crds")
    server.kubectl("apply", "--server-side", "--force-conflicts", "-f", crds)
    # Of an object that has no conditions yet, `kubectl wait --for=condition=` makes an error.
    for kind in (STUDY, TRIAL, PRUNER_PROFILE):
        accepted = f"--for=jsonpath={{.status.acceptedNames.kind}}={kind.name}"
        server.kubectl("wait", accepted, WITH_PATIENCE, f"crd/{kind.plural}.espalier.dev")
    server.kubectl("wait", "--for=condition=Established", WITH_PATIENCE, "-f", crds)
    server.kubectl("create", "namespace", server.namespace)
    try:
        yield server
    finally:
        server.kubectl("delete", "namespace", server.namespace, "--wait=false")
        server.close()


def _kind(name: str) -> Kind:
    return {kind.name: kind for kind in (STUDY, TRIAL, PRUNER_PROFILE)}[name]
