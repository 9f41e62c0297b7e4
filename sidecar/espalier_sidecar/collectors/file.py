"""Type File: a file of JSON lines in the shared volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Context, text_in
from espalier_sidecar.collectors.followed_file import FollowedFile, LineReader
from espalier_sidecar.report import parse_reports


class JsonLinesFile(NamedTuple):
    """A file whose lines are reports as a trainer posts them."""

    path: str
    """Its path, as the trainer says it."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        return FollowedFile(context, self.path, json_line(context.metric))


def read_section(section: Mapping[str, Any]) -> JsonLinesFile:
    """Return what `spec.collector.file` says; raises as `text_in` does."""
    return JsonLinesFile(text_in(section, "path"))


def json_line(metric: str) -> LineReader:
    """Return a reader of lines of JSON, one report or a list of them each."""
    return lambda line: parse_reports(line, metric) if line.strip() else []
