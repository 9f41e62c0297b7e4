"""docs/how-to/tensorboard.md, run as it stands."""

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from espalier.api import parse_study
from espalier_sidecar.collectors.event_names import SPLITS
from tests.patience import PATIENCE
from tests.sidecar.event_files import NAME, append, scalar
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_how_to import FENCE
from tools.trainers import python_of

PAGE = (Path(__file__).parents[2] / "docs/how-to/tensorboard.md").read_text()
STUDIES = [yaml.safe_load(text) for language, text in FENCE.findall(PAGE) if language == "yaml"]
(PYTHON,) = (text for language, text in FENCE.findall(PAGE) if language == "python")
REST = {
    "parameters": [{"name": "lr", "float": {"min": 0.01, "max": 1.0}}],
    "resource": {"max": 10},
    "trials": {"max": 4},
    "template": {"spec": {"containers": [{"name": "trainer", "image": "x"}]}},
}


def begin(
    study: dict[str, object], start: Callable[..., RunningSidecar], folder: Path
) -> tuple[RunningSidecar, Path]:
    """Start a sidecar as the operator does for a study; give where the trainer's directory is."""
    text = json.dumps(study["collector"])
    directory = json.loads(text)["tensorBoard"]["directory"]
    objective = study["objective"]
    assert isinstance(objective, dict)
    sidecar = start(ESPALIER_COLLECTORS=f"[{text}]", ESPALIER_METRIC=objective["metric"])
    return sidecar, folder / "espalier" / "mounts" / directory.lstrip("/")


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: str(study["objective"]["metric"]))
def test_a_study_is_one(study: dict[str, object]) -> None:
    parse_study({"metadata": {"name": "s"}, "spec": {**REST, **study}})


def test_the_writer_with_its_argument_writes_what_arrives(
    start: Callable[..., RunningSidecar], ingest: FakeIngest, tmp_path: Path
) -> None:
    _, directory = begin(STUDIES[0], start, tmp_path)
    # torch's class is tensorboardX's in all that is used here, and a gigabyte larger.
    code = PYTHON.replace("torch.utils.tensorboard", "tensorboardX")
    code = code.replace("/work/runs", str(directory))
    subprocess.run(
        [python_of("loggers"), "-c", code],
        env={"PATH": os.environ["PATH"]},
        check=True,
        timeout=PATIENCE,
    )
    ingest.wait_for_steps([1, 2, 3])
    assert [(metric, step) for metric, step, _ in ingest.stored] == [
        ("eval/loss", step) for step in (1, 2, 3)
    ]


def test_a_name_of_the_trainers_becomes_the_studys(
    start: Callable[..., RunningSidecar], ingest: FakeIngest, tmp_path: Path
) -> None:
    _, directory = begin(STUDIES[1], start, tmp_path)
    append(directory / "16-00" / "validation" / NAME, scalar("epoch_accuracy", 0, 0.5))
    append(directory / "16-00" / "train" / NAME, scalar("epoch_accuracy", 0, 0.75))
    ingest.wait(lambda: len(ingest.stored) == 2)
    assert sorted(ingest.stored) == [("accuracy", 0, 0.5), ("train/epoch_accuracy", 0, 0.75)]


def test_the_folders_that_are_part_of_a_name_are_these() -> None:
    (row,) = (line for line in PAGE.splitlines() if "`train_inner`" in line)
    assert set(re.findall(r"`(\w+)`", row.split("|")[1])) == SPLITS
