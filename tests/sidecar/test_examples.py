"""The example trainers, run beside a sidecar."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.sidecar.fake_ingest import PRUNE, FakeIngest
from tests.sidecar.running import RunningSidecar
from tests.sidecar.test_how_to import trainer_environment
from tests.sidecar.test_process import wait_until

EXAMPLES = Path(__file__).parents[2] / "examples"
LIBRARY = Path(__file__).parents[2] / "sidecar" / "espalier_sidecar"
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
    said, _ = trainer.communicate(timeout=PATIENCE)
    assert trainer.returncode == 0
    curve = CURVES["curve-3"]
    assert steps_told(said) == list(range(1, len(curve) + 1))
    ingest.wait_for_steps(range(1, len(curve) + 1))
    assert ingest.stored == [("nll", step, value) for step, value in enumerate(curve, start=1)]


def test_a_curve_that_diverged_is_replayed_too(sidecar: RunningSidecar, ingest: FakeIngest) -> None:
    trainer = begin([*REPLAY, "--step-seconds=0", "--steps=3", "--curve=curve-36"], sidecar)
    assert trainer.wait(PATIENCE) == 0
    ingest.wait_for_steps([1, 2, 3])
    assert [value for _, _, value in ingest.stored] == [None, None, None]


def test_a_replayed_trial_goes_on_while_its_sidecar_is_away(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    trainer = begin([*REPLAY, "--step-seconds=0.02", "--steps=60"], sidecar)
    ingest.wait_for_steps([5])
    sidecar.kill()
    assert trainer.wait(PATIENCE) == 0
    sidecar.restart()
    ingest.wait_for_steps(range(1, 61))
    assert sorted(ingest.stored) == [
        ("val_accuracy", step, value) for step, value in enumerate(CURVES["curve-0"][:60], start=1)
    ]


def test_a_replayed_trial_heeds_its_pruning_and_can_fail(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    trainer = begin([*REPLAY, "--step-seconds=0", "--fail-at=2", "--exit-code=7"], sidecar)
    assert trainer.wait(PATIENCE) == 7
    ingest.decision = PRUNE
    heeding = ["--step-seconds=0", "--await-judgement", "--heed-prune"]
    said, _ = begin([*REPLAY, *heeding], sidecar).communicate(timeout=PATIENCE)
    assert steps_told(said) == [1]


def test_a_replayed_trial_waits_for_its_end_where_it_is_to_be_pruned_or_told_to_stay(
    sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    staying = begin([*REPLAY, "--step-seconds=0", "--steps=2", "--stay"], sidecar)
    ingest.wait_for_steps([2])
    ingest.decision = PRUNE
    judged = ["--step-seconds=0", "--metric=nll", "--await-judgement"]
    doomed = begin([*REPLAY, *judged], sidecar)
    ingest.wait(lambda: ("nll", 1, CURVES["curve-0"][0]) in ingest.stored)
    wait_until((sidecar.directory / "prune").exists)
    for trainer, steps in ((staying, [1, 2]), (doomed, [1])):
        lines = [trainer.stdout.readline() for _ in steps]
        assert steps_told("".join(lines)) == steps
        trainer.send_signal(signal.SIGTERM)
        assert trainer.communicate(timeout=PATIENCE)[0] == "", "no step after those"
        assert trainer.returncode == 143


def test_the_digits_are_trained_and_reported(
    digits: Path, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    command = [sys.executable, str(EXAMPLES / "digits" / "train.py"), f"--data={digits}"]
    trainer = begin([*command, "--lr=0.1", "--epochs=2"], sidecar, PARAM_momentum="0.5")
    said, _ = trainer.communicate(timeout=PATIENCE)
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
    ingest.wait_for_steps([1])
    trainer.send_signal(signal.SIGTERM)
    assert trainer.wait(PATIENCE) == 143


def test_the_digits_stop_when_their_trial_is_pruned(
    digits: Path, sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.decision = PRUNE
    sidecar.post({"step": 0, "value": 0.1})
    wait_until((sidecar.directory / "prune").exists)
    command = [sys.executable, str(EXAMPLES / "digits" / "train.py"), f"--data={digits}"]
    trainer = begin(command, sidecar)
    said, _ = trainer.communicate(timeout=PATIENCE)
    assert trainer.returncode == 0
    assert said.splitlines()[1:] == ["pruned: stopping"]


def workload(name: str, *options: str) -> list[str]:
    return [sys.executable, str(EXAMPLES / name), *options]


@pytest.fixture
def library(sidecar: RunningSidecar) -> dict[str, str]:
    """The environment by which trainers find the report library."""
    return {"PYTHONPATH": str(sidecar.directory / "python")}


def pruning_rounds(said: str) -> list[tuple[float, float]]:
    """Return the accuracy and the share of weights, in percent, of each round that was printed."""
    found = re.findall(r"accuracy (\S+) with (\S+) % of the weights", said)
    return [(float(accuracy), float(kept)) for accuracy, kept in found]


@pytest.mark.parametrize(
    ("shape", "scope"), [("linear", "layer"), ("cubic", "global"), ("geometric", "global")]
)
def test_a_network_is_pruned_in_rounds_down_to_its_sparsity(
    shape: str,
    scope: str,
    digits: Path,
    library: dict[str, str],
    sidecar: RunningSidecar,
    ingest: FakeIngest,
) -> None:
    schedule = ("--rounds=4", "--epochs=1", "--sparsity=0.9", f"--shape={shape}")
    command = workload("model-pruning/train.py", f"--data={digits}", *schedule, f"--scope={scope}")
    trainer = begin(command, sidecar, **library)
    said, _ = trainer.communicate(timeout=PATIENCE)
    assert trainer.returncode == 0
    rounds = pruning_rounds(said)
    kept = [share for _, share in rounds]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] == pytest.approx(10.0, abs=0.1)
    ingest.wait_for_steps([1, 2, 3, 4])
    ingest.wait(lambda: len(ingest.stored) == 12)
    stored = {(metric, step): value for metric, step, value in ingest.stored}
    for step, (accuracy, share) in enumerate(rounds, start=1):
        assert stored["accuracy", step] == pytest.approx(accuracy, abs=1e-4)
        assert stored["sparsity", step] == pytest.approx(1.0 - share / 100.0, abs=1e-3)
        worth = accuracy - 0.5 * share / 100.0
        assert stored["val_accuracy", step] == pytest.approx(worth, abs=1e-3)


def test_a_network_that_is_rewound_forgets_its_training(digits: Path) -> None:
    """By the environment alone, which lacks the epoch where a trial does not rewind."""
    options = ("--rounds=2", "--epochs=1", "--sparsity=0.5", "--lr=1e-6")
    command = workload("model-pruning/train.py", f"--data={digits}", *options)
    accuracies = []
    for rewind in ({}, {"PARAM_rewindEpoch": "0"}):
        done = subprocess.run(
            command,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(LIBRARY), **rewind},
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        accuracies.append(pruning_rounds(done.stdout)[-1][0])
    kept, rewound = accuracies
    assert kept > 0.9
    assert rewound < kept - 0.05


@pytest.mark.parametrize("model", ["tree", "forest"])
def test_a_model_is_validated_fold_by_fold(
    model: str, library: dict[str, str], sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    command = workload("ccp-alpha/folds.py", f"--model={model}", "--ccp-alpha=100")
    trainer = begin(command, sidecar, **library, PARAM_trees="3")
    said, _ = trainer.communicate(timeout=PATIENCE)
    assert trainer.returncode == 0
    ingest.wait(lambda: len(ingest.stored) == 60)
    stored = {(metric, step): value for metric, step, value in ingest.stored}
    folds = [stored["fold_rmse", step] for step in range(1, 31)]
    for step in range(1, 31):
        assert stored["val_accuracy", step] == pytest.approx(sum(folds[:step]) / step)
    assert (
        said.splitlines()[-1]
        == f"fold 30: rmse {sum(folds) / 30:.3f}, of this fold {folds[-1]:.3f}"
    )


def test_a_forest_gets_better_tree_by_tree(
    library: dict[str, str], sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    trainer = begin(workload("ccp-alpha/trees.py", "--max-features=0.3"), sidecar, **library)
    assert trainer.wait(PATIENCE) == 0
    ingest.wait_for_steps(range(1, 21))
    values = [value for _, _, value in sorted(ingest.stored)]
    assert values[-1] == min(values[-1], values[0] - 1.0)
    assert max(values[10:]) - min(values[10:]) < 1.0, "the second hundred changes little"


@pytest.mark.parametrize(
    "script", ["model-pruning/train.py", "ccp-alpha/folds.py", "ccp-alpha/trees.py"]
)
def test_a_workload_stops_when_its_trial_is_pruned_and_at_sigterm(
    script: str,
    digits: Path,
    library: dict[str, str],
    sidecar: RunningSidecar,
    ingest: FakeIngest,
) -> None:
    data = [f"--data={digits}"] if script.startswith("model") else []
    trainer = begin(workload(script, *data), sidecar, **library)
    ingest.wait_for_steps([1])
    trainer.send_signal(signal.SIGTERM)
    assert trainer.wait(PATIENCE) == 143
    ingest.decision = PRUNE
    sidecar.post({"step": 0, "value": 0.1})
    wait_until((sidecar.directory / "prune").exists)
    said, _ = begin(workload(script, *data), sidecar, **library).communicate(timeout=PATIENCE)
    assert said.splitlines()[1:] == ["pruned: stopping"]
