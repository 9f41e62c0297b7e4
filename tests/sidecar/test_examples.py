"""The example trainers, run beside a sidecar."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sidecar.fake_ingest import PRUNE, FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_how_to import trainer_environment
from tests.sidecar.test_process import wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"
CURVES = json.loads((EXAMPLES / "replay" / "curves.json").read_text())
REPLAY = [sys.executable, "-SE", str(EXAMPLES / "replay" / "replay.py")]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Extract the data, as the image's build stage does."""
    path = tmp_path_factory.mktemp("digits") / "digits.npz"
    extract = EXAMPLES / "digits" / "extract_digits.py"
    subprocess.run([sys.executable, str(extract), str(path)], check=True)
    return path


def begin(command: list[str], sidecar: RunningSidecar, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        env={**trainer_environment(sidecar), "OPENBLAS_NUM_THREADS": "1", **environ},
        stdout=subprocess.PIPE,
        text=True,
    )


def steps_told(said: str) -> list[int]:
    return [json.loads(line)["step"] for line in said.splitlines()]


@pytest.mark.parametrize("by", ["http", "file"])
def test_a_curve_is_replayed_as_it_was_recorded(
    by: str, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    command = [*REPLAY, "--step-seconds=0.001", f"--by={by}", "--metric=nll"]
    trainer = begin(command, sidecar, PARAM_curve="43")
    said, _ = trainer.communicate(timeout=60)
    assert trainer.returncode == 0
    curve = CURVES["curve-3"]
    assert steps_told(said) == list(range(1, len(curve) + 1))
    ingest.wait_for_steps(range(1, len(curve) + 1))
    assert ingest.stored == [("nll", step, value) for step, value in enumerate(curve, start=1)]


def test_a_curve_that_diverged_is_replayed_too(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    trainer = begin([*REPLAY, "--step-seconds=0", "--steps=3", "--curve=curve-36"], sidecar)
    assert trainer.wait(30) == 0
    ingest.wait_for_steps([1, 2, 3])
    assert [value for _, _, value in ingest.stored] == [None, None, None]


def test_a_replayed_trial_goes_on_while_its_sidecar_is_away(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    trainer = begin([*REPLAY, "--step-seconds=0.02", "--steps=60"], sidecar)
    ingest.wait_for_steps([5])
    sidecar.kill()
    assert trainer.wait(60) == 0
    sidecar.restart()
    ingest.wait_for_steps(range(1, 61))
    assert sorted(ingest.stored) == [
        ("val_accuracy", step, value) for step, value in enumerate(CURVES["curve-0"][:60], start=1)
    ]


def test_a_replayed_trial_heeds_its_pruning_and_can_fail(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    trainer = begin([*REPLAY, "--step-seconds=0", "--fail-at=2", "--exit-code=7"], sidecar)
    assert trainer.wait(30) == 7
    ingest.decision = PRUNE
    trainer = begin([*REPLAY, "--step-seconds=0.05", "--heed-prune"], sidecar)
    said, _ = trainer.communicate(timeout=60)
    assert trainer.returncode == 0
    assert len(steps_told(said)) < 80


def test_the_digits_are_trained_and_reported(
    digits: Path, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    command = [sys.executable, str(EXAMPLES / "digits" / "train.py"), f"--data={digits}"]
    trainer = begin([*command, "--lr=0.1", "--epochs=2"], sidecar, PARAM_momentum="0.5")
    said, _ = trainer.communicate(timeout=120)
    assert trainer.returncode == 0
    ingest.wait_for_steps([1, 2])
    assert [f"epoch {step}: val_accuracy {value:.4f}" for _, step, value in ingest.stored] == (
        said.splitlines()
    )
    assert ingest.stored[-1][2] > 0.7


@pytest.mark.parametrize("example", ["digits", "replay"])
def test_a_trainer_stops_at_sigterm(
    example: str, digits: Path, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    train = [sys.executable, str(EXAMPLES / "digits" / "train.py"), f"--data={digits}"]
    trainer = begin(train if example == "digits" else [*REPLAY, "--step-seconds=0.1"], sidecar)
    ingest.wait_for_steps([1], 60)
    trainer.send_signal(signal.SIGTERM)
    assert trainer.wait(30) == 143


def test_the_digits_stop_when_their_trial_is_pruned(
    digits: Path, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.decision = PRUNE
    sidecar.post({"step": 0, "value": 0.1})
    wait_until((sidecar.directory / "prune").exists)
    command = [sys.executable, str(EXAMPLES / "digits" / "train.py"), f"--data={digits}"]
    trainer = begin(command, sidecar)
    said, _ = trainer.communicate(timeout=120)
    assert trainer.returncode == 0
    assert said.splitlines()[1:] == ["pruned: stopping"]
