"""Type Output: what the trainer prints, of which a shell beside it leaves a copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collected, Collector, Context, Health
from espalier_sidecar.collectors.followed_file import FollowedFile, LineReader, Text
from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.collectors.pieces import Pieces
from espalier_sidecar.collectors.printed import Printed, read_printed
from espalier_sidecar.log import log_line
from espalier_sidecar.text import printable
from espalier_sidecar.volume import Folder

FOLDER = ".output"
MARK = ".output-fault"
"""Where the shell says why it copies nothing."""
MARK_BYTES = 200


class Output(NamedTuple):
    """What the trainer prints."""

    printed: Printed
    """How values stand in it."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        return FollowedOutput(context, self.printed.reader(context.metric))


def read_section(section: Mapping[str, Any]) -> Output:
    """Return what `spec.collector.output` says; raises as `read_printed` does."""
    return Output(read_printed(section))


class FollowedOutput(FollowedFile):
    """Follows what the trainer prints, and deletes what was read."""

    def __init__(self, context: Context, lines: LineReader) -> None:
        self._volume = context.volume
        self._printed = context.printed
        self._not_copied = ""
        super().__init__(context, FOLDER, lines)

    def poll(self, until: float, last: bool) -> Collected:
        """Return the reports of the next lines; as of any file."""
        found = super().poll(until, last)
        if not found.more and not self._not_copied:
            self._look_for_mark()
        return found

    def health(self) -> Health:
        """Return how reading is, whether anything was printed, and why nothing is copied."""
        health = super().health()
        waits = "" if self._pieces.found else "the trainer has printed nothing yet"
        fault = self._not_copied or self._reader.fault or self._fault or waits
        return health._replace(
            source="the trainer's output", fault=fault, bad=health.bad + self._pieces.lost
        )

    def kept(self) -> None:
        """Write down where the next line begins, and delete the pieces before it."""
        super().kept()
        if not self._fault:
            self._pieces.free(self._pieces.place_before(max(0, len(self._lines) - self._at)))

    def _opened(self, volume: Folder, position: Position | None, within: bool) -> Text:
        self._pieces = Pieces(volume, FOLDER, position, within, self._printed)
        return self._pieces

    def _look_for_mark(self) -> None:
        try:
            why = self._volume.read(MARK, MARK_BYTES).decode(errors="replace").strip()
        except OSError:
            return
        self._not_copied = (
            "what the trainer prints is not copied for the sidecar: "
            f"{printable(why)}; use an image with mkdir, mkfifo, dd, tee and rm, or a collector of "
            "type Log"
        )
        log_line(self._not_copied)
