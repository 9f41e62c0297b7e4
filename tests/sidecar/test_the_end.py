"""How a sidecar ends when there is more to read than time to read it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from espalier_sidecar.limits import CHUNK
from tests.sidecar.fake_ingest import FakeIngest, Hang
from tests.sidecar.running import SOURCE, RunningSidecar
from tests.sidecar.test_process import METRIC, wait_until

Start = Callable[..., RunningSidecar]


@pytest.fixture
def hung(ingest: FakeIngest) -> FakeIngest:
    """Give an ingest that takes a post and answers none before the test is over."""
    ingest.faults.append(Hang(threading.Event()))
    return ingest


def sparse(file: Path) -> None:
    os.truncate(file, 50 * 2**30)


def full(file: Path) -> None:
    with file.open("ab") as writer:
        for _ in range(256):
            writer.write(b"epoch one of many\n" * 2**16)


def pondered(file: Path) -> None:
    """Lines that a pattern takes long over, but not so long as to be given up."""
    for count in range(14, 40):
        line = "7 " + "1" * count + "x"
        began = time.monotonic()
        re.search(PONDEROUS, line)
        if time.monotonic() - began > 0.005:
            break
    file.write_text(f"{line}\n" * 10_000)


PONDEROUS = r"(?P<step>\d+) (?P<value>(1+)+)$"


@pytest.mark.parametrize("backlog", [sparse, pondered])
def test_the_message_is_there_before_the_backlog_is_read(
    backlog: Callable[[Path], None], start: Start, hung: FakeIngest, tmp_path: Path
) -> None:
    log = tmp_path / "espalier" / "train.log"
    section = {"path": str(log), "pattern": PONDEROUS}
    sidecar = start(
        ESPALIER_COLLECTORS=json.dumps([{"type": "Log", "log": section}]),
        ESPALIER_DRAIN_SECONDS="600",
    )
    sidecar.post({"step": 1, "value": 0.5})
    hung.wait(lambda: len(hung.posts) == 1)
    log.touch()
    backlog(log)
    sidecar.process.send_signal(signal.SIGTERM)
    wait_until(lambda: sidecar.termination_log.stat().st_size > 0)
    assert sidecar.process.poll() is None
    sidecar.kill()
    assert sidecar.last_words()["reports"] == [[METRIC, 1, 0.5]]


@pytest.mark.parametrize("backlog", [sparse, full])
def test_what_a_file_ends_with_arrives_though_there_is_no_time_for_all_of_it(
    backlog: Callable[[Path], None], sidecar: RunningSidecar, ingest: FakeIngest
) -> None:
    ingest.close()
    sidecar.post({"step": 1, "value": 0.5})
    file = sidecar.directory / "reports.jsonl"
    backlog(file)
    with file.open("ab") as writer:
        writer.write(b'\n{"step": 2, "value": 0.5}\n{"step": 3, "value": 0.5}')
    assert sidecar.terminate() == 0
    steps = [step for _, step, _ in sidecar.last_words()["reports"]]
    assert steps == [1, 2, 3]


def test_a_chatty_log_holds_up_no_post(start: Start, ingest: FakeIngest, tmp_path: Path) -> None:
    log = tmp_path / "espalier" / "train.log"
    section = {"path": str(log), "pattern": r"step=(?P<step>\d+) acc=(?P<value>\S+)"}
    sidecar = start(ESPALIER_COLLECTORS=json.dumps([{"type": "Log", "log": section}]))
    log.write_text("INFO nothing to see here, move along\n" * (40 * CHUNK // 37) + "step=9 acc=1\n")
    for step in range(20, 40):
        assert sidecar.post({"step": step, "value": 0.5})[0] == 202
    ingest.wait_for_steps([9, *range(20, 40)])


ENDS_AT_ONCE = """
import os, signal
from espalier_sidecar.settings import read_settings
from espalier_sidecar.sidecar import Sidecar, hold_signals
hold_signals()
sidecar = Sidecar(read_settings(os.environ))
assert signal.getitimer(signal.ITIMER_REAL)[1]
os.kill(os.getpid(), signal.SIGTERM)
assert sidecar.run() == 0
print(signal.getitimer(signal.ITIMER_REAL))
"""


def test_no_timer_ticks_while_the_interpreter_ends(start: Start, tmp_path: Path) -> None:
    """It would kill the process: the interpreter gives up its handlers before it is gone."""
    section = {"path": str(tmp_path / "espalier" / "train.log"), "pattern": PONDEROUS}
    sidecar = start(ESPALIER_COLLECTORS=json.dumps([{"type": "Log", "log": section}]))
    assert sidecar.terminate() == 0
    command = [sys.executable, "-SE", "-c", ENDS_AT_ONCE]
    done = subprocess.run(
        command, cwd=SOURCE, env=sidecar.environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "(0.0, 0.0)\n", done.stderr
    assert done.returncode == 0


LONG_END = """
import re, time
from espalier_sidecar.collectors.patterns import Patterns

class Late:
    def __init__(self):
        self.sleep = time.sleep
    def __del__(self):
        self.sleep(0.5)

late = Late()
Patterns(re.compile("(?P<step>1)(?P<value>2)"), None, "loss")
"""


def test_a_pattern_does_not_kill_a_process_that_ends():
    done = subprocess.run([sys.executable, "-c", LONG_END], check=False, cwd=SOURCE)
    assert done.returncode == 0
