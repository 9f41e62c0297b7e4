"""What a real API server shows of a trial whose trainer runs and of which no value comes."""

from __future__ import annotations

from dataclasses import replace

from espalier.engine.reports.heard import HeardMessage
from espalier.planning.world.heard import Heard, Mismatch
from tests.integration.running import SETTINGS, STUDY, TRIAL, operator, scenario, study

ONE = {"max": 1, "parallelism": 1, "maxFailed": 1, "retries": 0}
LOG = {
    "type": "Log",
    "source": "train.log",
    "fault": "",
    "seen": 15,
    "matched": 0,
    "bad": 0,
    "passed_over": "'Epoch 1/3 - acc 0.91'",
    "names": [],
    "mismatches": [],
}
SAID = "train.log (Log) had 15 lines, and none with a value; the last: 'Epoch 1/3 - acc 0.91'"


@scenario
async def test_a_silent_trial_says_what_was_heard_and_takes_it_back(control_plane, tmp_path):
    quick = replace(SETTINGS, metric_patience=1.0)
    async with operator(control_plane, tmp_path, quick) as (at, process):
        await at.create(study(trials=ONE))
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        used = (Mismatch("lr", "0.1", "0.01"),)
        heard = Heard("Log", "train.log", seen=15, passed_over=LOG["passed_over"], mismatches=used)
        namespace, uid = pod["metadata"]["namespace"], pod["metadata"]["uid"]
        await at.wait_condition(TRIAL, "study-0", "NothingHeard", "True")
        process.live.hear(uid, HeardMessage(f"{namespace}/study-0", (heard,)))
        said = await at.wait_condition(TRIAL, "study-0", "ParametersNotUsed", "True")
        assert "uses lr 0.01, and was given 0.1" in said["message"]
        said = await at.wait_condition(TRIAL, "study-0", "NothingHeard", "True", "NoneMatched")
        assert SAID in said["message"]
        said = await at.wait_condition(STUDY, "study", "Degraded", "True")
        assert said["reason"] in ("ParametersNotUsed", "NoMetricYet")
        await process.report(pod, 0.5, first=500)
        await at.wait_condition(TRIAL, "study-0", "NothingHeard", "False")
        said = await at.wait_condition(TRIAL, "study-0", "StepsBeyondMax", "True")
        assert "500 was reported" in said["message"]


@scenario
async def test_a_trial_that_ends_without_a_value_says_why(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, _):
        await at.create(study(trials=ONE))
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        left = {"espalier": 1, "lost": 0, "count": 0, "names": [], "reports": [], "heard": [LOG]}
        await at.end_pod(pod, tail=left)
        ended = await at.wait_ended("study-0", "NoMetric")
        assert SAID in ended["message"]
