"""From a report to the deletion of its trial's Job, on a real API server (prints, asserts nothing).

The store, the API server and the Job controller are real; HTTP and TLS of ingest are left out. The
rate is kept up by trials that go on, while others are pruned one after another.
"""

import asyncio
import time

import pytest

from tests.integration.running import JOB, eventually, operator, scenario, study

PRUNED, KEPT = 50, 10
TRIALS = PRUNED + KEPT
STEPS = 100_000


def spread(seconds):
    """Return p50, p90 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return " ".join(
        f"p{share} {1000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)]:.0f} ms"
        for share in (50, 90, 99)
    )


async def keep_up(process, pods, rate):
    """Send so many reports a second, in turn for each pod, until cancelled; count them."""
    sent, began = 0, time.perf_counter()
    async with asyncio.TaskGroup() as group:
        while True:
            due = int((time.perf_counter() - began) * rate)
            for number in range(sent, due):
                pod = pods[number % len(pods)]
                group.create_task(process.report(pod, 0.9, first=2 + number // len(pods)))
            sent = due
            await asyncio.sleep(1 / rate)


@pytest.mark.parametrize("rate", [1, 100, 500])
@scenario
async def test_from_a_report_to_the_accepted_deletion(rate, control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(
            study(
                resource={"name": "epoch", "max": STEPS},
                pruner={"type": "Threshold", "threshold": {"lower": 0.5, "warmupSteps": 0}},
                pruning={"gracePeriodSeconds": 1, "keepBest": 0, "exemptPercent": 0},
                trials={"max": TRIALS, "parallelism": TRIALS, "maxFailed": 3, "retries": 0},
            )
        )
        pods = [await at.pod_of(f"study-{number}") for number in range(TRIALS)]
        for pod in pods[PRUNED:]:
            await process.report(pod, 0.9)
        load = asyncio.create_task(keep_up(process, pods[PRUNED:], rate))
        decided, accepted = [], []
        for pod in pods[:PRUNED]:
            reported = asyncio.Event()
            began = time.perf_counter()
            process.reconciler._observer.delete_accepted = lambda *_, done=reported: done.set()
            answer = await process.report(pod, 0.1)
            decided.append(time.perf_counter() - began)
            assert answer.decision.prunes
            await reported.wait()
            accepted.append(time.perf_counter() - began)
            await asyncio.sleep(0.1)
        load.cancel()

        async def gone():
            return len(await at.list(JOB)) == KEPT

        await eventually("all pruned Jobs to be gone", gone)
        print(f"\n{rate} reports/s: report -> decision committed: {spread(decided)}")
        print(f"{rate} reports/s: report -> DELETE accepted:    {spread(accepted)}")
        print(f"requests to the API server a trial: {len(process.requests) / TRIALS:.1f}")
