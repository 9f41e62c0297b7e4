"""Type File: a file of JSON lines in the shared volume."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Context, text_in
from espalier_sidecar.collectors.followed_file import FollowedFile, LineReader
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.report import parse_reports


class JsonLinesFile(NamedTuple):
    """A file whose lines are reports as a trainer posts them."""

    path: str
    """Its path, as the trainer says it."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        return FollowedFile(context, self.path, ReportLines(context.metric))


def read_section(section: Mapping[str, Any]) -> JsonLinesFile:
    """Return what `spec.collector.file` says; raises as `text_in` does."""
    return JsonLinesFile(text_in(section, "path"))


class ReportLines(LineReader):
    """Reads lines of JSON, one report or a list of them each.

    Parameters
    ----------
    metric
        The metric of a report that names none.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric

    def readings(self, line: bytes) -> list[Reading]:
        """Return what a line says; raises `BadReport`."""
        found = parse_reports(line, self._metric) if line.strip() else []
        return [
            Reading(metric, step, math.nan if value is None else value)
            for metric, step, value in found
        ]
