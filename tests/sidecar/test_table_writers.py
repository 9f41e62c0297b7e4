"""Tables that Lightning and Keras write themselves, read by a sidecar as a process."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE
from tests.sidecar.fake_ingest import FakeIngest, Value
from tests.sidecar.running import RunningSidecar
from tools.trainers import python_of

TRAINERS = Path(__file__).parent / "trainers"
Start = Callable[..., RunningSidecar]


def trained(environment: str, script: str, *arguments: object) -> list[Value]:
    """Train, and return what the trainer says that it logs."""
    done = subprocess.run(
        [python_of(environment), str(TRAINERS / script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return [(name, step, value) for name, step, value in map(json.loads, done.stdout.splitlines())]


def collectors(path: str, **more: Any) -> str:
    return json.dumps([{"type": "Csv", "csv": {"path": path}, **more}])


def test_what_lightnings_logger_logs_arrives_step_by_step(
    start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    volume = tmp_path / "espalier"
    pattern = f"{volume}/lightning_logs/version_*/metrics.csv"
    sidecar = start(ESPALIER_COLLECTORS=collectors(pattern))
    logged = trained("lightning", "lightning_csv.py", volume, 2)
    assert len(list(volume.glob("lightning_logs/version_*/metrics.csv"))) == 2
    assert len(logged) > 100
    ingest.wait(lambda: len(ingest.stored) >= len(set(logged)))
    assert sorted(ingest.stored) == sorted(set(logged))
    for metric in {name for name, _, _ in logged}:
        steps = [step for name, step, _ in ingest.stored if name == metric]
        assert steps == sorted(steps)
    assert sidecar.health()["bad_lines"] == 0
    assert sidecar.terminate() == 0
    # Nothing was sent that had arrived, though the table was written anew.
    assert sum(len(post.body["reports"]) for post in ingest.posts) == len(set(logged))


def test_what_keras_logger_logs_arrives_epoch_by_epoch_also_over_a_restart(
    start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    file = tmp_path / "espalier" / "training.csv"
    sidecar = start(ESPALIER_COLLECTORS=collectors(str(file), metrics={"val_mae": "mae of it"}))
    logged = trained("keras", "keras_csv.py", file)
    ingest.wait_for_steps(range(6))
    sidecar.kill()
    sidecar.restart()
    with file.open("a") as table:
        table.write("6,0.25,0.5,NA,NA\n")
    ingest.wait_for_steps([6])
    assert sidecar.terminate() == 0
    names = {"val_mae": "mae of it"}
    wanted = [(names.get(name, name), step, value) for name, step, value in logged]
    wanted += [("loss", 6, 0.25), ("mae", 6, 0.5)]
    assert sorted(ingest.stored) == sorted(wanted)
    assert {name for name, step, _ in ingest.stored if step == 0} == {"loss", "mae"}
