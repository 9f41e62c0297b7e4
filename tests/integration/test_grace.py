"""How long a trial's processes have, on a real API server; the test plays scheduler and kubelet."""

import contextlib

import pytest

from espalier.errors import RetryLater
from espalier.kube import Kind
from tests.integration.running import JOB, POD, STUDY, eventually, operator, scenario, study
from tests.integration.test_operator_endings import ONE, PRUNES

BINDING = Kind("", "v1", "bindings", "Binding")


def lasting(own, pruning):
    """Return a Study whose pods have their own time, and pruning another."""
    made = study(
        pruner=PRUNES,
        trials=ONE,
        pruning={"gracePeriodSeconds": pruning, "keepBest": 0, "exemptPercent": 0},
    )
    if own is not None:
        made["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = own
    return made


async def running(at):
    """Return the trial's pod on a node: one without is deleted at once, whatever it was given."""
    pod = await at.pod_of("study-0")
    name = pod["metadata"]["name"]
    target = {"apiVersion": "v1", "kind": "Node", "name": "a-node"}
    with contextlib.suppress(RetryLater):  # the answer is no object, but it is done
        await at.cluster.create(
            BINDING, at.namespace, {"metadata": {"name": name}, "target": target}
        )
    await at.run_pod(pod)
    return pod


def left(at, pod):
    """Return a probe for the seconds that a pod has since its deletion."""

    async def probe():
        found = await at.get(POD, pod["metadata"]["name"])
        return found["metadata"].get("deletionGracePeriodSeconds")

    return probe


@pytest.mark.parametrize(
    ("own", "pruning"), [(300, 7), (2, 60), (None, 7), (None, 60), (0, 7), (300, 0)]
)
@scenario
async def test_a_pruned_pod_has_prunings_time_and_a_drained_one_its_own(
    control_plane, tmp_path, own, pruning
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(lasting(own, pruning))
        pod = await running(at)
        assert pod["spec"]["terminationGracePeriodSeconds"] == (30 if own is None else own)
        assert (await process.report(pod, 0.1)).decision.prunes

        async def job_gone():
            return not await at.list(JOB)

        await eventually("the Job to go", job_gone)
        assert await left(at, pod)() == max(1, pruning)
        assert len(await at.list(POD)) == 1, "no other pod was made"


@scenario
async def test_a_pod_that_leaves_slowly_goes_sooner_when_its_trial_is_pruned(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(lasting(300, 200))
        pod = await running(at)
        await process.report(pod, 0.6)
        await at.delete(POD, pod["metadata"]["name"])  # as a drain does
        assert await left(at, pod)() == 300
        await process.report(pod, 0.1, first=2)
        await eventually("pruning's time", _is(left(at, pod), 200))
        await at.patch(STUDY, "study", {"spec": {"pruning": {"gracePeriodSeconds": 5}}})
        await eventually("the time that was cut", _is(left(at, pod), 5))


def _is(probe, wanted):
    async def reached():
        return await probe() == wanted

    return reached
