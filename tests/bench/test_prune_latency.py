"""From a report to the deletion of its trial's Job, on a real API server (prints, asserts nothing).

The store, the API server and the Job controller are real; HTTP and TLS of ingest are left out.
"""

import asyncio
import time

from tests.integration.running import JOB, eventually, operator, scenario, study

TRIALS = 60


def spread(seconds):
    """Return p50, p90 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return " ".join(
        f"p{share} {1000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)]:.0f} ms"
        for share in (50, 90, 99)
    )


@scenario
async def test_from_a_report_to_the_accepted_deletion(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(
            study(
                pruner={"type": "Threshold", "threshold": {"lower": 0.5, "warmupSteps": 0}},
                pruning={"gracePeriodSeconds": 1, "keepBest": 0, "exemptPercent": 0},
                trials={"max": TRIALS, "parallelism": TRIALS, "maxFailed": 3, "retries": 0},
            )
        )
        pods = [await at.pod_of(f"study-{number}") for number in range(TRIALS)]
        decided, accepted = [], []
        for pod in pods:
            reported = asyncio.Event()
            began = time.perf_counter()
            process.reconciler._observer.delete_accepted = lambda _, done=reported: done.set()
            answer = await process.report(pod, 0.1)
            decided.append(time.perf_counter() - began)
            assert answer.decision.prunes
            await reported.wait()
            accepted.append(time.perf_counter() - began)

        async def gone():
            return not await at.list(JOB)

        await eventually("all Jobs to be gone", gone)
        print(f"\nreport → decision committed: {spread(decided)}")
        print(f"report → DELETE accepted:    {spread(accepted)}")
        print(f"requests to the API server a pruned trial: {len(process.requests) / TRIALS:.1f}")
