"""The real ingest server as a process of its own, for the benchmarks and for being killed.

Run as ``python -m tests.bench.ingest_server FOLDER CORE TRIALS [uvloop]``, CORE being ``-`` for
any: prints its port and its authority as a line of JSON, then its CPU seconds and memory for each
line that it reads.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from pathlib import Path

from prometheus_client import CollectorRegistry

from espalier.engine.reports.limits import ValueLimits
from espalier.ingest import Limits
from espalier.metrics import Observer
from tests.ingest.serving import binding_of, serving, study_of

ENDLESS = Limits(
    pod_rate=1e6,
    pod_burst=1e6,
    total_rate=1e6,
    total_burst=1e6,
    connection_burst=1e6,
    # one address has all sidecars here, and all of them begin at once
    strangers_a_peer=4096,
    review_rate=1e6,
    review_burst=10**6,
    review_peer_rate=1e6,
    review_peer_burst=1e6,
    reviews_waiting_a_peer=1024,
)
STUDY = study_of(
    {"type": "Median", "median": {"startupTrials": 5, "warmupSteps": 5}},
    resource={"name": "epoch", "max": 1_000_000},
    trials={"max": 10_000},
)


async def serve(folder: Path, trials: int) -> None:
    observer = Observer(CollectorRegistry())
    limits = Limits(**{name: getattr(ENDLESS, name) for name in ENDLESS.__slots__})
    values = ValueLimits(values_a_second=1e9, values_a_study=10**9, store_share=1.0)
    async with serving(
        folder, study=STUDY, limits=limits, observe=observer, values=values
    ) as world:
        for number in range(trials):
            world.live.bind(binding_of(f"pod-{number}", number))
        ca = world.authority.certificate_pem.decode()
        print(json.dumps({"port": world.port, "ca": ca}), flush=True)
        loop = asyncio.get_running_loop()
        while await loop.run_in_executor(None, sys.stdin.readline):
            used = resource.getrusage(resource.RUSAGE_SELF)
            now = {"cpu": time.process_time(), "rss_mib": used.ru_maxrss / 1024}
            print(json.dumps(now | {"pruned": len(world.pruned)}), flush=True)


def main() -> None:
    folder, core, trials = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    if core != "-":
        os.sched_setaffinity(0, {int(core)})
    if "uvloop" in sys.argv[4:]:
        import uvloop

        uvloop.run(serve(folder, trials))
    else:
        asyncio.run(serve(folder, trials))


if __name__ == "__main__":
    main()
