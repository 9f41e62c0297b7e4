"""A suspended study gives its places in a real queue back, and takes them up again."""

from espalier.kube import STUDY
from tests.integration.running import scenario
from tests.kueue.line import line

THREE = {"max": 3, "parallelism": 3, "maxFailed": 3, "retries": 0}


async def suspend(it, value: bool) -> None:
    await it.at.patch(STUDY, "s", {"spec": {"suspend": value}})


@scenario
async def test_a_suspended_study_ends_its_pods_and_starts_none_and_goes_on_later(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.submit(trials=THREE)
        for trial in await it.admitted(2):
            await it.train(trial, 2)
        await suspend(it, True)
        await it.no_pods()
        await it.study_says("Progressing", "False", "Suspended", "no trial runs")
        await it.uses("0")
        for trial in ("s-0", "s-1", "s-2"):
            await it.waits(trial, "the Study is suspended")
            assert (await it.workload(trial))["spec"]["active"] is False
        degraded = await it.at.condition(STUDY, "s", "Degraded")
        assert degraded["status"] == "False", "what the user asked for is no trouble"

        await it.occupy("other", 2)  # the place is another's now
        await suspend(it, False)
        await it.waits("s-0", "more needed")
        await it.leave("other")
        await it.complete_all({"s-0", "s-1", "s-2"})
        await it.at.wait_condition(STUDY, "s", "Succeeded")


@scenario
async def test_a_trial_that_was_made_just_before_is_taken_out_of_the_line_too(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.rule(stopPolicy="Hold")
        await it.submit(trials=THREE)
        await it.workload("s-2")
        await suspend(it, True)
        for trial in ("s-0", "s-1", "s-2"):
            await it.waits(trial, "the Study is suspended")
        await it.rule(stopPolicy="None")
        await it.occupy("other", 2)
        assert await it.running() == {"other"}


@scenario
async def test_what_somebody_else_deactivated_is_not_woken_by_a_resumed_study(kueue, tmp_path):
    async with line(kueue, tmp_path) as it:
        await it.submit(trials={**THREE, "max": 1, "parallelism": 1})
        await it.run("s-0")
        await it.activate("s-0", False)
        await it.study_says("Degraded", "True", "QueueRefuses", "deactivated")
        await suspend(it, True)
        await it.study_says("Progressing", "False", "Suspended", "no trial runs")
        await suspend(it, False)
        await it.study_says("Degraded", "True", "QueueRefuses", "deactivated")
        assert (await it.workload("s-0"))["spec"]["active"] is False
