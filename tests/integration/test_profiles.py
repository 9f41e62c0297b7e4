"""Studies whose pruner stands in a PrunerProfile, with a real API server and Job controller."""

from espalier.kube import PRUNER_PROFILE
from tests.integration.running import STUDY, TRIAL, operator, scenario, study

NAMING = {"type": "Profile", "profile": {"name": "strict"}}
ALL_ACT = {"exemptPercent": 0, "keepBest": 0, "breaker": {"sharePercent": 0}}


def strict(lower):
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "PrunerProfile",
        "metadata": {"name": "strict"},
        "spec": {"pruner": {"type": "Threshold", "threshold": {"lower": lower}}},
    }


@scenario
async def test_a_study_waits_for_its_profile_and_is_judged_by_what_that_said_then(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        trials = {"max": 1, "parallelism": 1, "maxFailed": 3, "retries": 0}
        pruning = {"gracePeriodSeconds": 1, **ALL_ACT}
        await at.create(study(pruner=NAMING, trials=trials, pruning=pruning))
        said = await at.wait_condition(STUDY, "study", "Accepted", "False")
        assert said["reason"] == "PrunerRefused"
        assert "got strict, which does not exist; create it" in said["message"]
        assert await at.names(TRIAL) == []
        made = await at.create(strict(0.5), PRUNER_PROFILE)
        pod = await at.pod_of("study-0")
        await process.kill()
        await at.delete(PRUNER_PROFILE, "strict")
        await at.create(strict(0.0), PRUNER_PROFILE)
        await process.start()
        await at.run_pod(pod)
        assert (await process.report(pod, 0.4)).decision.prunes
        await at.wait_ended("study-0", "Pruned")
        told = (await at.get(STUDY, "study"))["status"]["pruner"]["profile"]
        uid = made["metadata"]["uid"]
        assert told == {"name": "strict", "uid": uid, "generation": 1, "type": "Threshold"}
