"""The chart as helm renders it, and what is asked of the result."""

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.patience import PATIENCE
from tools.cluster.build import build
from tools.cluster.layout import cache_folder
from tools.cluster.parts import NODE, tool
from tools.cluster.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "espalier"
SYSTEM = "espalier-system"


@cache
def helm_path() -> str:
    """Find helm, or build the pinned one."""
    found = shutil.which("helm")
    if found:
        return found
    build([part for part in NODE if part.name.startswith("helm ")], cache_folder(), Progress())
    return str(tool(cache_folder(), "helm"))


def helm(*arguments: str, kubeconfig: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run helm; the caller looks at the exit code."""
    environment = {**os.environ, **({"KUBECONFIG": str(kubeconfig)} if kubeconfig else {})}
    return subprocess.run(
        [helm_path(), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=PATIENCE,
    )


def with_values(values: dict[str, Any]) -> list[str]:
    """Give values as helm's arguments, keys being paths such as ``image.tag``."""
    return [part for path, value in values.items() for part in _set(path, value)]


def _set(path: str, value: Any) -> list[str]:
    return ["--set-json", f"{path}={json.dumps(value)}"]


def render(
    values: dict[str, Any] | None = None, release: str = "espalier", namespace: str = SYSTEM
) -> list[dict[str, Any]]:
    """Render the chart and parse every object."""
    text = _rendered(release, namespace, *with_values(values or {}))
    return [found for found in yaml.load_all(text, yaml.CSafeLoader) if found]


@cache
def _rendered(release: str, namespace: str, *arguments: str) -> str:
    done = helm("template", release, str(CHART), "-n", namespace, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refusal(values: dict[str, Any]) -> str:
    """Render with wrong values and return what helm says."""
    done = helm("template", "espalier", str(CHART), "-n", SYSTEM, *with_values(values))
    assert done.returncode != 0, "helm accepted these values"
    return done.stderr


def of_kind(objects: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    """Pick the objects of a kind, by name."""
    return {found["metadata"]["name"]: found for found in objects if found["kind"] == kind}


def container(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the operator's container."""
    deployment = of_kind(objects, "Deployment")["espalier"]
    return deployment["spec"]["template"]["spec"]["containers"][0]


def environment(objects: list[dict[str, Any]]) -> dict[str, str]:
    """Return the operator's plain environment variables."""
    return {e["name"]: e["value"] for e in container(objects)["env"] if "value" in e}
