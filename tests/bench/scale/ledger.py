"""What every process took and asked in each part of a run."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.bench.scale.api import Api
from tests.bench.scale.figures import buckets, quantile, since, total
from tests.bench.scale.ground import OPERATOR, Ground
from tests.bench.scale.processes import Generator, Operator, Taken, taken

REQUESTS = "espalier_api_requests_total"
DISPATCHED = "apiserver_flowcontrol_dispatched_requests_total"
HISTOGRAMS = {
    "report -> decision committed": "espalier_report_to_decision_seconds",
    "decision -> DELETE accepted": "espalier_decision_to_delete_seconds",
    "a look at the study": "espalier_reconcile_duration_seconds",
    "waiting for --qps": "espalier_api_wait_seconds",
    "commit": "espalier_store_commit_duration_seconds",
}
_SHARES = {"p50": 0.5, "p99": 0.99}


@dataclass(frozen=True)
class Look:
    """Everything that is counted, at one moment."""

    at: float
    taken: dict[str, Taken]
    requests: Counter[str]
    by_user: Counter[str]
    histograms: dict[str, dict[float, float]]


class Ledger:
    """Takes looks, and tells what lies between two of them.

    The operator's own counts begin anew when it is killed; `before_kill` keeps them.
    """

    def __init__(self, ground: Ground, operator: Operator, load: Generator, api: Api) -> None:
        self._ground, self._operator, self._load, self._api = ground, operator, load, api
        self._requests: Counter[str] = Counter()
        self._cpu = 0.0
        self._peak = 0.0

    async def look(self) -> Look:
        """Count now."""
        text = await self._operator.metrics()
        served = await self._api.text("/metrics")
        return Look(
            time.monotonic(),
            self._processes(),
            self._requests + total(text, REQUESTS, ("verb", "resource")),
            total(served, DISPATCHED, ("flow_schema",)),
            {what: buckets(text, name) for what, name in HISTOGRAMS.items()},
        )

    async def before_kill(self) -> None:
        """Keep what the operator has counted in this life of its."""
        self._requests += total(await self._operator.metrics(), REQUESTS, ("verb", "resource"))
        pid = self._ground.pids()[OPERATOR]
        if (used := taken(pid)) is not None:
            self._cpu += used.cpu
            self._peak = max(self._peak, used.peak)

    def _processes(self) -> dict[str, Taken]:
        pids = {**self._ground.pids(), "load": self._load.pid}
        found = {name: used for name, pid in pids.items() if (used := taken(pid)) is not None}
        if (mine := found.get(OPERATOR)) is not None:
            peak = max(mine.peak, self._peak)
            found[OPERATOR] = Taken(mine.cpu + self._cpu, mine.resident, peak)
        return found

    @staticmethod
    def between(before: Look, now: Look) -> dict[str, Any]:
        """Return what happened between two looks of the operator's same life."""
        seconds = now.at - before.at
        none = Taken(0.0, 0.0, 0.0)
        return {
            "seconds": round(seconds, 1),
            "CPU seconds": {
                name: round(used.cpu - before.taken.get(name, none).cpu, 1)
                for name, used in sorted(now.taken.items())
            },
            "resident MiB": {name: used.resident for name, used in sorted(now.taken.items())},
            "operator's requests": dict((now.requests - before.requests).most_common()),
            "requests by user": {
                name: count
                for name, count in (now.by_user - before.by_user).most_common()
                if name.startswith("scale-")
            },
            "operator's own timings, ms": {
                what: _quantiles(since(counts, before.histograms.get(what, {})))
                for what, counts in now.histograms.items()
            },
        }


def _quantiles(counts: dict[float, float]) -> dict[str, float]:
    if not counts or max(counts.values()) <= 0:
        return {"n": 0}
    found = {name: quantile(counts, share) for name, share in _SHARES.items()}
    return {
        "n": max(counts.values()),
        **{name: round(1000 * at, 1) for name, at in found.items() if at is not None},
    }
