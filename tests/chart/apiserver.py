"""A real API server with the chart's objects, asked as various users."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE
from tools.cluster.layout import cache_folder
from tools.cluster.parts import tool


@dataclass(frozen=True)
class ApiServer:
    """An API server seen through kubectl, with the rights of its kubeconfig."""

    kubeconfig: Path

    def kubectl(self, *arguments: str, stdin: Any = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl; `stdin` is an object or a list of them."""
        if isinstance(stdin, list):
            stdin = {"apiVersion": "v1", "kind": "List", "items": stdin}
        return subprocess.run(
            [_kubectl(), *arguments],
            input=json.dumps(stdin) if stdin is not None else None,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "KUBECONFIG": str(self.kubeconfig)},
            timeout=PATIENCE,
        )

    def must(self, *arguments: str, stdin: Any = None) -> str:
        """Run kubectl, which must succeed."""
        done = self.kubectl(*arguments, stdin=stdin)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> dict[str, Any] | None:
        """Get one object, or None."""
        out = self.must("get", *arguments, "-o", "json", "--ignore-not-found")
        found: dict[str, Any] | None = json.loads(out) if out.strip() else None
        return found

    def namespace(self, name: str) -> None:
        """Make sure that a namespace exists."""
        self.must("apply", "-f", "-", stdin=namespace(name))

    def create_as(self, user: str, found: dict[str, Any], *options: str) -> str:
        """Create an object as a user; return why not, or "" where it was created."""
        done = self.kubectl("create", "-f", "-", f"--as={user}", *options, stdin=found)
        return "" if done.returncode == 0 else done.stderr

    def patch_as(self, user: str, namespace: str, name: str, change: dict[str, Any]) -> str:
        """Merge into an object (``KIND/NAME``) as a user; return why not, or ""."""
        where = ("-n", namespace, f"--as={user}", "--type=merge", f"-p={json.dumps(change)}")
        done = self.kubectl("patch", name, *where)
        return "" if done.returncode == 0 else done.stderr


def namespace(name: str) -> dict[str, Any]:
    """Make a Namespace object."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def wait_until(what: str, holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {what}"
        time.sleep(0.1)


def _kubectl() -> str:
    """Prefer the kubectl that was built with the server: the machine's may be too old for it."""
    built = tool(cache_folder(), "kubectl")
    return str(built) if built.exists() else shutil.which("kubectl") or "kubectl"
