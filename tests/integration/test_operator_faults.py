"""The operator dies, or the API server's answers get lost: the end is the same as without it."""

import asyncio
import contextlib
import random
from collections import Counter

from tests.integration.running import (
    JOB,
    NAMESPACE,
    POD,
    STUDY,
    TRIAL,
    eventually,
    operator,
    scenario,
    study,
)

TRIALS = 6
TAIL = {"espalier": 1, "reports": [["accuracy", 1, 0.25], ["accuracy", 2, 0.75]], "lost": 0}


async def play_kubelet(at, jobs):
    """Run each pod for a moment and let it succeed; keep the uids of all Jobs that ever were."""
    seen = set()
    while True:
        for job in await at.list(JOB):
            jobs.add((job["metadata"]["name"], job["metadata"]["uid"]))
        for pod in await at.list(POD):
            phase, name = pod["status"].get("phase"), pod["metadata"]["name"]
            if "deletionTimestamp" in pod["metadata"]:
                continue
            if phase == "Pending" and name not in seen:
                seen.add(name)
                await at.run_pod(pod)
            elif phase == "Running":
                await at.end_pod(pod, tail=TAIL)
        await asyncio.sleep(0.1)


@scenario
async def test_an_operator_that_is_killed_again_and_again_does_everything_once(
    control_plane, tmp_path
):
    moments = random.Random(5)
    async with operator(control_plane, tmp_path) as (at, process):
        jobs: set[tuple[str, str]] = set()
        kubelet = asyncio.create_task(play_kubelet(at, jobs))
        uid = (await at.create(study(trials={"max": TRIALS, "parallelism": 2})))["metadata"]["uid"]
        for _ in range(8):
            await asyncio.sleep(moments.uniform(0.05, 0.8))
            await process.kill()
            await process.start()
        await at.wait_condition(STUDY, "study", "Succeeded")
        kubelet.cancel()
        (row,) = await process.store.studies()
        log = await process.store.log(row)
        assert Counter(end.trial for end in log.ends) == dict.fromkeys(range(TRIALS), 1)
        assert {end.end.reason for end in log.ends} == {"Completed"}
        values = Counter((o.trial, o.step) for o in log.observations)
        assert values == dict.fromkeys(((t, s) for t in range(TRIALS) for s in (1, 2)), 1)
        assert len(jobs) == TRIALS, "no Job was created twice"

        async def known():
            return process.live.record(uid).best is not None

        await eventually("the last operator to have read what the study came to", known)


@scenario
async def test_trials_that_end_while_the_operator_is_down_lose_nothing(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials={"max": 2, "parallelism": 2}))
        pods = [await at.pod_of(f"study-{number}") for number in (0, 1)]
        for pod in pods:
            await at.run_pod(pod)
        await process.kill()
        for pod in pods:
            await at.end_pod(pod, tail=TAIL)

        async def complete():
            return all(job["status"].get("succeeded") for job in await at.list(JOB))

        await eventually("the Jobs to complete", complete)
        await process.start()
        for number in (0, 1):
            await at.wait_ended(f"study-{number}", "Completed")
            assert (await at.get(TRIAL, f"study-{number}"))["status"]["latest"] == 0.75


@scenario
async def test_a_study_deleted_while_the_operator_is_down_is_gone_and_its_rows_follow(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study())
        pod = await at.pod_of("study-0")
        await process.report(pod, 0.5)
        await process.kill()
        await at.delete(STUDY, "study")

        async def nothing_left():
            return not any([await at.list(kind) for kind in (STUDY, TRIAL, JOB, POD)])

        await eventually("nothing to be left", nothing_left)
        await process.start()

        async def no_rows():
            return not await process.store.studies()

        await eventually("the rows to follow", no_rows)


@scenario
async def test_a_study_made_again_under_its_name_starts_afresh(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study())
        pod = await at.pod_of("study-0")
        await process.report(pod, 0.5)
        await at.delete(STUDY, "study")

        async def created():
            with contextlib.suppress(Exception):
                return await at.create(study())

        uid = (await eventually("the name to be free", created))["metadata"]["uid"]

        async def new_trial():
            found = await at.get(TRIAL, "study-0")
            return found and found["spec"]["study"]["uid"] == uid

        await eventually("a Trial of the new Study", new_trial)
        await at.pod_of("study-0")
        assert process.live.record(uid).trial(0).step is None


@scenario
async def test_a_namespace_is_deleted_without_being_held_up(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(study())
        await at.pod_of("study-0")
        await at.cluster.delete(NAMESPACE, "", at.namespace)

        async def nothing_left():
            return not any([await at.list(kind) for kind in (STUDY, TRIAL, JOB, POD)])

        await eventually("nothing to be left", nothing_left)


@scenario
async def test_deletions_that_no_watch_has_shown_are_found_by_listing(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await _delete_unseen(at, process)
        await process.resync.once()
        # That a list does not hold it does not say who took it away.
        await at.wait_ended("study-0", "JobGone")


@scenario
async def test_what_is_deleted_while_nothing_is_watched_is_found_once_a_watch_begins(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await _delete_unseen(at, process)
        process.watcher = process.core.watch(process.kubeconfig)
        await at.wait_ended("study-0", "JobGone")


async def _delete_unseen(at, process):
    """Have a trial run, and delete its Job while nothing is watched."""
    await at.create(study())
    await at.pod_of("study-0")
    await asyncio.to_thread(process.watcher.stop)
    await at.delete(JOB, "study-0")
    await eventually("the Job to be gone", lambda: _gone(at))


async def _gone(at):
    return await at.get(JOB, "study-0") is None
