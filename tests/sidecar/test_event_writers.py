"""What real libraries write into event files arrives as they logged it, step by step."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from espalier_sidecar import limits
from tests.patience import PATIENCE
from tests.sidecar.event_files import NAME, append, header, scalar
from tests.sidecar.fake_ingest import FakeIngest, Value
from tests.sidecar.running import RunningSidecar
from tools.trainers import python_of

Start = Callable[..., RunningSidecar]
TRAINERS = Path(__file__).parent / "trainers"


def watching(start: Start, folder: Path) -> RunningSidecar:
    """Start a sidecar that follows a directory."""
    section = {"directory": f"{folder}/espalier/tensorboard"}
    collector = {"type": "TensorBoard", "tensorBoard": section}
    return start(ESPALIER_COLLECTORS=json.dumps([collector]))


def logged(
    script: str, *arguments: str, environment: str = "loggers", **environ: str
) -> set[Value]:
    """Run a training to its end; return what it says it has logged."""
    done = subprocess.run(
        [python_of(environment), str(TRAINERS / script), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {(metric, step, value) for metric, step, value in lines}


def packages_of(environment: str) -> str:
    """Return where an environment's packages are."""
    return str(next(Path(python_of(environment)).parents[1].glob("lib/python*/site-packages")))


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("tensorboardx.py", id="tensorboardX, which is torch's"),
        pytest.param("tensors.py", id="TensorFlow 2's tensors"),
        pytest.param("hugging_face_events.py", id="Hugging Face's callback"),
        pytest.param("keras_events.py", id="Keras' callback"),
    ],
)
def test_what_was_logged_arrives(
    script: str, start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    sidecar = watching(start, tmp_path)
    directory = str(sidecar.directory / "tensorboard")
    if script.startswith("keras"):
        values = logged(script, directory, packages_of("loggers"), environment="keras")
    else:
        values = logged(script, directory, TENSORBOARD_LOGGING_DIR=directory)
    assert len(values) >= 16
    ingest.wait(lambda: values <= set(ingest.stored))
    others = {metric for metric, *_ in set(ingest.stored) - values}
    # What else the libraries log by themselves.
    assert all("learning_rate" in each or "_vs_iterations" in each for each in others)
    assert sidecar.health()["rejected"] == 0
    assert sidecar.health()["bad_lines"] == 0
    assert sidecar.terminate() == 0


def test_values_arrive_while_the_training_runs_and_its_end_brings_the_rest(
    start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    sidecar = watching(start, tmp_path)
    file = sidecar.directory / "tensorboard" / NAME
    for step in range(5):
        append(file, scalar("loss", step, step / 4))
        ingest.wait_for_steps([step])
    append(file, scalar("loss", 5, 1.25), scalar("loss", 6, 1.5)[:-1])
    assert sidecar.terminate() == 0
    assert ingest.stored == [("loss", step, step / 4) for step in range(6)]


def test_a_gigabyte_of_images_costs_little_time_and_memory(
    start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    sidecar = watching(start, tmp_path)
    before = sidecar.resident_kib()
    file = sidecar.directory / "tensorboard" / NAME
    append(file)
    with file.open("ab") as writer:
        for step in range(2000):
            writer.write(scalar("loss", step, step / 4) + header(500_000))
            writer.truncate(writer.tell() + 500_004)
            writer.seek(0, os.SEEK_END)
    assert file.stat().st_size > 10**9
    ingest.wait_for_steps(range(2000))
    used = Path(f"/proc/{sidecar.process.pid}/schedstat").read_text().split()[0]
    print(f"CPU {int(used) / 1e9:.2f} s, {before} KiB before, {sidecar.peak_kib()} KiB at most")
    assert sidecar.peak_kib() * limits.KIB < limits.RESIDENT
    assert ingest.stored == [("loss", step, step / 4) for step in range(2000)]


def test_what_was_read_before_a_crash_is_not_read_again(
    start: Start, ingest: FakeIngest, tmp_path: Path
) -> None:
    sidecar = watching(start, tmp_path)
    file = sidecar.directory / "tensorboard" / "run" / NAME
    append(file, *(scalar("loss", step, 0.5) for step in range(100)))
    ingest.wait_for_steps(range(100))
    sidecar.kill()
    append(file, scalar("loss", 100, 0.5))
    sent = len(ingest.posts)
    sidecar.restart()
    ingest.wait_for_steps([100])
    again = [report["step"] for post in ingest.posts[sent:] for report in post.body["reports"]]
    # A crash may come between the spool and what is kept: then some are sent twice.
    assert again == list(range(101))[-len(again) :]
