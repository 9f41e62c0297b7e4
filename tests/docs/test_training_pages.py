"""The pages for who trains with Hugging Face, with the library, or with metrics to be scraped."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from espalier.api.collectors import CollectorSpec
from tests.docs.test_examples import ROOT
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tools.trainers import python_of

HOW_TO = ROOT / "docs/how-to"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TRAINERS = ROOT / "tests/sidecar/trainers"


def blocks(page: str, language: str) -> list[str]:
    found = FENCE.findall((HOW_TO / page).read_text())
    return [text for of, text in found if of == language]


COLLECTORS = [
    (page, text)
    for page in ("hugging-face.md", "prometheus.md")
    for text in blocks(page, "yaml")
    if text.startswith("collector:")
]


@pytest.fixture
def ingest(tmp_path: Path) -> Iterator[FakeIngest]:
    fake = FakeIngest(tmp_path)
    yield fake
    fake.close()


def run(code: str, sidecar: RunningSidecar, environment: str) -> None:
    """Run a block as a trainer in the sidecar's pod."""
    paths = (str(sidecar.directory / "python"), str(TRAINERS))
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(paths),
        "KERAS_BACKEND": "jax",
        "ESPALIER_REPORT_FILE": str(sidecar.directory / "reports.jsonl"),
        "ESPALIER_PRUNE_FILE": str(sidecar.directory / "prune"),
    }
    subprocess.run([python_of(environment), "-c", code], env=environ, check=True, timeout=PATIENCE)


@pytest.mark.parametrize(("page", "text"), COLLECTORS)
def test_a_collector_that_a_page_shows_is_one(page: str, text: str) -> None:
    CollectorSpec.model_validate(yaml.safe_load(text)["collector"])


BEFORE = {
    "report, should_prune": ("loggers", ""),
    "keras_callback": (
        "keras",
        """
import keras, numpy
x, y = numpy.ones((20, 2)), numpy.zeros(20)
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
model.compile(loss="binary_crossentropy", metrics=["accuracy"])
""",
    ),
    "lightning_callback": (
        "loggers",  # Without torch, Lightning cannot be there.
        """
import sys, types
from types import SimpleNamespace
sys.modules["pytorch_lightning"] = lightning = types.ModuleType("pytorch_lightning")
lightning.Callback = object
class Trainer:
    sanity_checking, is_global_zero, enable_validation = False, True, True
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, all: decision)
    def __init__(self, max_epochs, callbacks):
        for self.current_epoch in range(max_epochs):
            self.callback_metrics = {"val_loss": 0.5}
            for each in callbacks:
                each.on_train_epoch_start(self, None)
                each.on_validation_end(self, None)
                each.on_train_epoch_end(self, None)
""",
    ),
    "hugging_face_callback": (
        "loggers",
        """
from hugging_face import Training
trainer = Training({"steps": 3, "epochs": 5, "logging": 1, "eval": 0, "posts": 1}, [])
trainer.add_callback = trainer.handler.add_callback
""",
    ),
    "xgboost_callback": (
        "loggers",
        """
import numpy, xgboost
settings = {"objective": "binary:logistic", "eval_metric": "auc", "nthread": 1}
data = valid = xgboost.DMatrix(numpy.arange(20).reshape(10, 2), [0, 1] * 5)
""",
    ),
}
LIBRARY = [*blocks("report-library.md", "python"), *blocks("hugging-face.md", "python")]


@pytest.mark.parametrize("code", LIBRARY)
def test_five_epochs_as_a_page_trains_them_arrive(
    code: str, tmp_path: Path, ingest: FakeIngest
) -> None:
    (of,) = (name for name in BEFORE if f"import {name}\n" in code)
    environment, before = BEFORE[of]
    after = "\ntrainer.run()" if of == "hugging_face_callback" else ""
    sidecar = RunningSidecar(tmp_path, ingest.url, ingest.ca_pem)
    run(f"{before}{code}{after}", sidecar, environment)
    assert sidecar.terminate() == 0
    assert {step for _, step, _ in ingest.stored} == {1, 2, 3, 4, 5}


def test_the_trainer_of_the_page_is_scraped(tmp_path: Path, ingest: FakeIngest) -> None:
    port = free_port()
    (text,) = blocks("prometheus.md", "yaml")
    collector = yaml.safe_load(text)["collector"]
    collector["prometheus"] |= {"port": port, "intervalSeconds": 0.05}
    sidecar = RunningSidecar(
        tmp_path, ingest.url, ingest.ca_pem, ESPALIER_COLLECTORS=json.dumps([collector])
    )
    (code,) = blocks("prometheus.md", "python")
    faster = code.replace("start_http_server(8000)", f"start_http_server({port})")
    run(faster.replace("time.sleep(10)", "time.sleep(0.5)"), sidecar, "loggers")
    assert sidecar.terminate() == 0
    assert ingest.stored == [("loss", epoch, 1 / epoch) for epoch in range(1, 6)]


def test_the_page_leads_to_the_file_that_the_sidecar_lays_beside_the_trainer() -> None:
    (link,) = set(
        re.findall(r"\]\((\S+espalier_report\.py)\)", (HOW_TO / "report-library.md").read_text())
    )
    assert (HOW_TO / link).resolve() == ROOT / "sidecar/espalier_sidecar/espalier_report.py"
