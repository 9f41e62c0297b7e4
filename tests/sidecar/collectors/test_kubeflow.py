"""Hugging Face's own callback, and Kubeflow's posts, against a sidecar as a process."""

import json
import math
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from espalier_sidecar.collectors.kubeflow import read_section
from espalier_sidecar.errors import BadEnvironment
from tests.patience import PATIENCE
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar
from tools.trainers import python_of

TRAINERS = Path(__file__).parents[1] / "trainers"
Start = Callable[..., RunningSidecar]


def collectors(**section: Any) -> str:
    return json.dumps([{"type": "Kubeflow", **section}])


def train(sidecar: RunningSidecar, **plan: int) -> list[dict[str, Any]]:
    """Train with the real callback; give what was logged."""
    environ = {
        "PATH": os.environ["PATH"],
        "KUBEFLOW_TRAINER_SERVER_URL": f"http://localhost:{sidecar.port}/kubeflow",
        "KUBEFLOW_TRAINER_SERVER_TOKEN": str(sidecar.directory / "kubeflow-token"),
    }
    ended = subprocess.run(
        [python_of("loggers"), str(TRAINERS / "hugging_face.py"), json.dumps(plan)],
        env=environ,
        check=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def value(number: float) -> float | None:
    return number if math.isfinite(number) else None


def stored(ingest: FakeIngest, *names: str) -> list[tuple[str, int, float | None]]:
    return sorted(each for each in ingest.stored if each[0] in names)


def test_every_log_arrives_at_its_step_where_steps_are_slow(
    start: Start, ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors(kubeflow={"step": "GlobalStep"}))
    logs = train(sidecar, steps=7, epochs=3, logging=1, eval=3, posts=1)
    assert sidecar.terminate() == 0
    wanted = [
        (name, log["step"], value(log[name]))
        for log in logs
        for name in ("loss", "eval_loss", "eval_accuracy", "train_loss")
        if name in log
    ]
    assert len(wanted) > 30
    assert stored(ingest, "loss", "eval_loss", "eval_accuracy", "train_loss") == sorted(wanted)


@pytest.mark.parametrize("posts", [1, 2, 3, 5, 13])
def test_an_evaluation_of_each_epoch_arrives_at_its_epoch(
    start: Start, ingest: FakeIngest, posts: int
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors())
    logs = train(sidecar, steps=13, epochs=4, logging=1, eval=0, posts=posts)
    assert sidecar.terminate() == 0
    wanted = [
        (name, round(log["epoch"]), value(log[name]))
        for log in logs
        for name in ("eval_loss", "eval_accuracy")
        if name in log
    ]
    assert len(wanted) == 8
    assert stored(ingest, "eval_loss", "eval_accuracy") == sorted(wanted)


@pytest.mark.parametrize("posts", [4, 9, 50])
def test_a_global_step_follows_from_the_epoch_where_steps_are_fast(
    start: Start, ingest: FakeIngest, posts: int
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors(kubeflow={"step": "GlobalStep"}))
    logs = train(sidecar, steps=103, epochs=3, logging=7, eval=0, posts=posts)
    assert sidecar.terminate() == 0
    truth = {(log["step"], log["loss"]) for log in logs if "loss" in log}
    came = {(step, number) for _, step, number in stored(ingest, "loss")}
    assert len(came) >= 6
    # A loss that comes with a newer evaluation is given that one's step.
    ends = {step for step, _ in came if step % 103 == 0}
    assert came - truth == {each for each in came if each[0] in ends}
    evaluated = [(log["step"], log["eval_loss"]) for log in logs if "eval_loss" in log]
    assert [(step, number) for _, step, number in stored(ingest, "eval_loss")] == evaluated


def test_a_loss_within_epochs_is_passed_over_with_what_to_do(
    start: Start, ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors(), ESPALIER_METRIC="eval_loss")
    train(sidecar, steps=7, epochs=1, logging=1, eval=3, posts=1)
    assert sidecar.terminate() == 0
    log = sidecar.log.read_text()
    assert "'eval_loss': expected a whole number as step; came 0.42857" in log
    assert "or choose step: GlobalStep under kubeflow" in log
    assert [step for _, step, _ in stored(ingest, "eval_loss")] == [1]


def test_parts_of_an_epoch_are_steps_where_the_study_says_how_many(
    start: Start, ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors(stepScale=10))
    logs = train(sidecar, steps=10, epochs=2, logging=1, eval=5, posts=1)
    assert sidecar.terminate() == 0
    wanted = [("loss", log["step"], log["loss"]) for log in logs if "loss" in log]
    assert stored(ingest, "loss") == wanted


def post(sidecar: RunningSidecar, **metrics: object) -> int:
    told = [{"name": name, "value": str(each)} for name, each in metrics.items()]
    body = json.dumps({"trainerStatus": {"progressPercentage": 1, "metrics": told}})
    return sidecar.request("POST", "/kubeflow", body)[0]


def test_a_restarted_sidecar_knows_what_it_was_told(start: Start, ingest: FakeIngest) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors())
    known = {"eval_loss": 0.5, "eval_runtime": 1.0, "epoch": 1.0, "total_steps": 30}
    assert post(sidecar, **known, current_step=11, current_epoch=1.1) == 200
    wait_for(sidecar.directory / ".sidecar" / "positions.json", '"values"')
    sidecar.kill()
    sidecar.restart()
    assert post(sidecar, **known, current_step=12, current_epoch=1.2) == 200
    newer = {**known, "eval_loss": 0.4, "eval_runtime": 1.1, "epoch": 2.0}
    assert post(sidecar, **newer, current_step=21, current_epoch=2.1) == 200
    assert sidecar.terminate() == 0
    assert stored(ingest, "eval_loss") == [("eval_loss", 1, 0.5), ("eval_loss", 2, 0.4)]


def test_what_mlflows_client_logs_too_has_the_steps_of_who_was_first(
    start: Start, ingest: FakeIngest
) -> None:
    """Hugging Face's Trainer with `report_to="mlflow"` reports to both, by other steps."""
    sidecar = start(ESPALIER_COLLECTORS=json.dumps([{"type": "Auto"}]), ESPALIER_METRIC="eval_loss")
    metrics = [{"key": "eval_loss", "value": 0.5, "timestamp": 1, "step": 10}]
    logged = json.dumps({"run_id": "r", "metrics": metrics})
    batch = "/mlflow/api/2.0/mlflow/runs/log-batch"
    assert sidecar.request("POST", batch, logged)[0] == 200
    ingest.wait_for_steps([10])
    counts = {"current_step": 11, "total_steps": 30, "current_epoch": 1.1}
    assert post(sidecar, eval_loss=0.5, eval_runtime=1, epoch=1.0, **counts) == 200
    assert sidecar.terminate() == 0
    assert sorted(ingest.stored) == [("eval_loss", 10, 0.5), ("eval_runtime", 1, 1.0)]
    assert "'eval_loss' came from another collector before" in sidecar.log.read_text()


def test_what_a_program_posts_itself_is_counted_or_has_its_epoch(
    start: Start, ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors())
    for number in (0.5, 0.5, 0.7):
        assert post(sidecar, accuracy=number) == 200
    for epoch in (3, 3, 4):
        assert post(sidecar, f1=0.6, epoch=epoch) == 200
    assert sidecar.terminate() == 0
    assert stored(ingest, "accuracy") == [
        ("accuracy", at, v) for at, v in ((1, 0.5), (2, 0.5), (3, 0.7))
    ]
    assert stored(ingest, "f1") == [("f1", 3, 0.6), ("f1", 4, 0.6)]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"[" * 5000, 400, id="what nests deeply"),
        pytest.param(b'{"trainerStatus": []}', 400, id="no status"),
        pytest.param(b'{"trainerStatus": {"metrics": {"a": 1}}}', 400, id="an object of metrics"),
        pytest.param(b'{"trainerStatus": {"metrics": [{"name": 1}]}}', 400, id="no value"),
        pytest.param(
            b'{"trainerStatus": {"metrics": [{"name": "\\u0007", "value": "1"}]}}', 200, id="a bell"
        ),
        pytest.param(
            b'{"trainerStatus": {"metrics": [{"name": [1], "value": {}}]}}', 200, id="wrong types"
        ),
        pytest.param(
            b'{"trainerStatus": {"metrics": [{"name": "epoch", "value": "nan"},'
            b' {"name": "current_step", "value": "-inf"}, {"name": "total_steps", "value": "inf"},'
            b' {"name": "a", "value": "1"}]}}',
            200,
            id="counts that are none",
        ),
        pytest.param(b'{"trainerStatus": {"progressPercentage": 3}}', 200, id="no metrics"),
        pytest.param(
            b'{"trainerStatus": {"metrics": [%s]}}'
            % b",".join(b'{"name": "m%d", "value": "1"}' % at for at in range(300)),
            400,
            id="three hundred metrics",
        ),
        pytest.param(b" " * 200_000, 413, id="a long body"),
    ],
)
def test_a_post_that_is_none_is_answered_and_harms_nothing(
    start: Start, ingest: FakeIngest, body: bytes, status: int
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=collectors())
    assert sidecar.request("POST", "/kubeflow", body)[0] == status
    assert sidecar.request("GET", "/kubeflow")[0] == 405
    assert post(sidecar, accuracy=0.5, epoch=2) == 200
    assert sidecar.terminate() == 0
    assert ("accuracy", 2, 0.5) in ingest.stored


def test_the_tokens_file_is_there_before_the_trainer_whatever_lay_there(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "espalier").mkdir()
    (tmp_path / "secret").write_text("s")
    (tmp_path / "espalier" / "kubeflow-token").symlink_to(tmp_path / "secret")
    sidecar = start(ESPALIER_COLLECTORS=collectors())
    assert (sidecar.directory / "kubeflow-token").read_text().strip()
    assert not (sidecar.directory / "kubeflow-token").is_symlink()
    assert (tmp_path / "secret").read_text() == "s"


def test_a_step_is_one_of_two_counts() -> None:
    assert read_section({}).step == "Epoch"
    with pytest.raises(
        BadEnvironment, match=r"kubeflow\.step: expected Epoch or GlobalStep; came 7"
    ):
        read_section({"step": 7})


def wait_for(file: Path, text: str) -> None:
    ends = time.monotonic() + PATIENCE
    while not (file.exists() and text in file.read_text()):
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.01)
