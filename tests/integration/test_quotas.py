"""Namespaces that bound what pods may ask for: the sidecar fits where it is told to."""

import pytest

from espalier.kube import POD, STUDY, Kind
from tests.integration.running import operator, scenario, study

QUOTA = Kind("", "v1", "resourcequotas", "ResourceQuota")
RANGE = Kind("", "v1", "limitranges", "LimitRange")

OWN = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}
BOUNDS = {
    "a quota on limits": (
        QUOTA,
        {"spec": {"hard": {"limits.cpu": "8", "limits.memory": "8Gi"}}},
        {"limits": {"cpu": "500m", "memory": "64Mi"}},
    ),
    "a least size of containers": (
        RANGE,
        {"spec": {"limits": [{"type": "Container", "min": {"cpu": "50m", "memory": "64Mi"}}]}},
        {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}},
    ),
    "a quota on the disk": (
        QUOTA,
        {"spec": {"hard": {"requests.ephemeral-storage": "8Gi"}}},
        {"requests": {"ephemeral-storage": "1Gi"}},
    ),
}


def bounded(resources):
    disk = {name: {**part, "ephemeral-storage": "1Gi"} for name, part in OWN.items()}
    trainer = {"name": "trainer", "image": "registry.local/digits:dev", "resources": disk}
    return study(template={"spec": {"containers": [trainer]}}, sidecar={"resources": resources})


@pytest.mark.parametrize("bound", BOUNDS)
@scenario
async def test_a_trial_gets_its_pod_where_containers_are_bounded(bound, control_plane, tmp_path):
    kind, body, resources = BOUNDS[bound]
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create({**body, "metadata": {"name": "bound"}}, kind)
        await at.create(bounded(resources))
        pod = await at.pod_of("study-0")
        (sidecar,) = [c for c in pod["spec"]["initContainers"] if c["name"] == "espalier-sidecar"]
        for part, amounts in resources.items():
            assert amounts.items() <= sidecar["resources"][part].items()


@scenario
async def test_a_trial_requests_nothing_but_what_its_template_does(control_plane, tmp_path):
    """As a queue needs that has a quota for GPUs and for nothing else."""
    async with operator(control_plane, tmp_path) as (at, _):
        made = study(sidecar={"resources": {}})
        await at.create(made)
        pod = await at.pod_of("study-0")
        requests = [
            c.get("resources", {}).get("requests", {})
            for c in pod["spec"]["initContainers"] + pod["spec"]["containers"]
        ]
        assert requests == [{}, {"nvidia.com/gpu": "1"}]


@scenario
async def test_a_study_whose_sidecar_has_too_little_is_told(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(study(sidecar={"resources": {"limits": {"memory": "16Mi"}}}))
        told = await at.wait_condition(STUDY, "study", "Accepted", "False")
        assert "spec.sidecar.resources.limits.memory" in told["message"]
        assert "at least 64Mi" in told["message"]
        assert not await at.list(POD)
