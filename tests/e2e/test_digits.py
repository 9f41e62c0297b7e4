"""The whole way: the README's study on a real cluster, from `kubectl apply` to freed GPUs."""

import json
import math
import os
import re
import subprocess
import sys

import numpy as np
import optuna
import pytest
import yaml

from espalier.pruning.history.expected_ends import FEWEST_LEADERS
from tests.e2e.world import ROOT, World, processes_of, wait_for
from tests.patience import PATIENCE
from tools.deploy import OWN_IMAGES, images_prefix

NAMESPACE, STUDY = "digits-e2e", "digits"


@pytest.fixture(scope="module")
def finished(world: World):
    """The digits study, applied as the README says and watched until it ended."""
    with world.namespace(NAMESPACE):
        text = (ROOT / "examples/digits/study.yaml").read_text()
        study = yaml.safe_load(text.replace(OWN_IMAGES, images_prefix()))
        study["metadata"]["namespace"] = NAMESPACE
        world.apply(study)
        world.wait_condition(NAMESPACE, STUDY, "Succeeded")
        yield world.get("study", NAMESPACE, STUDY), world.trials(NAMESPACE, STUDY)


def pruned_of(trials):
    return [trial for trial in trials if trial["status"]["phase"] == "Pruned"]


def test_the_study_ran_every_trial_and_some_were_pruned(finished):
    study, trials = finished
    counts = study["status"]["counts"]
    assert len(trials) == study["spec"]["trials"]["max"]
    assert counts["pruned"] == len(pruned_of(trials)) > 0
    assert counts["completed"] == len([t for t in trials if t["status"]["phase"] == "Completed"])
    assert counts["failed"] == 0


def test_each_pruning_follows_from_the_stored_values(finished, world):
    _, trials = finished
    log = world.log_of(NAMESPACE, STUDY)
    for trial in pruned_of(trials):
        rows = [
            row
            for row in log
            if row["kind"] == "decision"
            and row["trial"] == trial["spec"]["number"]
            and row["action"] == "Prune"
            and not row.get("shadow")
        ]
        assert len(rows) == 1, f"trial {trial['spec']['number']} has one pruning, and only one"
        assert rows[0]["step"] == trial["status"]["decision"]["step"]
        assert _is_worse_than_the_median(log, rows[0])


def _is_worse_than_the_median(log, decision) -> bool:
    """Recompute Median with numpy, apart from the engine: best so far against finished peers."""
    before = log[: log.index(decision)]
    number, step = decision["trial"], decision["step"]
    own = [
        row["value"]
        for row in before
        if row["kind"] == "observation" and row["trial"] == number and row["step"] <= step
    ]
    completed = {
        row["trial"] for row in before if row["kind"] == "end" and row["state"] == "Completed"
    }
    peers = []
    for peer in completed:
        reached = [
            (row["step"], row["value"])
            for row in before
            if row["kind"] == "observation" and row["trial"] == peer and row["step"] <= step
        ]
        if reached:
            peers.append(max(reached)[1])
    return bool(max(own) < np.median(peers))


def test_replaying_the_log_gives_the_same_decisions(finished, world):
    out = json.loads(world.espalier("replay", f"{NAMESPACE}/{STUDY}", "--json"))
    assert out["decisions"] > 0
    assert out["differences"] == []


def test_a_pruned_trial_says_why_in_words_and_numbers(finished):
    for trial in pruned_of(finished[1]):
        decision = trial["status"]["decision"]
        assert decision["reason"]
        assert len(re.findall(r"\d+\.\d+", decision["message"])) >= 2, decision["message"]


def test_the_pods_of_pruned_trials_are_gone_from_the_api_and_from_the_node(finished, world):
    for trial in pruned_of(finished[1]):
        name = trial["metadata"]["name"]
        assert world.get("pods", NAMESPACE, None, "-l", f"espalier.dev/trial={name}") == []
        assert processes_of(f"{NAMESPACE}/{name}") == []


def test_the_studys_best_completed_and_so_did_the_one_with_the_best_last_value(finished):
    study, trials = finished
    said = study["status"]["best"]
    completed = [trial for trial in trials if trial["status"]["phase"] == "Completed"]
    latest = max(trial["status"]["latest"] for trial in completed)
    assert said.get("lastBest", said)["value"] == latest
    winner = next(t for t in completed if t["spec"]["number"] == said["number"])
    assert said["value"] == winner["status"]["latest"]
    assert ("expected" in said) == (len(completed) >= FEWEST_LEADERS)
    assert said["parameters"] == winner["spec"]["parameters"]


def test_metrics_status_and_store_agree(finished, world):
    study, _ = finished
    counts = study["status"]["counts"]
    text = world.metrics()
    for phase in ("completed", "pruned", "failed"):
        pattern = rf'espalier_trials{{[^}}]*namespace="{NAMESPACE}"[^}}]*}} (\S+)'
        values = {
            re.search(r'phase="(\w+)"', line).group(1).lower(): float(line.rsplit(" ", 1)[1])
            for line in text.splitlines()
            if re.match(pattern, line)
        }
        assert values.get(phase, 0) == counts[phase]
    log = world.log_of(NAMESPACE, STUDY)
    ends = [row["trial"] for row in log if row["kind"] == "end"]
    ended = sum(counts[kind] for kind in ("completed", "pruned", "failed"))
    assert len(ends) == len(set(ends)) == ended


def test_what_a_trial_says_it_reported_is_what_is_stored(finished, world):
    _, trials = finished
    log = world.log_of(NAMESPACE, STUDY)
    for trial in trials:
        stored = {
            row["step"]: row["value"]
            for row in log
            if row["kind"] == "observation" and row["trial"] == trial["spec"]["number"]
        }
        said = trial["status"]["step"]
        assert math.isclose(stored[said], trial["status"]["latest"], rel_tol=1e-12)
        if trial["status"]["phase"] == "Completed":
            assert sorted(stored) == list(range(1, 28)), "27 epochs, each stored once"
        else:
            # A pruned trainer may report in its grace period: kept, but judged no more.
            assert sorted(stored) == list(range(1, max(stored) + 1))
            assert said == trial["status"]["decision"]["step"] <= max(stored)


def test_what_was_saved_is_what_the_pruned_trials_would_still_have_cost(finished):
    """As far as the completed ones tell, and never more than any of them cost."""
    study, trials = finished[:2]
    for field in ("gpuSeconds", "trialSeconds", "steps"):
        costs = study["status"][field]
        assert 0 < costs["savedLow"] <= costs["saved"] <= costs["savedHigh"]
    whole = [t["status"] for t in trials if t["status"]["phase"] == "Completed"]
    dearest = max(status["trialSeconds"] for status in whole)
    for status in (t["status"] for t in trials if t["status"]["phase"] == "Pruned"):
        assert status["trialSeconds"] + status.get("trialSecondsSaved", 0.0) <= dearest + 0.2
        assert status.get("stepsSaved", 0.0) <= 27 - status["step"]
    used = sum(t["status"]["trialSeconds"] for t in trials)
    assert math.isclose(study["status"]["trialSeconds"]["used"], used, abs_tol=0.1 * len(trials))


@pytest.fixture(scope="module")
def member(finished, world, tmp_path_factory):
    """The kubeconfig of somebody who may view this one namespace: a token, and nothing else."""
    world.run("create", "serviceaccount", "member", "-n", NAMESPACE)
    who = f"--serviceaccount={NAMESPACE}:member"
    world.run("create", "rolebinding", "member", "--clusterrole=view", who, "-n", NAMESPACE)
    config = json.loads(world.run("config", "view", "--raw", "-o", "json"))
    token = world.run("create", "token", "member", "-n", NAMESPACE).strip()
    config["users"] = [{"name": "member", "user": {"token": token}}]
    cluster = config["clusters"][0]["name"]
    context = {"cluster": cluster, "user": "member", "namespace": NAMESPACE}
    config["contexts"] = [{"name": "member", "context": context}]
    config["current-context"] = "member"
    file = tmp_path_factory.mktemp("member") / "kubeconfig"
    file.write_text(json.dumps(config))
    return file


def asked(kubeconfig, *words, code=0):
    """Run `espalier` on this machine, as somebody with a kubeconfig does."""
    done = subprocess.run(
        [sys.executable, "-m", "espalier.cli.main", *words],
        env={**os.environ, "KUBECONFIG": str(kubeconfig)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == code, (words, done.stderr)
    return done.stdout if code == 0 else done.stderr


def test_a_member_gets_table_curves_why_and_an_optuna_file_of_his_study(finished, member, tmp_path):
    study, trials = finished
    rows = json.loads(asked(member, "trials", STUDY, "-o", "json"))["items"]
    assert {(row["number"], row["state"], row["latest"], row["step"]) for row in rows} == {
        (t["spec"]["number"], t["status"]["phase"], t["status"]["latest"], t["status"]["step"])
        for t in trials
    }
    for trial in pruned_of(trials):
        said = asked(member, "explain", trial["metadata"]["name"])
        decision = trial["status"]["decision"]
        assert decision["reason"] in said or decision["message"][:20] in " ".join(said.split())
    assert asked(member, "curves", STUDY).strip()
    best = study["status"]["best"]
    assert f"{best['value']:.4g}"[:5] in asked(member, "status", STUDY)
    file = tmp_path / "digits.db"
    asked(member, "export", STUDY, "--format", "optuna-sqlite", "-O", str(file))
    found = optuna.load_study(study_name=None, storage=f"sqlite:///{file}")
    assert len(found.trials) == len(trials)
    pruned = optuna.trial.TrialState.PRUNED
    assert sum(t.state == pruned for t in found.trials) == len(pruned_of(trials))


def test_a_member_is_refused_what_is_not_his(member):
    for words in (["trials", "kube-system/digits"], ["explain", "kube-system/digits-1"]):
        assert "get" in asked(member, *words, code=2)


def test_a_platform_engineer_sees_state_and_savings_of_all(finished, world):
    study = finished[0]
    listed = asked(world.kubeconfig, "top", "-A", "-o", "json")
    (row,) = [each for each in json.loads(listed)["items"] if each["namespace"] == NAMESPACE]
    assert row["state"] == study["status"]["state"]


def test_deleting_the_study_leaves_nothing_behind(finished, world):
    """The last test of this file: it takes the study away."""
    world.run("delete", "study", STUDY, "-n", NAMESPACE, "--wait=true")
    for kind in ("trials", "jobs", "pods"):
        wait_for(
            f"no {kind} left in {NAMESPACE}",
            lambda kind=kind: world.get(kind, NAMESPACE) == [],
        )
    wait_for(
        "no series of the deleted study",
        lambda: f'namespace="{NAMESPACE}"' not in world.metrics(),
    )
    assert world.espalier("export", "--list").count(f"{NAMESPACE}/{STUDY}") == 0
