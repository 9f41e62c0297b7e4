"""Commands run as a person runs them, against what plays a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from espalier.cli.main import main
from espalier.kube import STUDY
from tests.cli.asking.serving import ApiServer, proxied, write_kubeconfig
from tests.read_api.serving import ADMIN

STATUS = {
    "state": "Running",
    "counts": {"running": 2, "completed": 8, "pruned": 2, "failed": 1},
    "startTime": "2026-01-01T00:00:00Z",
    "best": {
        "number": 2,
        "trial": "digits-2",
        "value": 0.953229,
        "step": 12,
        "parameters": {"lr": 0.1667},
        "expected": 0.95,
        "expectedLow": 0.94,
        "expectedHigh": 0.96,
    },
    "gpuSeconds": {"used": 7200.0, "saved": 3600.0, "savedLow": 1800.0, "savedHigh": 5400.0},
    "pruning": {"judged": 90, "riskStated": 0.05, "riskSpent": 0.01},
    "conditions": [
        {"type": "Progressing", "status": "True", "reason": "Running", "message": "2 trials run."},
        {"type": "Degraded", "status": "True", "reason": "Quota", "message": "No [bold]room[/]."},
    ],
}


def study(name: str = "digits", namespace: str = "research", **status: Any) -> dict[str, Any]:
    """Return a Study as the cluster has it."""
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"{namespace}-{name}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "objective": {"metric": "val_accuracy", "direction": "Maximize", "target": 0.999},
            "resource": {"name": "epoch", "max": 12},
            "parameters": [{"name": "lr"}],
            "pruner": {"type": "Median"},
            "trials": {"max": 20, "parallelism": 4},
        },
        "status": STATUS | status,
    }


def cluster_of(*studies: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an API server with these Studies has, by path."""
    found: dict[str, Any] = {}
    spaces = [None, *{each["metadata"]["namespace"] for each in studies}]
    for each in studies:
        metadata = each["metadata"]
        found[STUDY.path(metadata["namespace"], metadata["name"])] = each
    for space in spaces:
        items = [each for each in studies if space in (None, each["metadata"]["namespace"])]
        found[STUDY.path(space)] = {"metadata": {"resourceVersion": "1"}, "items": items}
    return found


def commanded(
    store: str,
    folder: Path,
    *words: str,
    objects: Mapping[str, Any] | None = None,
    token: str | None = ADMIN,
    env: Mapping[str, str] | None = None,
    **options: Any,
) -> tuple[Result, ApiServer]:
    """Run a command with a kubeconfig of a cluster that has a store behind it."""

    async def go() -> tuple[Result, ApiServer]:
        known = cluster_of(study()) if objects is None else objects
        async with proxied(store, objects=known, **options) as (url, api):
            config = write_kubeconfig(folder / "config", url, token, namespace="research")
            given = {"KUBECONFIG": str(config), **(env or {})}
            done = await asyncio.to_thread(CliRunner().invoke, main, list(words), env=given)
            return done, api

    return asyncio.run(go())
