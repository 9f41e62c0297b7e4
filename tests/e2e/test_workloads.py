"""The studies that prune models, a network's weights and trees, trained on the real cluster."""

import json
import os

import pytest
import yaml

from espalier.pruning.history.expected_ends import FEWEST_LEADERS
from tests.e2e.world import ROOT, World, processes_of, wait_for
from tools.cluster import lifecycle
from tools.cluster.progress import Progress
from tools.deploy import OWN_IMAGES, images_prefix
from tools.images.cli import make

STUDIES = {
    "model-pruning/study.yaml": ("score", max),
    "ccp-alpha/study.yaml": ("rmse", min),
    "ccp-alpha/forest.yaml": ("rmse", min),
}
"""By the file: the metric, and which of its values is the best."""
IMAGES = ("model-pruning", "ccp-alpha")
NAMESPACE = "workloads-e2e"
EACH = pytest.mark.parametrize("file", STUDIES)


def study_of(file: str) -> dict:
    text = (ROOT / "examples" / file).read_text()
    study = yaml.safe_load(text.replace(OWN_IMAGES, images_prefix()))
    study["metadata"]["namespace"] = NAMESPACE
    return study


@pytest.fixture(scope="module")
def namespace(world: World):
    """A namespace on a cluster that has the examples' images."""
    if lifecycle.foreign_kubeconfig() is None:
        make(IMAGES, os.environ.get("ESPALIER_CLUSTER", "espalier"), Progress())
    with world.namespace(NAMESPACE) as name:
        yield name


@pytest.fixture(scope="module")
def finished(world: World, namespace: str):
    """All studies, applied together as their pages say, and watched until they ended."""
    studies = {file: study_of(file) for file in STUDIES}
    world.apply(*studies.values())
    seen: dict[str, tuple[dict, list[dict]]] = {}
    for file, study in studies.items():
        name = study["metadata"]["name"]
        world.wait_condition(namespace, name, "Succeeded")
        seen[file] = world.get("study", namespace, name), world.trials(namespace, name)
    return seen


def in_phase(trials: list[dict], phase: str) -> list[dict]:
    return [trial for trial in trials if trial["status"]["phase"] == phase]


@EACH
def test_all_trials_ran_and_some_were_pruned(file, finished):
    study, trials = finished[file]
    counts = study["status"]["counts"]
    assert len(trials) == study["spec"]["trials"]["max"]
    assert counts["failed"] == 0
    assert counts["pruned"] == len(in_phase(trials, "Pruned")) > 0
    assert counts["completed"] == len(in_phase(trials, "Completed")) > 0
    horizon = study["spec"]["resource"]["max"]
    assert all(trial["status"]["step"] == horizon for trial in in_phase(trials, "Completed"))
    assert all(trial["status"]["step"] < horizon for trial in in_phase(trials, "Pruned"))


@EACH
def test_the_best_is_the_one_that_ended_best(file, finished):
    study, trials = finished[file]
    best = study["status"]["best"]
    completed = in_phase(trials, "Completed")
    ends = [trial["status"]["latest"] for trial in completed]
    assert best.get("lastBest", best)["value"] == STUDIES[file][1](ends)
    winner = next(t for t in completed if t["spec"]["number"] == best["number"])
    assert best["parameters"] == winner["spec"]["parameters"]
    assert ("expected" in best) == (len(completed) >= FEWEST_LEADERS)


@EACH
def test_what_was_saved_is_said(file, finished):
    study, trials = finished[file]
    steps = study["status"]["steps"]
    # A pruned trainer may report in its grace period.
    assert steps["done"] >= sum(trial["status"]["step"] for trial in trials)
    left = sum(
        study["spec"]["resource"]["max"] - trial["status"]["step"]
        for trial in in_phase(trials, "Pruned")
    )
    assert 0 < steps["saved"] <= left
    print(f"\n{file}: {study['status']['counts']}, {steps}, {study['status']['trialSeconds']}")
    print(json.dumps(study["status"]["best"]))


@EACH
def test_no_configuration_was_run_twice(file, finished):
    trials = finished[file][1]
    ran = {json.dumps(trial["spec"]["parameters"], sort_keys=True) for trial in trials}
    assert len(ran) == len(trials)


def test_a_parameter_takes_part_only_where_its_condition_holds(finished):
    for file, conditional, (parameter, value) in (
        ("model-pruning/study.yaml", "rewindEpoch", ("rewind", True)),
        ("ccp-alpha/study.yaml", "trees", ("model", "forest")),
    ):
        ran = [trial["spec"]["parameters"] for trial in finished[file][1]]
        assert all((conditional in one) == (one[parameter] == value) for one in ran)
        assert 0 < sum(conditional in one for one in ran) < len(ran)


@EACH
def test_what_a_trial_runs_was_proposed_and_stored_after_others_were_pruned(file, finished, world):
    study, trials = finished[file]
    log = world.log_of(NAMESPACE, study["metadata"]["name"])
    places = {row["trial"]: place for place, row in enumerate(log) if row["kind"] == "proposal"}
    for trial in trials:
        proposal = log[places[trial["spec"]["number"]]]
        assert proposal["parameters"] == trial["spec"]["parameters"]
    pruned = [
        place for place, row in enumerate(log) if row["kind"] == "end" and row["state"] == "Pruned"
    ]
    startup = study["spec"]["sampler"]["tpe"]["startupTrials"]
    learnt = [place for place in places.values() if any(end < place for end in pruned)]
    assert learnt, "proposals that pruned trials have taught"
    ends = [place for place, row in enumerate(log) if row["kind"] == "end"]
    assert max(learnt) > ends[startup - 1], "and that are beyond the random ones"


@EACH
def test_what_was_decided_and_proposed_can_be_computed_again(file, finished, world):
    study, trials = finished[file]
    name = study["metadata"]["name"]
    replayed = json.loads(world.espalier("replay", f"{NAMESPACE}/{name}", "--json"))
    assert replayed["decisions"] > 0
    assert replayed["differences"] == []
    proposals = replayed["proposals"]
    assert proposals["recomputed"] == len(trials)
    assert proposals["differences"] == proposals["ofOtherVersions"] == []
    assert proposals["notRecomputed"] == {}


@EACH
def test_the_pods_of_pruned_trials_are_gone(file, finished, world):
    for trial in in_phase(finished[file][1], "Pruned"):
        name = trial["metadata"]["name"]
        wait_for(
            f"no pod of {name}",
            lambda name=name: (
                world.get("pods", NAMESPACE, None, "-l", f"espalier.dev/trial={name}") == []
            ),
        )
        assert processes_of(f"{NAMESPACE}/{name}") == []
