"""Training scripts as people write them, with the libraries that they log with, pruned unchanged.

All of examples/trainers at once: what each library logs is what the store has, step by step, and
the trial whose parameter is bad is pruned by it.
"""

import os
import re

import numpy as np
import pytest
import yaml

from tests.e2e.world import ROOT, World
from tools.cluster import lifecycle
from tools.cluster.progress import Progress
from tools.deploy import OWN_IMAGES, images_prefix
from tools.images.cli import make
from tools.images.recipe import TRAINERS

NAMESPACE = "trainers-e2e"
PRINTED = {
    "xgboost_train": r"\[(?P<step>\d+)\].*\tvalid-logloss:(?P<value>\S+)",
    "lightgbm_train": r"\[(?P<step>\d+)\]\tvalid_0's binary_logloss: (?P<value>\S+)",
}
"""What the libraries print; the other scripts print what they log too, as `epoch 3: name 0.5`."""
EPOCH = r"epoch (?P<step>\d+): \S+ (?P<value>\S+)"
EACH = pytest.mark.parametrize("script", TRAINERS)


def study_of(script: str) -> dict:
    text = (ROOT / f"examples/trainers/{script}.yaml").read_text()
    study = yaml.safe_load(text.replace(OWN_IMAGES, images_prefix()))
    study["metadata"]["namespace"] = NAMESPACE
    return study


@pytest.fixture(scope="module")
def finished(world: World):
    """All studies, applied together and watched until they ended."""
    if lifecycle.foreign_kubeconfig() is None:
        make(("trainers",), os.environ.get("ESPALIER_CLUSTER", "espalier"), Progress())
    with world.namespace(NAMESPACE):
        studies = {script: study_of(script) for script in TRAINERS}
        world.apply(*studies.values())
        for study in studies.values():
            world.wait_condition(NAMESPACE, study["metadata"]["name"], "Succeeded")
        yield studies


def trials_of(world: World, study: dict, phase: str) -> list[dict]:
    trials = world.trials(NAMESPACE, study["metadata"]["name"])
    return [trial for trial in trials if trial["status"]["phase"] == phase]


def printed_by(world: World, script: str, trial: dict) -> dict[int, float]:
    """Return what a trial's trainer has printed, which is what its library has logged."""
    label = f"espalier.dev/trial={trial['metadata']['name']}"
    text = world.run("logs", "-n", NAMESPACE, "-l", label, "-c", "trainer", "--tail=-1")
    found = re.finditer(PRINTED.get(script, EPOCH), text)
    return {int(each["step"]): float(each["value"]) for each in found}


@EACH
def test_what_the_library_logs_is_stored_step_by_step(script, finished, world):
    study = finished[script]
    log = world.log_of(NAMESPACE, study["metadata"]["name"])
    metric = study["spec"]["objective"]["metric"]
    (completed,) = trials_of(world, study, "Completed")
    stored = {
        row["step"]: row["value"]
        for row in log
        if row["kind"] == "observation"
        and (row["trial"], row["metric"]) == (completed["spec"]["number"], metric)
    }
    logged = printed_by(world, script, completed)
    assert len(logged) == study["spec"]["resource"]["max"]
    if script == "tensorboardx_writer":  # event files hold numbers of 32 bits
        logged = {step: float(np.float32(value)) for step, value in logged.items()}
    if script == "prometheus_gauges":  # what stays as it was is no new value; nor what nobody saw
        assert stored.items() <= logged.items()
        assert len(stored) >= len(set(logged.values())) - 2
    else:
        assert stored == logged


@EACH
def test_the_bad_parameter_is_pruned_by_what_it_logged(script, finished, world):
    study = finished[script]
    (pruned,) = trials_of(world, study, "Pruned")
    (parameter,) = study["spec"]["parameters"]
    worst = {"alpha": 1.0}.get(parameter["name"], 1e-3)
    assert pruned["spec"]["parameters"] == {parameter["name"]: worst}
    assert pruned["status"]["step"] < study["spec"]["resource"]["max"] - 1
