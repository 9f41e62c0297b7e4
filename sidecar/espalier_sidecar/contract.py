"""The contract of a collector, as tests: ours pass them, and the next one should.

Subclass `CollectorContract` in a test module; pytest finds the rest::

    from espalier_sidecar.contract import CollectorContract

    class TestMine(CollectorContract):
        type = "Mine"

        def section(self, volume):
            return {"path": f"{volume}/mine"}

        def write(self, volume, steps):
            ...

        def spoil(self, volume):
            ...
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from espalier_sidecar.collectors.base import REPORTS_A_POLL, Collector, Context
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.collectors.reading import Translation
from espalier_sidecar.collectors.table import read_source
from espalier_sidecar.report import Report
from espalier_sidecar.volume import Folder

METRIC = "loss"
MANY = 3 * REPORTS_A_POLL + 7
SECONDS = 60.0


class CollectorContract:
    """Everything arrives in order, also over a restart; what is wrong is said and not raised."""

    type: ClassVar[str]
    """The type by which a Study chooses the collector."""

    def section(self, volume: Path) -> dict[str, Any]:
        """Return the section of a Study's `spec.collector` that the tests use."""
        raise NotImplementedError

    def write(self, volume: Path, steps: Iterable[int]) -> None:
        """Let a trainer report the study's metric at some steps, after all that it has reported."""
        raise NotImplementedError

    def spoil(self, volume: Path) -> None:
        """Lay what cannot be read where the collector reads, before the trainer has written."""
        raise NotImplementedError

    def test_values_arrive_in_order_and_once(self, tmp_path: Path) -> None:
        """Those that are there, and those that come."""
        collector = self._made(tmp_path)
        for first in (0, 10, 20):
            self.write(tmp_path, range(first, first + 10))
            assert steps(polled(collector)) == list(range(first, first + 10))
            assert steps(polled(collector)) == []

    def test_a_value_has_the_studys_metric_and_is_a_report(self, tmp_path: Path) -> None:
        """As a trainer's post would be."""
        self.write(tmp_path, [3])
        (report,) = polled(self._made(tmp_path))
        assert report == Report(METRIC, 3, report.value)
        assert json.loads(json.dumps(report)) == list(report)

    def test_nothing_is_nothing(self, tmp_path: Path) -> None:
        """Before the trainer has begun, a poll finds nothing and asks for no other."""
        found = self._made(tmp_path).poll(time.monotonic() + SECONDS, False)
        assert found.reports == []
        assert not found.more

    def test_a_poll_is_bounded_and_gets_on_without_time(self, tmp_path: Path) -> None:
        """However much lies there; one after the other they take all."""
        self.write(tmp_path, range(MANY))
        collector, found = self._made(tmp_path), []
        for turn in range(2 * MANY):
            poll = collector.poll(0.0 if turn < 5 else time.monotonic() + SECONDS, False)
            assert len(poll.reports) <= 2 * REPORTS_A_POLL
            found += poll.reports
            if not poll.more:
                break
        assert steps(found) == list(range(MANY))

    def test_without_time_too_it_comes_to_an_end(self, tmp_path: Path) -> None:
        """Once all is read, no poll asks for another at once for ever."""
        self.write(tmp_path, range(3))
        collector = self._made(tmp_path)
        for last in (False, True):
            polls = 0
            while collector.poll(0.0, last).more:
                polls += 1
                assert polls < 100

    def test_a_restart_loses_nothing(self, tmp_path: Path) -> None:
        """What was kept is perhaps read again; nothing that came after it is left out."""
        self.write(tmp_path, range(10))
        before = self._made(tmp_path)
        assert steps(polled(before)) == list(range(10))
        before.kept()
        before.close()
        self.write(tmp_path, range(10, 20))
        after = steps(polled(self._made(tmp_path)))
        assert after == list(range(20))[-len(after) :]
        assert len(after) >= 10

    def test_the_end_has_all_or_at_least_the_newest(self, tmp_path: Path) -> None:
        """After `skip` the newest values are still found, in order."""
        self.write(tmp_path, range(MANY))
        collector = self._made(tmp_path)
        collector.skip()
        found = steps(polled(collector, last=True))
        assert found[-10:] == list(range(MANY))[-10:]

    def test_what_cannot_be_read_is_in_the_health_and_raises_nothing(self, tmp_path: Path) -> None:
        """It may become readable, so that it is tried again."""
        self.spoil(tmp_path)
        collector = self._made(tmp_path)
        for last in (False, True):
            assert polled(collector, last) == []
            assert collector.health().fault
            collector.kept()
            collector.skip()
        collector.close()

    def test_the_health_counts_what_was_found(self, tmp_path: Path) -> None:
        """Nothing is matched that was not seen; while all is well there is no fault."""
        self.write(tmp_path, range(10))
        collector = self._made(tmp_path)
        assert collector.health()[2:5] == (0, 0, 0)
        assert len(polled(collector)) == 10
        health = collector.health()
        assert health.source
        assert not health.fault
        assert health.bad == 0
        assert 1 <= health.matched <= health.seen

    def _made(self, volume: Path) -> Collector:
        folder = Folder.at(str(volume))
        positions = Positions(folder.own_folder())
        source = read_source(self.type, self.section(volume))
        context = Context(
            folder, str(volume), METRIC, positions, Translation({}, None), lambda _: None, {}
        )
        return source.collector(context)


def polled(collector: Collector, last: bool = False) -> list[Report]:
    """Return all that a collector finds now."""

    def found() -> Iterator[Report]:
        more = True
        while more:
            reports, more = collector.poll(time.monotonic() + SECONDS, last)
            yield from reports

    return list(found())


def steps(reports: Iterable[Report]) -> list[int]:
    """Return the steps of reports."""
    return [report.step for report in reports]
