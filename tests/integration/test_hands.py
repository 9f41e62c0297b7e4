"""People act on a running study, by commands and by plain kubectl, on a real API server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from tests.chart.apiserver import ApiServer, wait_until
from tests.integration.api_server import api_server
from tests.integration.policies import Guarded, guarded
from tests.integration.running import (
    STUDY,
    TRIAL,
    Bench,
    InProcessOperator,
    eventually,
    operator,
    scenario,
    study,
)
from tests.integration.test_attack_matrix import trial
from tests.integration.test_brake import replayed, said
from tests.integration.test_operator_endings import BOLD

THREE = {"max": 3, "parallelism": 2, "maxFailed": 3, "retries": 0}
WHY = "overfits\x1b[31m from\nepoch 3 on"
SHOWN = "overfits [31m from epoch 3 on"


async def hand(at: Bench, kubeconfig: Path, *words: str) -> Any:
    """Run a command as a person does."""
    where = ("--kubeconfig", str(kubeconfig), "-n", at.namespace)
    return await asyncio.to_thread(CliRunner().invoke, main, [*words, *where])


async def prune_decision(at: Bench, name: str) -> dict[str, Any]:
    """Return a pruned trial's decision."""
    await at.wait_ended(name, "Pruned")
    decision: dict[str, Any] = (await at.get(TRIAL, name))["status"]["decision"]
    return decision


async def progressed(at: Bench, process: InProcessOperator) -> dict[str, Any]:
    """Let the first trial run and report; return its pod."""
    pod = await at.pod_of("study-0")
    await at.run_pod(pod)
    await process.report(pod, 0.5, 0.6)
    return pod


@scenario
async def test_trials_are_pruned_by_hand_wherever_they_stand_and_also_over_a_restart(
    control_plane, tmp_path
):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials={**THREE, "max": 4}, pruning={**BOLD, "exemptPercent": 50}))
        await progressed(at, process)
        result = await hand(at, control_plane, "prune", "study-0", "--why", WHY)
        assert result.exit_code == 0, result.output
        assert f"study-0 is to be pruned: {SHOWN}" in result.output
        decision = await prune_decision(at, "study-0")
        assert (decision["reason"], decision["pruner"], decision["step"]) == (
            *("PrunedByPerson", "Person"),
            2,
        )
        assert decision["evidence"]["why"] == SHOWN
        assert decision["message"].endswith(f"asked for it: {SHOWN}")

        # One that has reported nothing, by kubectl, while the operator is down.
        await at.pod_of("study-1")
        await process.kill()
        meta = {"annotations": {"espalier.dev/prune": "", "espalier.dev/protect": "yes"}}
        await at.patch(TRIAL, "study-1", {"metadata": meta})
        await process.start()
        decision = await prune_decision(at, "study-1")
        assert decision["message"] == "Pruned: a person asked for it: no reason was given"

        late = await hand(at, control_plane, "keep", "study-0")
        assert late.exit_code == 2
        assert "study-0 has ended: Pruned" in late.output
        again = await hand(at, control_plane, "prune", "study-1", "--why", "again")
        assert (again.exit_code, "has ended: Pruned" in again.output) == (2, True)
        assert replayed(process, at).differences == ()

        def counted(status: dict[str, Any]) -> bool:
            return bool(status["counts"]["pruned"] == 2)

        await said(at, STUDY, "study", counted)
        (uid,) = process.live.opened()
        summary = process.live.record(uid).summary
        assert summary.pruned == 0, "the pruner has pruned nothing"


@scenario
async def test_a_person_keeps_a_trial_and_says_why(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials=THREE, pruning=BOLD))
        await progressed(at, process)
        result = await hand(at, control_plane, "exempt", "study-0", "--why", "a late bloomer")
        assert result.exit_code == 0, result.output
        assert "exempt trials are chosen by lot" in result.output

        async def protected():
            return ((await at.get(TRIAL, "study-0")) or {}).get("status", {}).get("protected")

        await eventually("its protection", protected)
        (row,) = await process.store.studies()
        (change,) = (await process.store.log(row)).changes
        (wish,) = change.wishes
        assert (wish.trial, wish.will, wish.why) == (0, "Keep", "a late bloomer")
        undone = await hand(at, control_plane, "keep", "study-0", "--undo")
        assert undone.exit_code == 0, undone.output
        twice = await hand(at, control_plane, "keep", "study-0", "--undo")
        assert twice.exit_code == 0 or "is not protected" in twice.output


@scenario
async def test_a_study_is_suspended_stopped_resumed_and_extended(control_plane, tmp_path):
    async with operator(control_plane, tmp_path) as (at, process):
        await at.create(study(trials=THREE, pruning=BOLD, finalists={"count": 1, "repeats": 2}))
        pod = await progressed(at, process)
        assert (await hand(at, control_plane, "suspend", "study", "--dry-run")).exit_code == 0
        assert not (await at.get(STUDY, "study"))["spec"].get("suspend")
        await at.end_pod(pod)
        await at.wait_ended("study-0", "Completed")

        result = await hand(at, control_plane, "stop", "study")
        assert result.exit_code == 0, result.output
        told = await at.wait_condition(STUDY, "study", "Succeeded")
        assert (told["status"], told["reason"]) == ("True", "Stopped")
        assert "1 completed" in told["message"]
        await at.wait_ended("study-1", "StudyStopped")
        found = (await at.get(STUDY, "study"))["status"]
        assert (found["best"]["number"], "finalists" in found) == (0, False)
        again = await hand(at, control_plane, "stop", "study")
        assert (again.exit_code, "has ended already" in again.output) == (2, True)

        more = await hand(at, control_plane, "extend", "study", "--trials", "+2")
        assert "`resume` lets it go on" in more.output
        less = await hand(at, control_plane, "extend", "study", "--trials", "2")
        assert (less.exit_code, "expected more than the 5 trials" in less.output) == (2, True)
        resumed = await hand(at, control_plane, "resume", "study")
        assert resumed.exit_code == 0, resumed.output
        await at.pod_of("study-3")


@pytest.fixture(scope="module")
def guard(control_plane: Path) -> Iterator[Guarded]:
    with api_server(control_plane), guarded(control_plane) as made:
        yield made


def member(guard: Guarded, name: str, folder: Path) -> tuple[str, Path]:
    """Return the user name of a member of the namespace, and his kubeconfig."""
    server, own = guard.server, guard.own
    server.must("create", "serviceaccount", name, "-n", own)
    config = json.loads(server.must("config", "view", "--raw", "--flatten", "-o", "json"))
    token = server.must("create", "token", name, "-n", own).strip()
    config["users"] = [{"name": name, "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"] |= {"user": name, "namespace": own}
    path = folder / f"{name}.kubeconfig"
    path.write_text(json.dumps(config))
    return f"system:serviceaccount:{own}:{name}", path


def test_who_may_act_and_in_whose_name(guard: Guarded, tmp_path: Path) -> None:
    server, own = guard.server, guard.own
    editor, config = member(guard, "editor", tmp_path)
    _, viewers = member(guard, "viewer", tmp_path)
    for name, role in (("editor", "edit"), ("viewer", "view")):
        account = f"--serviceaccount={own}:{name}"
        server.must("create", "rolebinding", name, f"--clusterrole={role}", account, "-n", own)
    made = study("plain")
    server.must("apply", "-n", own, "-f", "-", stdin=made)
    server.must("apply", "-n", own, "-f", "-", stdin=trial())

    def act(kubeconfig: Path, *words: str) -> Any:
        return CliRunner().invoke(main, [*words, "--kubeconfig", str(kubeconfig), "-n", own])

    wait_until("the roles to be known", lambda: _may(ApiServer(config), own))
    refused = act(viewers, "prune", "a-trial", "--why", "no")
    assert refused.exit_code == 2
    assert 'cannot patch resource "trials"' in refused.output
    assert "ask for it" in refused.output

    done = act(config, "prune", "a-trial", "--why", "it diverges")
    assert done.exit_code == 0, done.output
    annotations = (server.get("trial", "a-trial", "-n", own) or {})["metadata"]["annotations"]
    assert annotations["espalier.dev/by"] == editor
    forged = {"metadata": {"annotations": {"espalier.dev/by": "somebody"}}}
    answer = ApiServer(config).kubectl(
        *("patch", "trial", "a-trial", "-n", own, "--type=merge", f"-p={json.dumps(forged)}")
    )
    assert "the annotation espalier.dev/by says who asks" in answer.stderr

    gone = act(config, "prune", "no-trial", "--why", "no")
    assert (gone.exit_code, "there is no trial 'no-trial'" in gone.output) == (2, True)
    much = act(config, "extend", "plain", "--trials", "999999999")
    assert (much.exit_code, "spec.trials.max" in much.output) == (2, True)
    assert "Traceback" not in much.output


def _may(server: ApiServer, namespace: str) -> bool:
    asked = server.kubectl("auth", "can-i", "patch", "trials.espalier.dev", "-n", namespace)
    return asked.stdout.strip() == "yes"
