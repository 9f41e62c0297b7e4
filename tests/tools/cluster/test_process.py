"""Processes are known by pid and start: real ones, ended in every way."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.cluster import process
from tools.cluster.process import Process

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
signal.pause()
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    process.stop(tmp_path, process.recorded_names(tmp_path))


def started(state: Path, name: str, *arguments: str) -> Process:
    process.start(name, arguments, state=state)
    found = process.recorded(state, name)
    assert found is not None
    return found


def test_what_was_started_is_alive_until_it_is_stopped(state: Path) -> None:
    sleeper = started(state, "sleeper", "sleep", "600")
    assert sleeper.alive()
    process.stop(state, ["sleeper"])
    assert not sleeper.alive()
    assert process.recorded_names(state) == []


def test_what_runs_is_not_started_again(state: Path) -> None:
    first = started(state, "sleeper", "sleep", "600")
    assert started(state, "sleeper", "sleep", "600") == first


def test_what_runs_with_another_command_line_is_replaced(state: Path) -> None:
    first = started(state, "sleeper", "sleep", "600")
    second = started(state, "sleeper", "sleep", "700")
    assert not first.alive()
    assert second.alive()


def test_what_was_killed_is_dead_and_can_be_started_again(state: Path) -> None:
    first = started(state, "sleeper", "sleep", "600")
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    assert not first.alive()
    second = started(state, "sleeper", "sleep", "600")
    assert second.alive()
    assert second != first


def test_a_process_that_does_not_listen_is_killed(state: Path) -> None:
    deaf = started(state, "deaf", sys.executable, "-c", DEAF)
    while "deaf" not in process.last_lines(state, "deaf"):
        assert deaf.alive()
    process.stop(state, ["deaf"], grace=0.1)
    assert not deaf.alive()


def test_another_process_with_a_recorded_pid_is_left_alone(state: Path) -> None:
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        (state / "pids").mkdir()
        (state / "pids" / "old").write_text(f'{{"pid": {stranger.pid}, "started": "before"}}')
        process.stop(state, ["old"])
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_record_that_a_crash_cut_short_counts_for_nothing(state: Path) -> None:
    (state / "pids").mkdir()
    (state / "pids" / "cut").write_text('{"pid": 1')
    assert process.recorded(state, "cut") is None
    process.stop(state, ["cut"])
    assert process.recorded_names(state) == []


def test_the_log_s_end_says_where_the_rest_is(state: Path) -> None:
    os.waitpid(started(state, "talker", "sh", "-c", "seq 100").pid, 0)
    shown = process.last_lines(state, "talker", count=3).splitlines()
    assert shown[1:] == ["98", "99", "100"]
    assert str(state / "logs" / "talker.log") in shown[0]
