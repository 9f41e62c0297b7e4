"""Type Log: a log file in the shared volume."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Context, text_in
from espalier_sidecar.collectors.followed_file import FollowedFile
from espalier_sidecar.collectors.newest_file import following
from espalier_sidecar.collectors.place import place_of
from espalier_sidecar.collectors.printed import Printed, read_printed


class LogFile(NamedTuple):
    """A log file, and how values stand in it."""

    path: str
    """Its path, as the trainer says it."""
    directory: str | None
    """Where the trainer has mounted the volume to write it; None for /espalier."""
    printed: Printed
    """How values stand in it."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        path = place_of(self.path, self.directory, context.directory)
        reader = self.printed.reader(context.metric)
        return FollowedFile(following(context, path), path, reader)


def read_section(section: Mapping[str, Any]) -> LogFile:
    """Return what `spec.collector.log` says; raises as `read_printed` and `text_in` do."""
    directory = None if section.get("directory") is None else text_in(section, "directory")
    return LogFile(text_in(section, "path"), directory, read_printed(section))
