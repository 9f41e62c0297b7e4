"""A log and its pattern: what the pattern finds, and what becomes of one that is too slow."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from espalier_sidecar.collectors.base import Context
from espalier_sidecar.collectors.log import SLOW_LINES, FollowedLog, LogFile, stop_timer
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.contract import polled
from espalier_sidecar.volume import Folder


@pytest.fixture(autouse=True)
def _no_timer_is_left() -> Iterator[None]:
    yield
    stop_timer()


def followed(folder: Path, pattern: str, text: str) -> FollowedLog:
    (folder / "log").write_text(text)
    volume = Folder.at(str(folder))
    context = Context(volume, str(folder), "loss", Positions(volume.own_folder()))
    return FollowedLog(context, LogFile(f"{folder}/log", re.compile(pattern)))


def test_a_line_gives_as_many_values_as_the_pattern_finds(tmp_path: Path) -> None:
    pattern = r"(?P<step>\d+)/9 (?P<metric>\w+)=(?P<value>\S+)"
    log = followed(tmp_path, pattern, "3/9 loss=0.5 3/9 acc=nan\nnothing\n4/9 loss=?\n")
    assert [tuple(report) for report in polled(log)] == [("loss", 3, 0.5), ("acc", 3, None)]
    assert log.health() == ("log", "", 3, 1, 1)


def test_a_pattern_that_is_given_up_is_the_logs_fault(tmp_path: Path) -> None:
    slow = f"7 {'1' * 60}x\n" * SLOW_LINES
    log = followed(tmp_path, r"(?P<step>\d+) (?P<value>(1+)+)$", f"6 1\n{slow}8 1\n")
    until = time.monotonic() + 60
    assert [report.step for report in log.poll(until, False).reports] == [6]
    health = log.health()
    assert "gave up the pattern" in health.fault
    assert (health.matched, health.bad) == (1, SLOW_LINES)
