"""What a trainer prints reaches the sidecar; whatever befalls the sidecar is not the trainer's."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from espalier_sidecar.collectors.base import Collector, Context
from espalier_sidecar.collectors.output import FollowedOutput, read_section
from espalier_sidecar.contract import CollectorContract, polled, steps
from espalier_sidecar.errors import BadEnvironment
from tests.patience import PATIENCE
from tests.planning.workload.fittings.shells import SHELLS, Started, python
from tests.sidecar.contexts import context_of
from tests.sidecar.fake_ingest import FakeIngest
from tests.sidecar.running import RunningSidecar

SHELL = next(iter(SHELLS))
OUTPUT = '[{"type": "Output"}]'


class TestOutput(CollectorContract):
    type = "Output"

    def section(self, volume: Path) -> dict[str, Any]:
        return {}

    def write(self, volume: Path, steps: Iterable[int]) -> None:
        folder = volume / ".output"
        folder.mkdir(exist_ok=True)
        piece = len(list(folder.iterdir()))
        with (folder / str(piece)).open("a") as file:
            file.writelines(f"a line\nstep={step} loss={step / 3}\n" for step in steps)

    def spoil(self, volume: Path) -> None:
        (volume / ".output").symlink_to("/etc")


def made(volume: Path) -> tuple[Context, Collector]:
    context = context_of(volume)
    return context, read_section({}).collector(context)


def test_before_anything_is_printed_the_health_says_so(tmp_path: Path) -> None:
    _, collector = made(tmp_path)
    assert polled(collector) == []
    assert collector.health().fault == "the trainer has printed nothing yet"
    TestOutput().write(tmp_path, [1])
    assert steps(polled(collector)) == [1]
    assert collector.health().fault == ""
    assert collector.health().source == "the trainer's output"


def test_why_nothing_is_copied_is_in_the_health(tmp_path: Path) -> None:
    (tmp_path / ".output-fault").write_bytes(b"mkfifo: not\x1b[31m found\n" + b"x" * 10_000)
    _, collector = made(tmp_path)
    assert polled(collector) == []
    fault = collector.health().fault
    assert r"mkfifo: not\x1b[31m found\nxxx" in fault
    assert "use an image with" in fault
    assert len(fault) < 450


def test_a_mark_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".output-fault").symlink_to("/etc/passwd")
    _, collector = made(tmp_path)
    polled(collector)
    assert collector.health().fault == "the trainer has printed nothing yet"


def test_what_was_gone_before_it_was_read_counts_as_bad(tmp_path: Path) -> None:
    _, collector = made(tmp_path)
    for step in range(3):
        TestOutput().write(tmp_path, [step])
    (tmp_path / ".output" / "0").unlink()
    assert steps(polled(collector)) == [1, 2]
    assert collector.health().bad == 1


def test_patterns_are_the_logs(tmp_path: Path) -> None:
    collector = read_section({"pattern": r"acc (?P<value>\S+)"}).collector(context_of(tmp_path))
    assert isinstance(collector, FollowedOutput)
    folder = tmp_path / ".output"
    folder.mkdir()
    (folder / "0").write_text("acc 0.5\nloss=3\nacc 0.6\n")
    assert [tuple(each) for each in polled(collector)] == [("loss", 1, 0.5), ("loss", 2, 0.6)]
    collector.close()
    with pytest.raises(BadEnvironment):
        read_section({"pattern": "("})


# -- real trainers under a real shell, and the sidecar as a process -------------------------------


def trained(sidecar: RunningSidecar, code: str) -> subprocess.Popen[bytes]:
    """Start a trainer in the sidecar's volume."""
    return Started(SHELL, sidecar.directory).begin(*python(code))


def printed_to_the_end(process: subprocess.Popen[bytes]) -> list[bytes]:
    out, err = process.communicate(timeout=PATIENCE)
    assert (err, process.returncode) == (b"", 0)
    return out.splitlines()


def test_each_value_arrives_while_the_trainer_runs(
    start: Callable[..., RunningSidecar], ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=OUTPUT)
    code = """
import sys
for epoch in range(1, 6):
    print(f"Epoch {epoch}/5 - val_accuracy: {epoch / 10}", flush=True)
    sys.stdin.readline()
"""
    started = Started(SHELL, sidecar.directory)
    with started.begin(*python(code), stdin=subprocess.PIPE) as trainer:
        assert trainer.stdin
        for epoch in range(1, 6):
            # It goes on only once the value is where a pruner would see it.
            ingest.wait_for_steps([epoch])
            trainer.stdin.write(b"\n")
            trainer.stdin.flush()
    assert trainer.returncode == 0
    assert ingest.stored == [("val_accuracy", epoch, epoch / 10) for epoch in range(1, 6)]
    assert sidecar.terminate() == 0


def test_a_stopped_sidecar_holds_up_nothing_and_reads_on_later(
    start: Callable[..., RunningSidecar], ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=OUTPUT)
    os.kill(sidecar.process.pid, signal.SIGSTOP)
    code = """
for step in range(20):
    print(f"step={step} val_accuracy=0.5")
    print("nothing\\n" * 50_000, end="")
"""
    lines = printed_to_the_end(trained(sidecar, code))
    assert len(lines) == 1_000_020
    os.kill(sidecar.process.pid, signal.SIGCONT)
    ingest.wait_for_steps(range(4))
    assert sidecar.terminate() == 0
    # At the end there is no time for all of it; in what there is nothing is out of order.
    found = [step for _, step, _ in ingest.stored]
    assert found == sorted(found)


def test_a_sidecar_that_dies_again_and_again_counts_every_value_once(
    start: Callable[..., RunningSidecar], ingest: FakeIngest
) -> None:
    """The values have no steps: one that came twice, or never, would shift all that follow."""
    sidecar = start(ESPALIER_COLLECTORS=OUTPUT)
    code = """
import sys
for line in sys.stdin:
    for value in range(int(line), int(line) + 1000):
        print(f"val_accuracy={value}")
"""
    started = Started(SHELL, sidecar.directory)
    with started.begin(*python(code), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as trainer:
        assert trainer.stdin
        for first in range(0, 4000, 1000):
            trainer.stdin.write(b"%d\n" % first)
            trainer.stdin.flush()
            ingest.wait_for_steps([first + 1])
            sidecar.kill()
            sidecar.restart()
        trainer.stdin.close()
        ingest.wait_for_steps([4000])
    assert sidecar.terminate() == 0
    assert sorted(ingest.stored, key=lambda each: each[1]) == [
        ("val_accuracy", value + 1, float(value)) for value in range(4000)
    ]


def test_what_is_left_when_the_trainer_has_ended_is_read_with_its_last_line(
    start: Callable[..., RunningSidecar], ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=OUTPUT)
    code = "import sys; sys.stdout.write('val_accuracy=0.1 step=1\\nval_accuracy=0.2 step=2')"
    printed_to_the_end(trained(sidecar, code))
    assert sidecar.terminate() == 0
    assert ingest.stored == [("val_accuracy", 1, 0.1), ("val_accuracy", 2, 0.2)]


def test_a_copy_that_a_link_took_the_place_of_harms_neither(
    start: Callable[..., RunningSidecar], ingest: FakeIngest
) -> None:
    sidecar = start(ESPALIER_COLLECTORS=OUTPUT)
    code = f"""
import os, sys
print("val_accuracy=0.1 step=1", flush=True)
sys.stdin.readline()
os.rename("{sidecar.directory}/.output", "{sidecar.directory}/elsewhere")
os.symlink("/etc", "{sidecar.directory}/.output")
print("val_accuracy=0.2 step=2", flush=True)
"""
    started = Started(SHELL, sidecar.directory)
    with started.begin(*python(code), stdin=subprocess.PIPE) as trainer:
        ingest.wait_for_steps([1])
        out, err = trainer.communicate(b"\n", PATIENCE)
    assert out == b"val_accuracy=0.1 step=1\nval_accuracy=0.2 step=2\n"
    assert (err, trainer.returncode) == (b"", 0)
    assert sidecar.post({"step": 3, "value": 0.3})[0] == 202
    ingest.wait_for_steps([3])
    assert sidecar.terminate() == 0
    assert "cannot read '.output'" in sidecar.log.read_text()
