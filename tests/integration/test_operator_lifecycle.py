"""A study's life with a real API server and Job controller; the test plays the kubelet."""

from tests.integration.running import (
    JOB,
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
                await process.report(pod, 0.1 * number, 0.2)
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
