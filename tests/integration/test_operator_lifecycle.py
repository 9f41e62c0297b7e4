"""A study's life with a real API server and Job controller; the test plays the kubelet."""

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


@scenario
async def test_a_study_starts_as_many_jobs_as_it_may_and_refills_their_slots(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study())
        for first, second in ((0, 1), (2, 3)):
            for number in (first, second):
                pod = await at.pod_of(f"study-{number}")
                await at.run_pod(pod)
                await process.report(pod, 0.2, 0.1 * number)
                await at.end_pod(pod)
            for number in (first, second):
                await at.wait_ended(f"study-{number}", "Completed")
        condition = await at.wait_condition(STUDY, "study", "Succeeded")
        assert condition["reason"] == "AllTrialsEnded"
        status = (await at.get(STUDY, "study"))["status"]
        assert status["counts"] == {
            "pending": 0,
            "running": 0,
            "completed": 4,
            "pruned": 0,
            "failed": 0,
        }
        assert status["best"]["number"] == 3
        assert len(await at.list(JOB)) == 4


@scenario
async def test_deleting_a_study_leaves_no_trial_job_or_row(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study())
        await at.pod_of("study-0")
        await at.delete(STUDY, "study")

        async def nothing_left() -> bool:
            objects = [await at.list(kind) for kind in (STUDY, TRIAL, JOB)]
            return not any(objects) and not await process.store.studies()

        await eventually("nothing to be left", nothing_left)


@scenario
async def test_parallelism_follows_kubectl_scale_and_shrinking_ends_nothing(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(study())
        await at.pod_of("study-1")
        await at.patch(STUDY, "study", {"spec": {"replicas": 3}}, "scale")
        await at.pod_of("study-2")
        await at.patch(STUDY, "study", {"spec": {"replicas": 1}}, "scale")

        async def seen():
            status = (await at.get(STUDY, "study"))["status"]
            return status["observedGeneration"] == 3 and status["active"] == 3

        await eventually("the smaller parallelism to be seen", seen)
        assert len(await at.list(JOB)) == 3


@scenario
async def test_a_suspended_study_loses_its_pods_and_goes_on_with_new_attempts(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials={"max": 1, "parallelism": 1}))
        first = await at.pod_of("study-0")
        await at.run_pod(first)
        await process.report(first, 0.1)
        await at.patch(STUDY, "study", {"spec": {"suspend": True}})
        await at.wait_condition(STUDY, "study", "Progressing", "False", "Suspended")

        async def no_pods():
            return not await at.list(POD)

        await eventually("the pod to be gone", no_pods)
        assert (await at.get(TRIAL, "study-0"))["status"]["phase"] == "Pending"
        await at.patch(STUDY, "study", {"spec": {"suspend": False}})
        second = await at.pod_of("study-0")
        await at.run_pod(second)
        await process.report(second, 0.1, 0.9)
        await at.end_pod(second)
        await at.wait_condition(STUDY, "study", "Succeeded")
        status = (await at.get(TRIAL, "study-0"))["status"]
        assert (status["attempt"], status["step"]) == (2, 2)


@scenario
async def test_a_trial_made_by_hand_is_numbered_owned_and_run(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials={"max": 1, "parallelism": 1}))
        body = {
            "apiVersion": "espalier.dev/v1alpha1",
            "kind": "Trial",
            "metadata": {"name": "my-own"},
            "spec": {"study": {"name": "study"}, "parameters": {"lr": 0.25}},
        }
        first = await at.pod_of("study-0")
        await at.create(body, TRIAL)
        await at.run_pod(first)
        await process.report(first, 0.1)
        await at.end_pod(first)
        pod = await at.pod_of("my-own")
        env = {e["name"]: e.get("value") for e in pod["spec"]["containers"][0]["env"]}
        assert env["PARAM_lr"] == "0.25"
        await at.run_pod(pod)
        await process.report(pod, 0.9)
        await at.end_pod(pod)
        await at.wait_ended("my-own", "Completed")
        await at.wait_condition(STUDY, "study", "Succeeded")
        trial = await at.get(TRIAL, "my-own")
        assert trial["metadata"]["ownerReferences"][0]["name"] == "study"
        best = (await at.get(STUDY, "study"))["status"]["best"]
        assert (best["trial"], best["number"]) == ("my-own", trial["status"]["number"])


@scenario
async def test_the_job_is_what_the_documentation_says(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(study())
        await at.pod_of("study-0")
        job = (await at.get(JOB, "study-0"))["spec"]
        assert job["podReplacementPolicy"] == "Failed"
        assert job["podFailurePolicy"]["rules"][0]["action"] == "Ignore"
        assert "ttlSecondsAfterFinished" not in job
        pod = job["template"]["spec"]
        assert pod["restartPolicy"] == "Never"
        assert pod["automountServiceAccountToken"] is False
        assert pod["terminationGracePeriodSeconds"] == 30, "the cluster's own"
        sidecar = pod["initContainers"][0]
        assert sidecar["restartPolicy"] == "Always"
        assert {mount["name"] for mount in sidecar["volumeMounts"]} == {
            "espalier",
            "espalier-token",
        }
        trainer = pod["containers"][0]
        assert {mount["name"] for mount in trainer["volumeMounts"]} == {"espalier"}


@scenario
async def test_a_completed_trial_costs_few_requests(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials={"max": 4, "parallelism": 2}))
        for number in range(4):
            pod = await at.pod_of(f"study-{number}")
            await at.run_pod(pod)
            await process.report(pod, 0.1, 0.2)
            await at.end_pod(pod)
        await at.wait_condition(STUDY, "study", "Succeeded")
        lists = 4
        assert len(process.requests) - lists <= 15 * 4, process.requests
