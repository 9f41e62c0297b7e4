"""From the collectors into the spool: in turns, within the time, at the end at least the newest."""

import time
from pathlib import Path

from espalier_sidecar.collectors.base import Collected, Collector, Health
from espalier_sidecar.errors import SpoolFull
from espalier_sidecar.intake import Intake, take
from espalier_sidecar.report import Report
from espalier_sidecar.spool import Spool
from espalier_sidecar.volume import Folder


class Counting(Collector):
    """Counts up, a step a poll; tells what was asked of it."""

    def __init__(self, metric: str, values: int) -> None:
        self.metric = metric
        self.next = 0
        self.values = values
        self.asked: list[str] = []

    def poll(self, until: float, last: bool) -> Collected:
        if self.next == self.values:
            return Collected([], False)
        self.next += 1
        return Collected([Report(self.metric, self.next, 0.5)], True)

    def health(self) -> Health:
        return Health(self.metric, "", self.next, self.next, self.next)

    def kept(self) -> None:
        self.asked.append(f"kept {self.next}")

    def skip(self) -> None:
        self.asked.append("skip")
        self.next = max(self.next, self.values - 1)

    def close(self) -> None:
        self.asked.append("close")


def spool_at(folder: Path) -> Spool:
    return Spool(Folder.at(str(folder)).own_folder(), 10**6)


def spooled(spool: Spool) -> list[tuple[str, int]]:
    return [(report.metric, report.step) for _, report in spool.peek(100_000)]


def test_without_time_each_collector_is_polled_once(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    collectors = [Counting("a", 3), Counting("b", 1)]
    intake = Intake(collectors, spool)
    for turn in range(1, 4):
        assert intake.poll(0.0)
        assert collectors[0].asked[-1] == f"kept {turn}"
    assert not intake.poll(0.0)
    assert spooled(spool) == [("a", 1), ("b", 1), ("a", 2), ("a", 3)]
    assert intake.bad() == 4


def test_at_the_end_what_is_too_much_is_skipped_and_the_newest_taken(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    long, short = Counting("long", 10**9), Counting("short", 2)
    intake = Intake([long, short], spool)
    intake.finish(0.01)
    found = spooled(spool)
    assert found[-1] == ("long", 10**9)
    assert [each for each in found if each[0] == "short"] == [("short", 1), ("short", 2)]
    intake.close()
    assert "skip" in long.asked
    assert long.asked[-1] == short.asked[-1] == "close"


def test_at_the_end_nothing_is_skipped_where_there_is_time(tmp_path: Path) -> None:
    spool = spool_at(tmp_path)
    collector = Counting("a", 500)
    Intake([collector], spool).finish(60.0)
    assert collector.asked == ["kept 500"]
    assert len(spooled(spool)) == 500


class Full(Spool):
    """A spool whose volume is full."""

    def append(self, reports: object) -> None:
        raise SpoolFull("no space left on device")


def test_a_full_volume_loses_values_and_not_the_sidecar(tmp_path: Path, capsys) -> None:
    spool = Full(Folder.at(str(tmp_path)).own_folder(), 10**6)
    assert not take(Counting("a", 3), spool, time.monotonic() + 60)
    assert "a value was lost; the volume is full: no space left" in capsys.readouterr().err


def test_idling_wakes_nobody(tmp_path: Path) -> None:
    """Whoever waits for values would else be woken forty times a second."""
    spool = spool_at(tmp_path)
    woken: list[object] = []
    spool.append = woken.append  # type: ignore[method-assign]
    assert not take(Counting("a", 0), spool, time.monotonic() + 60)
    assert woken == []
