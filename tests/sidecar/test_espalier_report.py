"""The report library, with the frameworks themselves, and in a trial that ends before its time."""

import ast
import importlib.util
import json
import logging
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from espalier_sidecar.trainers_library import NAME, offer_library
from espalier_sidecar.volume import Folder
from tests.patience import PATIENCE
from tests.sidecar.fake_ingest import PRUNE, FakeIngest
from tests.sidecar.running import SOURCE, RunningSidecar
from tools.trainers import python_of

TRAINERS = Path(__file__).parent / "trainers"
LIBRARY = SOURCE / "espalier_sidecar" / NAME
Start = Callable[..., RunningSidecar]


def train(sidecar: RunningSidecar, environment: str, script: str, *args: str, **more: str) -> Any:
    """Run a training as the pod would; give what it has printed."""
    environ = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(sidecar.directory / "python"),
        "ESPALIER_REPORT_FILE": str(sidecar.directory / "reports.jsonl"),
        "ESPALIER_PRUNE_FILE": str(sidecar.directory / "prune"),
        **more,
    }
    ended = subprocess.run(
        [python_of(environment), str(TRAINERS / script), *args],
        env=environ,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    return [json.loads(line) for line in ended.stdout.splitlines()]


def rows(logs: list[dict[str, Any]]) -> set[tuple[str, int, float | None]]:
    return {
        (name, log["step"], value if math.isfinite(value) else None)
        for log in logs
        for name, value in log.items()
        if name not in ("step", "epoch")
    }


@pytest.mark.parametrize(
    ("environment", "script"), [("keras", "keras_fit.py"), ("loggers", "xgboost_train.py")]
)
def test_what_a_framework_logs_arrives(
    start: Start, ingest: FakeIngest, environment: str, script: str
) -> None:
    sidecar = start()
    logs = train(sidecar, environment, script)
    assert sidecar.terminate() == 0
    assert len(logs) == 6
    assert rows(logs) <= set(ingest.stored)
    if environment == "keras":
        assert rows(logs) == set(ingest.stored)
        assert {name for name, _, _ in ingest.stored} == {
            "accuracy",
            "loss",
            "val_accuracy",
            "val_loss",
        }


@pytest.mark.parametrize(
    ("environment", "script"), [("keras", "keras_fit.py"), ("loggers", "xgboost_train.py")]
)
def test_a_pruned_training_stops(
    start: Start, ingest: FakeIngest, environment: str, script: str
) -> None:
    ingest.decision = PRUNE
    sidecar = start()
    logs = train(sidecar, environment, script, WAIT_FOR_PRUNE="1")
    # The third of six waits for the notice; it may come before, with the first value's answer.
    assert 1 <= len(logs) <= 3
    assert sidecar.terminate() == 0
    assert rows(logs) <= set(ingest.stored)


@pytest.mark.parametrize("step", ["epoch", "global_step"])
def test_hugging_faces_trainer_reports_at_either_of_its_steps(
    start: Start, ingest: FakeIngest, step: str
) -> None:
    sidecar = start()
    plan = json.dumps({"steps": 5, "epochs": 3, "logging": 1, "eval": 0, "posts": 1, "step": step})
    logs = train(sidecar, "loggers", "hugging_face_report.py", plan)
    assert sidecar.terminate() == 0
    if step == "epoch":
        logs = [{**log, "step": log["epoch"]} for log in logs if log["epoch"] % 1 == 0]
    assert len(logs) == (7 if step == "epoch" else 19)
    assert set(ingest.stored) == rows(logs)


def test_hugging_faces_trainer_stops_when_pruned(start: Start, ingest: FakeIngest) -> None:
    sidecar = start()
    (sidecar.directory / "prune").write_text("{}")
    plan = {"steps": 5, "epochs": 3, "logging": 1, "eval": 0, "posts": 1, "step": "global_step"}
    logs = train(sidecar, "loggers", "hugging_face_report.py", json.dumps(plan))
    assert max(log["step"] for log in logs) == 1


# -- the functions themselves ---------------------------------------------------------------------


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import the file anew, as a trainer would, outside of a trial."""
    for name in ("ESPALIER_REPORT_FILE", "ESPALIER_PRUNE_FILE"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("espalier_report", LIBRARY)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "reports.jsonl"
    monkeypatch.setenv("ESPALIER_REPORT_FILE", str(found))
    monkeypatch.setenv("ESPALIER_PRUNE_FILE", str(tmp_path / "prune"))
    return found


def test_outside_of_a_trial_nothing_is_written_and_nothing_pruned(
    library: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    library.report(1, 0.5, loss=0.1)
    assert library.should_prune() is False
    assert list(tmp_path.iterdir()) == []


def test_values_go_with_their_names(library: ModuleType, file: Path) -> None:
    library.report(3.0, value=0.5, **{"val/loss": 1, "acc": True})
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines == [
        {"step": 3, "value": 0.5},
        {"step": 3, "value": 1.0, "metric": "val/loss"},
        {"step": 3, "value": 1.0, "metric": "acc"},
    ]


@pytest.mark.parametrize(
    ("step", "value"),
    [("x", 1), (1.5, 1), (-1, 1), (None, 1), (math.nan, 1), (1, "x"), (1, [1, 2]), (1, object())],
)
def test_what_cannot_be_reported_is_said_once_and_raises_nothing(
    library: ModuleType, file: Path, caplog: pytest.LogCaptureFixture, step: Any, value: Any
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            library.report(step, value)
    assert not file.exists()
    assert len(caplog.records) == 1
    assert "cannot report" in caplog.text


def test_a_file_that_cannot_be_written_is_said_once(
    library: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setenv("ESPALIER_REPORT_FILE", str(tmp_path))
    library.report(1, 0.5)
    library.report(2, 0.5)
    assert caplog.text.count("cannot write") == 1


def test_a_notice_is_seen(library: ModuleType, file: Path) -> None:
    assert library.should_prune() is False
    (file.parent / "prune").write_text("{}")
    assert library.should_prune() is True


def test_it_is_read_by_old_pythons_and_imports_no_framework() -> None:
    code = "import sys, espalier_report; print(*sorted(sys.modules))"
    environ = {"PYTHONPATH": str(LIBRARY.parent)}
    loaded = subprocess.check_output([sys.executable, "-c", code], env=environ, text=True).split()
    assert not {"keras", "tensorflow", "lightning", "transformers", "xgboost"} & set(loaded)
    ast.parse(LIBRARY.read_text(), feature_version=(3, 8))


# -- Lightning: torch is too large for tests, so what its Trainer calls is called here ------------


class Lightning(SimpleNamespace):
    """Calls a callback in the order of `pytorch_lightning.loops.fit_loop`."""

    sanity_checking = False
    is_global_zero = True
    enable_validation = True
    should_stop = False

    def epoch(self, callback: Any, number: int, metrics: dict[str, float], validates: bool) -> None:
        self.current_epoch = number
        callback.on_train_epoch_start(self, None)
        self.callback_metrics = metrics
        if validates:
            callback.on_validation_end(self, None)
        callback.on_train_epoch_end(self, None)


@pytest.fixture
def lightning(library: ModuleType, file: Path, monkeypatch: pytest.MonkeyPatch) -> Lightning:
    module = ModuleType("pytorch_lightning")
    module.Callback = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pytorch_lightning", module)
    seen: list[bool] = []
    strategy = SimpleNamespace(
        reduce_boolean_decision=lambda decision, all: seen.append(decision) or decision
    )
    return Lightning(strategy=strategy, callback=library.lightning_callback("acc"))


def test_lightnings_epochs_with_a_validation_are_reported(lightning: Lightning, file: Path) -> None:
    lightning.sanity_checking = True
    lightning.callback.on_validation_end(lightning, None)
    lightning.sanity_checking = False
    for epoch in range(4):
        metrics = {"acc": epoch / 10, "loss": 1.0}
        lightning.epoch(lightning.callback, epoch, metrics, validates=epoch % 2 == 1)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["step"], line.get("metric"), line["value"]) for line in lines] == [
        (2, None, 0.1),
        (2, "loss", 1.0),
        (4, None, 0.3),
        (4, "loss", 1.0),
    ]


def test_lightning_without_a_validation_reports_each_epoch(
    lightning: Lightning, file: Path
) -> None:
    lightning.enable_validation = False
    lightning.epoch(lightning.callback, 0, {"acc": 0.5}, validates=False)
    assert json.loads(file.read_text()) == {"step": 1, "value": 0.5}


def test_a_rank_that_is_not_the_first_reports_nothing_and_stops_with_the_others(
    lightning: Lightning, file: Path
) -> None:
    lightning.is_global_zero = False
    (file.parent / "prune").write_text("{}")
    lightning.epoch(lightning.callback, 0, {"acc": 0.5}, validates=True)
    assert not file.exists()
    assert lightning.should_stop


# -- where it lies --------------------------------------------------------------------------------


def test_the_sidecar_lays_it_into_the_volume_anew_at_each_start(start: Start) -> None:
    sidecar = start()
    there = sidecar.directory / "python" / NAME
    assert there.read_bytes() == LIBRARY.read_bytes()
    there.write_text("raise SystemExit")
    sidecar.kill()
    sidecar.restart()
    assert there.read_bytes() == LIBRARY.read_bytes()
    assert there.stat().st_mode & 0o777 == 0o644
    assert there.parent.stat().st_mode & 0o777 == 0o755


def a_link(at: Path, elsewhere: Path) -> None:
    at.symlink_to(elsewhere)


def a_file(at: Path, _: Path) -> None:
    at.write_text("x")


def a_pipe(at: Path, _: Path) -> None:
    os.mkfifo(at)


def a_link_inside(at: Path, elsewhere: Path) -> None:
    at.mkdir()
    (at / NAME).symlink_to(elsewhere / NAME)


def a_folder_inside(at: Path, _: Path) -> None:
    (at / NAME).mkdir(parents=True)


@pytest.mark.parametrize("lay", [a_link, a_file, a_pipe, a_link_inside, a_folder_inside])
def test_nothing_is_written_through_what_lies_there(
    tmp_path: Path, lay: Callable[[Path, Path], None]
) -> None:
    volume, elsewhere = tmp_path / "volume", tmp_path / "elsewhere"
    volume.mkdir()
    elsewhere.mkdir()
    (elsewhere / NAME).write_text("mine")
    lay(volume / "python", elsewhere)
    folder = Folder.at(str(volume))
    offer_library(folder, folder.own_folder())
    assert (elsewhere / NAME).read_text() == "mine"
    assert list(elsewhere.iterdir()) == [elsewhere / NAME]
