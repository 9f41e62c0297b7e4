"""Endings on a real API server with a real Job controller; the test plays the kubelet."""

import pytest

from tests.integration.running import (
    JOB,
    POD,
    STUDY,
    TRIAL,
    eventually,
    operator,
    scenario,
    study,
)

ONE = {"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0}
PRUNES = {"type": "Threshold", "threshold": {"lower": 0.5, "warmupSteps": 0}}
BOLD = {"gracePeriodSeconds": 1, "keepBest": 0, "exemptPercent": 0}


def one(**trials):
    return study(trials={**ONE, **trials})


@scenario
async def test_a_failed_trainer_is_told_with_its_exit_code_and_ends_the_study(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(one())
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        await at.end_pod(pod, 3, message="Traceback\nValueError: no")
        ended = await at.wait_ended("study-0", "TrainerFailed")
        assert "code 3: ValueError: no" in ended["message"]
        condition = await at.wait_condition(STUDY, "study", "Succeeded", "False")
        assert condition["reason"] == "TooManyFailures"


@scenario
async def test_a_trial_is_retried_and_completes_as_its_second_attempt(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(one(retries=1))
        first = await at.pod_of("study-0")
        await at.run_pod(first)
        await at.end_pod(first, 137, reason="OOMKilled")
        # The Job controller waits ten seconds before it makes the next pod.
        second = await at.pod_of("study-0", besides=(first["metadata"]["name"],))
        await at.run_pod(second)
        await process.report(second, 0.5)
        await at.end_pod(second)
        await at.wait_ended("study-0", "Completed")
        assert (await at.get(TRIAL, "study-0"))["status"]["attempt"] == 2


@scenario
async def test_a_pruned_trial_loses_its_job_and_pod_and_says_why(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(pruner=PRUNES, pruning=BOLD, trials=ONE))
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        answer = await process.report(pod, 0.1)
        assert answer.decision.prunes
        ended = await at.wait_ended("study-0", "Pruned")
        assert "0.1" in ended["message"]
        assert await at.list(JOB) == []
        assert await at.list(POD) == []
        status = (await at.get(TRIAL, "study-0"))["status"]
        assert status["decision"]["reason"] == "BelowLower"
        assert status["phase"] == "Pruned"


@scenario
async def test_an_image_that_is_not_pulled_holds_the_study_and_a_corrected_one_lets_it_go_on(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(one())
        pod = await at.pod_of("study-0")
        await at.block_pod(pod, "ErrImagePull", "no such image")
        degraded = await at.wait_condition(STUDY, "study", "Degraded")
        assert degraded["reason"] == "ImagePullFailing"
        assert "no such image" in degraded["message"]
        assert "imagePullPolicy" in degraded["message"]
        template = one()["spec"]["template"]
        template["spec"]["containers"][0]["image"] = "registry.local/digits:right"
        await at.patch(STUDY, "study", {"spec": {"template": template}})
        await at.wait_ended("study-0", "ImagePullFailed")
        again = await at.pod_of("study-1")
        assert again["spec"]["containers"][0]["image"] == "registry.local/digits:right"
        await at.run_pod(again)
        await process.report(again, 0.5)
        await at.end_pod(again)
        await at.wait_condition(STUDY, "study", "Succeeded")


@scenario
async def test_a_template_that_the_api_server_refuses_is_named_and_a_corrected_one_recovers(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, _):
        broken = one()
        broken["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = "Sometimes"
        await at.create(broken)
        condition = await at.wait_condition(STUDY, "study", "Accepted", "False", "TemplateRefused")
        assert "spec.template.spec.containers[0].imagePullPolicy" in condition["message"]
        assert "Sometimes" in condition["message"]
        assert await at.list(TRIAL) == []
        await at.patch(STUDY, "study", {"spec": {"template": one()["spec"]["template"]}})
        await at.pod_of("study-0")
        await at.wait_condition(STUDY, "study", "Accepted", "True")


@scenario
async def test_the_values_that_a_sidecar_left_behind_are_stored_before_the_trial_ends(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        created = await at.create(one())
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        left = {"espalier": 1, "reports": [["accuracy", 1, 0.25], ["accuracy", 2, 0.75]], "lost": 0}
        await at.end_pod(pod, tail=left)
        await at.wait_ended("study-0", "Completed")
        status = (await at.get(TRIAL, "study-0"))["status"]
        assert (status["step"], status["latest"]) == (2, 0.75)
        record = process.live.record(created["metadata"]["uid"]).trial(0)
        assert (record.step, record.best) == (2, 0.75)


@scenario
async def test_a_trial_longer_than_its_time_limit_is_ended(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(one(timeLimitSeconds=1))
        await at.run_pod(await at.pod_of("study-0"))
        await at.wait_ended("study-0", "TimeLimitExceeded")
        await eventually("the pod to be gone", lambda: _none(at, POD))


async def _none(at, kind):
    return not await at.list(kind)


@pytest.mark.parametrize("kind", [JOB, TRIAL], ids=lambda kind: kind.name)
@pytest.mark.parametrize("up", [True, False], ids=["operator up", "operator down"])
def test_what_a_person_deletes_ends_as_deleted(kind, up, control_plane, tmp_path):
    _deleted(control_plane, tmp_path, kind, up)


@scenario
async def _deleted(control_plane, tmp_path, kind, up):
    async with operator(control_plane, tmp_path) as (at, process):
        uid = (await at.create(study()))["metadata"]["uid"]
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        await process.report(pod, 0.5)
        if not up:
            await process.kill()
        await at.delete(kind, "study-0")
        await eventually("it to be gone", lambda: _gone(at, kind, "study-0"))
        if not up:
            await process.start()

        async def ended():
            return process.live.record(uid).trial(0).end

        end = await eventually("an ending", ended)
        # Who finds a Job gone does not know who took it away, a person or a clean-up.
        assert end.reason == ("DeletedByUser" if up or kind is TRIAL else "JobGone")
        await at.pod_of("study-2")
        if kind is not TRIAL:
            await at.wait_ended("study-0", end.reason)


async def _gone(at, kind, name):
    return await at.get(kind, name) is None


@pytest.mark.parametrize("up", [True, False], ids=["operator up", "operator down"])
@pytest.mark.parametrize("code", [0, 143])
def test_a_trial_whose_pod_a_person_deletes_runs_again_whatever_its_exit_code(
    code, up, control_plane, tmp_path
):
    _pod_deleted(control_plane, tmp_path, code, up)


@scenario
async def _pod_deleted(control_plane, tmp_path, code, up):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(one())
        first = await at.pod_of("study-0")
        await at.run_pod(first)
        await process.report(first, 0.5)
        if not up:
            await process.kill()
        await at.delete(POD, first["metadata"]["name"])
        await at.end_pod(first, code)
        await eventually("it to be gone", lambda: _gone(at, POD, first["metadata"]["name"]))
        if not up:
            await process.start()
        second = await at.pod_of("study-0", besides=(first["metadata"]["name"],))
        await at.run_pod(second)
        await process.report(second, 0.75)
        await at.end_pod(second)
        await at.wait_ended("study-0", "Completed")
        assert (await at.get(TRIAL, "study-0"))["status"]["attempt"] == 2
