"""Studies that continue, with a real API server and Job controller; the test plays the kubelet."""

import json

from espalier.kube import CONFIG_MAP
from tests.integration.running import STUDY, TRIAL, eventually, operator, scenario, study

FINITE = [
    {"name": "lr", "float": {"min": 0.25, "max": 1.0, "step": 0.25}},
    {"name": "kind", "categorical": {"values": ["a", "b"]}},
]
KNOWN = "lr,kind,accuracy\n0.25,a,0.5\n0.25,b,0.5\n0.5,a,0.5\n0.5,b,0.5\n"


def finite(name, most, **spec):
    trials = {"max": most, "parallelism": 2, "maxFailed": 3, "retries": 0}
    return study(name, parameters=FINITE, trials=trials, **spec)


async def run_trials(at, process, name, numbers):
    for number in numbers:
        pod = await at.pod_of(f"{name}-{number}")
        await at.run_pod(pod)
        await process.report(pod, 0.1 * number)
        await at.end_pod(pod)
        await at.wait_ended(f"{name}-{number}", "Completed")


@scenario
async def test_a_study_begins_with_another_one_and_a_table_and_runs_nothing_twice(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(finite("old", 2))
        await run_trials(at, process, "old", range(2))
        await at.wait_condition(STUDY, "old", "Succeeded")
        place = {"configMap": {"name": "known", "key": "runs.csv"}}
        warm_start = {"studies": [{"name": "old"}], "from": [place]}
        await at.create(finite("study", 99, warmStart=warm_start))
        said = await at.wait_condition(STUDY, "study", "Accepted", "False")
        assert said["reason"] == "WarmStartRefused"
        assert "got known, which does not exist; create it" in said["message"]
        table = {"metadata": {"name": "known"}, "data": {"runs.csv": KNOWN}}
        await at.create({"apiVersion": "v1", "kind": "ConfigMap", **table}, CONFIG_MAP)
        await at.pod_of("study-0")
        await process.kill()
        await at.delete(CONFIG_MAP, "known")
        await process.start()
        left = 8 - len({*known(), *await of(at, "old")})
        await run_trials(at, process, "study", range(left))
        ended = await at.wait_condition(STUDY, "study", "Succeeded")
        assert ended["reason"] == "SpaceExhausted"
        ran = await of(at, "study")
        assert len(set(ran)) == len(ran) == left
        assert not set(ran) & {*known(), *await of(at, "old")}
        told = (await at.get(STUDY, "study"))["status"]["warmStart"]
        assert [each["name"] for each in told["sources"]] == ["old", "known/runs.csv"]
        assert told["taken"] == 6


async def of(at, name):
    return [
        json.dumps(each["spec"]["parameters"], sort_keys=True)
        for each in await at.list(TRIAL)
        if each["spec"]["study"]["name"] == name
    ]


def known():
    rows = (line.split(",") for line in KNOWN.splitlines()[1:])
    return [json.dumps({"lr": float(lr), "kind": kind}, sort_keys=True) for lr, kind, _ in rows]


@scenario
async def test_a_finished_study_goes_on_with_a_configuration_of_ones_own(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(finite("study", 2, sampler={"type": "TPE", "seed": 7}))
        await run_trials(at, process, "study", range(2))
        await at.wait_condition(STUDY, "study", "Succeeded")
        (mine,) = sorted(set(known()) - set(await of(at, "study")))[:1]
        more = {"trials": {"max": 4}, "enqueue": [json.loads(mine)]}
        await at.patch(STUDY, "study", {"spec": more})
        await run_trials(at, process, "study", (2, 3))

        async def over():
            status = (await at.get(STUDY, "study"))["status"]
            return status["ended"] == "4/4"

        await eventually("the second end", over)
        ran = await of(at, "study")
        assert len(set(ran)) == 4
        third = await at.get(TRIAL, "study-2")
        assert json.dumps(third["spec"]["parameters"], sort_keys=True) == mine
