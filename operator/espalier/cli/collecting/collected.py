"""What a collector finds in a location: the sidecar's own code reads it.

The only module of the operator that imports the sidecar: what is shown here is then what a trial's
sidecar would report.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, redirect_stderr
from dataclasses import dataclass, field, replace
from typing import Any

from espalier.api.collectors import CollectorSpec
from espalier.cli.collecting.locations import Location
from espalier.errors import UsageError
from espalier_sidecar.collectors.base import Context
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.collectors.reading import Reading, Translation
from espalier_sidecar.collectors.table import Chosen, chosen
from espalier_sidecar.errors import BadEnvironment
from espalier_sidecar.report import Report
from espalier_sidecar.volume import Folder, MemoryFolder

VOLUME = "/espalier"
MOST_REASONS = 5
ONE_BY_ONE = 2_000
"""Pieces that are looked at one by one."""
A_POLL = 0.05
"""Seconds of a poll after those, whose newest piece that is passed over is seen."""


@dataclass
class Findings:
    """What was found in a location.

    Parameters
    ----------
    location
        Where.
    collector
        By which collector.
    values
        In the order in which they were reported: metric, step, and value, None if not finite.
    seen, matched, bad
        How many pieces (lines of a file) there were, held values, and could not be used.
    unnamed_steps
        How many values came without a step, and were counted.
    reasons
        Why pieces were passed over, the first ones.
    last
        The newest piece that was passed over.
    whole
        Whether all was read.
    """

    location: Location
    collector: CollectorSpec
    values: list[Report] = field(default_factory=list)
    seen: int = 0
    matched: int = 0
    bad: int = 0
    unnamed_steps: int = 0
    reasons: list[str] = field(default_factory=list)
    last: str = ""
    whole: bool = True

    def only(self, metric: str | None) -> Findings:
        """Return this with the values of one metric alone; as it is if None."""
        if metric is None:
            return self
        return replace(self, values=[each for each in self.values if each.metric == metric])

    @property
    def metrics(self) -> dict[str, int]:
        """How many values of each metric there are."""
        counts: dict[str, int] = {}
        for report in self.values:
            counts[report.metric] = counts.get(report.metric, 0) + 1
        return counts

    @property
    def pairs(self) -> set[tuple[str, int]]:
        """The metrics with their steps: of each the first value stays."""
        return {(report.metric, report.step) for report in self.values}

    @property
    def repeats(self) -> int:
        """How many values came for a step that already had one."""
        return len(self.values) - len(self.pairs)

    @property
    def steps(self) -> set[int]:
        """The steps."""
        return {report.step for report in self.values}


def collect(
    collector: CollectorSpec, location: Location, metric: str, most: int | None = None
) -> Findings:
    """Return what a collector finds in a location.

    Parameters
    ----------
    metric
        What a value is called that comes without a name.
    most
        After how many pieces it stops; None to read all.

    Raises
    ------
    UsageError
        If the sidecar would not take the collector's settings.
    """
    found = Findings(location, collector)
    said = io.StringIO()
    with redirect_stderr(said):
        try:
            sources = list(chosen(_laid(collector, location)))
        except BadEnvironment as error:
            raise UsageError("", f"{error}; correct it") from error
        for each in sources:
            _read(each, metric, found, most)
    return found


class _Watched(Translation):
    """Notes which values had no step of their own."""

    def __init__(self, names: Mapping[str, str], step_scale: float | None, found: Findings) -> None:
        super().__init__(names, step_scale)
        self._found = found

    def report(self, reading: Reading) -> Report:
        """Return what a reading means; raises `BadReport` as its base does."""
        report = super().report(reading)
        self._found.unnamed_steps += reading.step is None
        return report


def _read(source: Chosen, metric: str, found: Findings, most: int | None) -> None:
    context = Context(
        volume=Folder.at(found.location.folder),
        directory=VOLUME,
        metric=metric,
        positions=Positions(MemoryFolder()),
        translation=_Watched(source.names, source.step_scale, found),
        keep=lambda _: None,
        parameters={},
    )
    with closing(source.source.collector(context)) as collector:
        for last in (False, True):
            for _ in _polls(collector, last, found):
                if most is not None and found.seen >= most:
                    found.whole = False
                    return


def _polls(collector: Any, last: bool, found: Findings) -> Iterator[None]:
    """Poll for one piece after the other at first, so that each that is passed over is seen."""
    more = True
    while more:
        until = 0.0 if found.seen < ONE_BY_ONE else time.monotonic() + A_POLL
        reports, more = collector.poll(until, last)
        found.values += reports
        health = collector.health()
        if health.bad > found.bad and len(found.reasons) < MOST_REASONS:
            found.reasons.append(health.passed_over)
        found.seen, found.matched, found.bad = health.seen, health.matched, health.bad
        found.last = health.passed_over
        if last and health.fault and health.fault not in found.reasons:
            found.reasons.append(health.fault)
        yield


def _laid(collector: CollectorSpec, location: Location) -> dict[str, Any]:
    """Return the collector as the operator writes it for the sidecar, reading in the location."""
    plain = collector.model_dump(mode="json", exclude_none=True)
    choice = collector.choices[collector.type]
    section = dict(plain.get(choice.section) or {})
    section.pop("directory", None)
    at = f"{VOLUME}/{location.name}"
    if collector.type == "TensorBoard":
        return {**plain, "tensorBoard": {**section, "directory": at}}
    type_ = "Log" if collector.type == "Output" else collector.type
    name = "log" if collector.type == "Output" else choice.section
    return {**plain, "type": type_, name: {**section, "path": at}}
