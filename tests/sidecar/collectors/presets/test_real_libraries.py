"""What the libraries print, read by the sidecar's process: as they logged it, step by step."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tools.trainers import python_of

TRAINERS = Path(__file__).parents[2] / "trainers"

TRAININGS = {
    "Keras, a bar": ("keras", "Keras", ["printed_keras.py", "1"]),
    "Keras, a line an epoch": ("keras", "Keras", ["printed_keras.py", "2"]),
    "XGBoost": ("loggers", "XGBoost", ["printed_rounds.py", "XGBoost"]),
    "LightGBM": ("loggers", "LightGBM", ["printed_rounds.py", "LightGBM"]),
    "Hugging Face": ("loggers", "HuggingFace", ["printed_hugging_face.py"]),
    "a loop with tqdm": ("loggers", "KeyValue", ["printed_bar.py"]),
}


@pytest.mark.parametrize(("environment", "preset", "script"), TRAININGS.values(), ids=TRAININGS)
def test_what_a_library_prints_arrives_as_it_logged_it(
    environment: str,
    preset: str,
    script: list[str],
    start: Callable[..., RunningSidecar],
    ingest: FakeIngest,
    tmp_path: Path,
) -> None:
    log = tmp_path / "espalier" / "train.log"
    collector = {"type": "Log", "log": {"path": str(log), "preset": preset}}
    sidecar = start(ESPALIER_DRAIN_SECONDS="5", ESPALIER_COLLECTORS=json.dumps([collector]))
    truth = tmp_path / "truth.json"
    with log.open("wb") as output:
        command = [python_of(environment), str(TRAINERS / script[0]), *script[1:], str(truth)]
        subprocess.run(command, stdout=output, stderr=output, check=True)
    assert sidecar.terminate() == 0
    wanted = {(metric, step): value for metric, step, value in json.loads(truth.read_text())}
    ingest.wait(lambda: len(ingest.stored) >= len(wanted))
    found = {(metric, step): value for metric, step, value in ingest.stored}
    # Libraries print four digits, or as many of them.
    assert found == pytest.approx(wanted, rel=1e-3, abs=1e-4)
