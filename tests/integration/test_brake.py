"""A running study is braked: pruning paused, the best kept, Trials protected, all replayable."""

from __future__ import annotations

from espalier.backtest.replay import replay
from espalier.store import read_log
from espalier.study_log.lines import lines
from espalier.study_log.read_lines import read_lines
from tests.integration.running import STUDY, TRIAL, eventually, operator, scenario, study
from tests.integration.test_operator_endings import BOLD, PRUNES

TWO = {"max": 2, "parallelism": 2, "maxFailed": 2, "retries": 0}
GOOD, BAD = 0.9, 0.1


def braked(**pruning):
    return study(pruner=PRUNES, trials=TWO, pruning={**BOLD, **pruning})


async def started(at, process, *values):
    """Let both trials run and report these values first; return their pods."""
    pods = [await at.pod_of(f"study-{number}") for number in range(2)]
    for pod in pods:
        await at.run_pod(pod)
        await process.report(pod, *values)
    return pods


async def said(at, kind, name, wanted):
    """Wait until a status says something."""

    async def probe():
        return wanted((await at.get(kind, name) or {}).get("status") or {})

    return await eventually(f"the status of {name}", probe)


def paused(wanted):
    return lambda status: status.get("pruning", {}).get("paused") is wanted


def replayed(process, at):
    """Return how a replay of the study's exported log went."""
    log = read_log(process.url, at.namespace, "study")
    return replay(read_lines(lines(log), "study"), "study")


@scenario
async def test_pruning_is_paused_and_goes_on_also_over_a_restart(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(braked())
        pods = await started(at, process, GOOD)
        await at.wait_condition(STUDY, "study", "Accepted")
        await at.patch(STUDY, "study", {"spec": {"pruning": {"paused": True}}})
        await said(at, STUDY, "study", paused(True))
        told = await at.condition(STUDY, "study", "Progressing")
        assert "spec.pruning.paused is true: no trial is pruned" in told["message"]
        decision = (await process.report(pods[0], BAD, first=2)).decision
        assert (decision.action, decision.reason) == ("Keep", "PruningPaused")
        assert decision.evidence["overruled"] == "BelowLower"

        await process.kill()
        await process.start()
        decision = (await process.report(pods[0], BAD, first=3)).decision
        assert (decision.action, decision.reason) == ("Keep", "PruningPaused")

        await at.patch(STUDY, "study", {"spec": {"pruning": {"paused": False}}})
        await said(at, STUDY, "study", paused(False))
        assert (await process.report(pods[0], BAD, first=4)).decision.prunes
        await at.wait_ended("study-0", "Pruned")
        assert (await process.report(pods[1], GOOD, first=2)).decision.reason == "WithinBounds"
        result = replayed(process, at)
        assert (result.decisions, result.differences) == (6, ())


@scenario
async def test_a_pause_does_not_bring_back_what_is_pruned_and_a_study_may_start_paused(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(braked(paused=True))
        pods = await started(at, process, BAD)
        assert (await process.report(pods[0], BAD, first=2)).decision.reason == "PruningPaused"
        await at.patch(STUDY, "study", {"spec": {"pruning": {"paused": False}}})
        await said(at, STUDY, "study", paused(False))
        assert (await process.report(pods[0], BAD, first=3)).decision.prunes
        await at.patch(STUDY, "study", {"spec": {"pruning": {"paused": True}}})
        await said(at, STUDY, "study", paused(True))
        await at.wait_ended("study-0", "Pruned")
        assert (await process.report(pods[1], BAD, first=2)).decision.reason == "PruningPaused"
        assert replayed(process, at).differences == ()


@scenario
async def test_how_many_of_the_best_are_kept_changes_in_a_running_study(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(braked())
        pods = await started(at, process, GOOD)
        await at.wait_condition(STUDY, "study", "Accepted")
        await at.patch(STUDY, "study", {"spec": {"pruning": {"keepBest": 1}}})

        async def restrained():
            (uid,) = process.live.opened()
            return process.live.record(uid).restraint.keep_best == 1

        await eventually("the judge to know", restrained)
        best = (await process.report(pods[0], BAD, first=2)).decision
        assert (best.reason, best.evidence["keepBest"]) == ("AmongBest", 1)
        assert (await process.report(pods[1], BAD, first=2)).decision.prunes
        assert replayed(process, at).differences == ()


@scenario
async def test_a_trial_is_protected_by_its_annotation_for_as_long_as_it_has_it(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(braked())
        pods = await started(at, process, GOOD)

        async def annotate(value):
            meta = {"annotations": {"espalier.dev/protect": value}}
            await at.patch(TRIAL, "study-0", {"metadata": meta})

        await annotate("true")
        await said(at, TRIAL, "study-0", lambda status: status.get("protected"))
        decision = (await process.report(pods[0], BAD, first=2)).decision
        assert (decision.action, decision.reason) == ("Keep", "Protected")
        assert (await process.report(pods[1], BAD, first=2)).decision.prunes
        await process.report(pods[0], GOOD, first=3)
        await said(
            at,
            TRIAL,
            "study-0",
            lambda status: "It is protected" in status.get("decision", {}).get("message", ""),
        )
        await annotate(None)
        await said(at, TRIAL, "study-0", lambda status: "protected" not in status)
        assert (await process.report(pods[0], BAD, first=4)).decision.prunes
        assert "protected" not in (await at.get(TRIAL, "study-1"))["status"]
        assert replayed(process, at).differences == ()


@scenario
async def test_a_trial_made_by_hand_can_be_protected_from_the_start(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        made = braked()
        made["spec"]["trials"] = {**TWO, "max": 1, "parallelism": 2}
        await at.create(made)
        await at.create(
            {
                "apiVersion": "espalier.dev/v1alpha1",
                "kind": "Trial",
                "metadata": {"name": "mine", "annotations": {"espalier.dev/protect": "true"}},
                "spec": {"study": {"name": "study"}, "parameters": {"lr": 0.1}},
            },
            TRIAL,
        )
        pod = await at.pod_of("mine")
        await at.run_pod(pod)
        assert (await process.report(pod, BAD)).decision.reason == "Protected"


@scenario
async def test_an_exempt_trial_says_so_also_after_its_last_step(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(braked(exemptPercent=100))
        pod = await at.pod_of("study-0")
        await at.run_pod(pod)
        values = [BAD] * 10
        assert (await process.report(pod, *values)).decision.reason == "LastStep"
        status = await said(at, TRIAL, "study-0", lambda status: status.get("decision") and status)
        assert status["exempt"] is True
        assert "It is exempt, so never pruned" in status["decision"]["message"]
        await at.end_pod(pod)
        await at.wait_ended("study-0", "Completed")
        assert (await at.get(TRIAL, "study-0"))["status"]["exempt"] is True
