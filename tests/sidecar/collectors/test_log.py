"""A log file from its section to reports, and what becomes of a pattern that is too slow."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from espalier_sidecar.collectors.base import Collector
from espalier_sidecar.collectors.log import read_section
from espalier_sidecar.collectors.patterns import SLOW_LINES
from espalier_sidecar.contract import polled
from tests.sidecar.contexts import context_of

Follow = Callable[..., Collector]


@pytest.fixture
def follow(tmp_path: Path) -> Iterator[Follow]:
    made: list[Collector] = []

    def begin(text: str, **section: str) -> Collector:
        (tmp_path / "log").write_text(text, newline="")
        section["path"] = f"{tmp_path}/log"
        made.append(read_section(section).collector(context_of(tmp_path)))
        return made[-1]

    yield begin
    for collector in made:
        collector.close()


def test_a_line_gives_as_many_values_as_the_pattern_finds(follow: Follow) -> None:
    pattern = r"(?P<step>\d+)/9 (?P<metric>\w+)=(?P<value>\S+)"
    log = follow("3/9 loss=0.5 3/9 acc=nan\nnothing\n4/9 loss=? 4/9 acc=1\n", pattern=pattern)
    found = [tuple(report) for report in polled(log)]
    assert found == [("loss", 3, 0.5), ("acc", 3, None), ("acc", 4, 1.0)]
    health = log.health()
    assert health[:5] == ("log", "", 3, 2, 1)
    assert "expected a number; came '?'" in health.passed_over


def test_a_pattern_that_is_given_up_is_the_logs_fault(follow: Follow) -> None:
    slow = f"7 {'1' * 60}x\n" * SLOW_LINES
    log = follow(f"6 1\n{slow}8 1\n", pattern=r"(?P<step>\d+) (?P<value>(1+)+)$")
    until = time.monotonic() + 60
    assert [report.step for report in log.poll(until, False).reports] == [6]
    health = log.health()
    assert "gave up the pattern" in health.fault
    assert (health.matched, health.bad) == (1, SLOW_LINES)


def test_two_logs_with_patterns_have_one_timer_and_each_is_bounded(follow: Follow) -> None:
    slow = f"7 {'1' * 60}x\n" * SLOW_LINES
    first = follow(slow, pattern=r"(?P<step>\d+) (?P<value>(1+)+)$")
    second = follow(slow, pattern=r"(?P<step>\d+) (?P<value>(1+)+)$ ")
    second.close()
    first.poll(time.monotonic() + 60, False)
    assert "gave up the pattern" in first.health().fault


def test_without_a_pattern_names_with_numbers_are_read(follow: Follow) -> None:
    log = follow("Epoch 1/2\nloss: 0.5\r\nEpoch 2/2\nloss: 0.4\n")
    assert [tuple(report) for report in polled(log)] == [("loss", 1, 0.5), ("loss", 2, 0.4)]


def test_the_last_line_without_a_value_is_shown_without_codes(follow: Follow) -> None:
    log = follow("\x1b[32mstarting\x1b[0m\n\x1b[0m\n")
    polled(log)
    assert log.health().passed_over == "'starting'"
