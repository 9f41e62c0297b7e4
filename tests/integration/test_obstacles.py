"""What a real API server, its admission and its controllers have against trials is said."""

from dataclasses import replace
from typing import Any

import pytest

from espalier.kube import EVENT, POD, STUDY, TRIAL, Kind
from espalier.planning.workload.job import JOB
from tests.integration.running import SETTINGS, eventually, operator, scenario, stamp, study
from tests.patience import PATIENCE

QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")
RANGE = Kind("", "v1", "limitranges", "LimitRange")
NAMESPACE = Kind("", "v1", "namespaces", "Namespace")

EAGER = replace(SETTINGS, refusal_patience=0.5, pod_patience=2.0, ask_after=0.2, ask_again=1.0)


def quota(**hard: Any) -> tuple[Kind, dict[str, Any]]:
    wanted = {key.replace("__", "/").replace("_", "."): value for key, value in hard.items()}
    return QUOTA, {"metadata": {"name": "small"}, "spec": {"hard": wanted}}


REFUSALS: dict[str, tuple[tuple[Kind, dict[str, Any]], str, str]] = {
    "a quota on pods": (quota(pods="0"), "QuotaExceeded", "exceeded quota: small"),
    "a quota on Jobs": (
        (QUOTA, {"metadata": {"name": "small"}, "spec": {"hard": {"count/jobs.batch": "0"}}}),
        "QuotaExceeded",
        "exceeded quota: small",
    ),
    "a quota on Trials": (
        (
            QUOTA,
            {"metadata": {"name": "small"}, "spec": {"hard": {"count/trials.espalier.dev": "0"}}},
        ),
        "QuotaExceeded",
        "quota: small",
    ),
    "a quota on limits.cpu": (
        quota(limits_cpu="4"),
        "QuotaExceeded",
        "must specify limits.cpu",
    ),
    "a LimitRange": (
        (
            RANGE,
            {
                "metadata": {"name": "least"},
                "spec": {"limits": [{"type": "Container", "min": {"memory": "1Gi"}}]},
            },
        ),
        "PodsRefused",
        "minimum memory usage per Container is 1Gi",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
@scenario
async def test_a_refusal_is_said_in_its_own_words_and_passes_by_itself(
    case, control_plane, tmp_path
):
    (kind, body), reason, words = REFUSALS[case]
    async with operator(control_plane, tmp_path, settings=EAGER) as (at, _):
        await at.create(body, kind)

        async def counted() -> Any:
            found = await at.get(QUOTA, "small") or {}
            return kind is RANGE or found.get("status", {}).get("hard")

        await eventually("the quota to be counted", counted)
        await at.create(study())
        said = await at.wait_condition(STUDY, "study", "Degraded", "True", reason)
        assert words in said["message"]
        seen = await at.get(STUDY, "study")
        assert seen["status"]["degraded"] == reason
        await at.delete(kind, body["metadata"]["name"])
        await at.wait_condition(STUDY, "study", "Degraded", "False")
        await at.pod_of("study-0")


@scenario
async def test_pod_security_is_named_long_before_a_pod_that_does_not_come(control_plane, tmp_path):
    patient = replace(SETTINGS, pod_patience=2 * PATIENCE)
    async with operator(control_plane, tmp_path, patient) as (at, _):
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        await at.cluster.patch(NAMESPACE, "", at.namespace, {"metadata": {"labels": labels}})
        await at.create(study())
        said = await at.wait_condition(STUDY, "study", "Degraded", "True", "PodSecurity")
        assert 'violates PodSecurity "restricted:' in said["message"]
        assert "allowPrivilegeEscalation" in said["message"]


FOREIGN = {
    "a Job": (
        JOB,
        {
            "metadata": {"name": "study-0"},
            "spec": {
                "suspend": True,
                "template": {
                    "spec": {
                        "restartPolicy": "Never",
                        "containers": [{"name": "c", "image": "x"}],
                    }
                },
            },
        },
    ),
    "a Trial of another Study": (
        TRIAL,
        {
            "apiVersion": "espalier.dev/v1alpha1",
            "kind": "Trial",
            "metadata": {"name": "study-1"},
            "spec": {
                "study": {"name": "study", "uid": "11111111-1111-1111-1111-111111111111"},
                "parameters": {"lr": 0.1},
            },
        },
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
@scenario
async def test_a_name_that_is_taken_is_said_until_it_is_free(case, control_plane, tmp_path):
    kind, body = FOREIGN[case]
    async with operator(control_plane, tmp_path, settings=EAGER) as (at, _):
        await at.create(body, kind)
        await at.create(study())
        said = await at.wait_condition(STUDY, "study", "Degraded", "True", "NameTaken")
        assert body["metadata"]["name"] in said["message"]
        await at.delete(kind, body["metadata"]["name"])
        await at.pod_of(body["metadata"]["name"])

        async def free() -> bool:
            degraded = await at.condition(STUDY, "study", "Degraded")
            return degraded is not None and degraded["reason"] != "NameTaken"

        await eventually("the name to be free", free)


@scenario
async def test_trials_that_were_left_over_are_said_to_be_in_the_way(control_plane, tmp_path):
    async with operator(control_plane, tmp_path, settings=EAGER) as (at, _):
        await at.create(study())
        await at.pod_of("study-1")
        path = STUDY.path(at.namespace, "study")
        await at.cluster._request(
            "delete", "DELETE", "studies", path, body={"propagationPolicy": "Orphan"}
        )

        async def gone() -> bool:
            return await at.get(STUDY, "study") is None

        await eventually("the Study to be gone", gone)
        await at.create(study())
        said = await at.wait_condition(STUDY, "study", "Degraded", "True", "NameTaken")
        assert "--cascade=orphan" in said["message"]


@scenario
async def test_a_new_study_under_a_used_up_quota_says_what_its_check_is_answered(
    control_plane, tmp_path
):
    (kind, body), _, words = REFUSALS["a quota on Jobs"]
    async with operator(control_plane, tmp_path, settings=EAGER) as (at, _):
        await at.create(body, kind)
        await at.create(study())

        async def told() -> Any:
            accepted = await at.condition(STUDY, "study", "Accepted")
            return accepted and words in accepted["message"]

        await eventually("the answer", told)


@scenario
async def test_a_volume_that_is_not_mounted_is_said_in_the_kubelets_words(control_plane, tmp_path):
    async with operator(control_plane, tmp_path, settings=EAGER) as (at, _):
        await at.create(study())
        pod = await at.pod_of("study-0")
        await at.block_pod(pod, "ContainerCreating", "")
        words = 'MountVolume.SetUp failed for volume "data" : secret "late" not found'
        await at.cluster.create(EVENT, at.namespace, event(pod, "FailedMount", words))
        said = await at.wait_condition(STUDY, "study", "Degraded", "True", "VolumeNotMounted")
        assert words in said["message"]
        for each in await at.list(POD):
            await at.run_pod(each)
        await at.wait_condition(STUDY, "study", "Degraded", "False")


@scenario
async def test_a_study_tells_its_turns_by_events_once_though_the_operator_is_restarted(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path, settings=EAGER) as (at, process):
        await at.create(study(trials={"max": 1, "parallelism": 1}))
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        await process.report(pod, *(0.1 * step for step in range(1, 11)))
        await process.kill()
        await process.start()
        await at.end_pod(pod)
        await at.wait_condition(STUDY, "study", "Succeeded")
        await at.wait_condition(STUDY, "study", "Failed", "False", "AllTrialsEnded")

        async def reasons() -> list[str]:
            found = [e for e in await at.list(EVENT) if e["involvedObject"]["kind"] == "Study"]
            return sorted(each["reason"] for each in found)

        async def ended() -> bool:
            return "AllTrialsEnded" in await reasons()

        await eventually("the Event of its end", ended)
        assert await reasons() == ["AllTrialsEnded", "SpecAccepted", "Started"]


def event(pod: dict[str, Any], reason: str, message: str) -> dict[str, Any]:
    """Return an Event as the kubelet posts it."""
    meta = pod["metadata"]
    return {
        "metadata": {"generateName": f"{meta['name']}."},
        "involvedObject": {
            "apiVersion": "v1",
            "kind": "Pod",
            "namespace": meta["namespace"],
            "name": meta["name"],
            "uid": meta["uid"],
        },
        "type": "Warning",
        "reason": reason,
        "message": message,
        "firstTimestamp": stamp(),
        "lastTimestamp": "2126-01-01T00:00:00Z",  # newer than what the scheduler says
        "count": 1,
        "source": {"component": "kubelet"},
    }
