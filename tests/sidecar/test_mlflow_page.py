"""docs/how-to/mlflow.md, run as it stands."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from espalier.api import parse_study
from tests.patience import PATIENCE
from tests.planning.workload.test_job import built, pod_of
from tests.sidecar.test_how_to import FENCE
from tools.trainers import python_of

PAGE = (Path(__file__).parents[2] / "docs/how-to/mlflow.md").read_text()
STUDIES = [yaml.safe_load(text) for language, text in FENCE.findall(PAGE) if language == "yaml"]
SCRIPTS = [text for language, text in FENCE.findall(PAGE) if language == "python"]
REST = {
    "objective": {"metric": "loss", "direction": "Minimize"},
    "parameters": [{"name": "lr", "float": {"min": 0.01, "max": 1.0}}],
    "resource": {"max": 10},
    "trials": {"max": 4},
    "template": {"spec": {"containers": [{"name": "trainer", "image": "x"}]}},
}


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: ", ".join(study))
def test_a_study_is_one_and_its_trainer_talks_to_the_sidecar(study):
    parse_study({"metadata": {"name": "s"}, "spec": {**REST, **study}})
    trainer, sidecar = containers(study)
    assert trainer["MLFLOW_TRACKING_URI"] == "http://localhost:9321/mlflow"
    if "template" in study:
        assert sidecar["MLFLOW_TRACKING_URI"] == "https://mlflow.example"


def containers(study):
    pod = pod_of(built(**study))
    every = [*pod["containers"], *pod["initContainers"]]
    return ({each["name"]: each.get("value") for each in container["env"]} for container in every)


@pytest.mark.parametrize(
    ("script", "study"),
    [
        (script, study)
        for script in SCRIPTS
        for study in STUDIES
        if "resource" in study and f'"{study["objective"]["metric"]}"' in script
    ],
)
def test_what_a_script_logs_arrives(script, study, start, ingest):
    _, sidecar = containers(study)
    running = start(ESPALIER_COLLECTORS=sidecar["ESPALIER_COLLECTORS"])
    subprocess.run(
        [python_of("loggers"), "-c", script],
        env={
            "PATH": os.environ["PATH"],
            "MLFLOW_TRACKING_URI": f"http://localhost:{running.port}/mlflow",
        },
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )
    steps = range(1, study["resource"]["max"] + 1)
    ingest.wait_for_steps(steps)
    assert [(name, step) for name, step, _ in ingest.stored] == [
        (study["objective"]["metric"], step) for step in steps
    ]
    assert json.loads(sidecar["ESPALIER_COLLECTORS"])
