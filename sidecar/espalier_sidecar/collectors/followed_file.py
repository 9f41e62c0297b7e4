"""Turns the lines of a file that the trainer writes into reports."""

from __future__ import annotations

import time
from collections.abc import Callable

from espalier_sidecar.collectors.base import REPORTS_A_POLL, Collected, Collector, Context, Health
from espalier_sidecar.collectors.growing_file import GrowingFile, Position
from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

LineReader = Callable[[bytes], list[Report]]


class FollowedFile(Collector):
    """Follows one file; a bad line is counted, said and passed over.

    A file that cannot be trusted or read is said once and tried again at each poll: it may
    become one that can.

    Parameters
    ----------
    context
        Where the file is, and how far it was read.
    path
        The file's path, as the trainer says it.
    read_line
        Returns the reports of a line, none if it holds none; raises `BadReport`.
    """

    def __init__(self, context: Context, path: str, read_line: LineReader) -> None:
        self._name = path.removeprefix(f"{context.directory}/")
        self._read_line = read_line
        self._positions = context.positions
        self._file = GrowingFile(context.volume, self._name, context.positions.get(self._name))
        self._lines = b""
        self._at = 0
        self._seen = 0
        self._matched = 0
        self._bad = 0
        self._fault = ""

    def poll(self, until: float, last: bool) -> Collected:
        """Return the reports of the next lines.

        However long a pattern ponders over each line, no more than one is read after `until`.
        """
        try:
            found = self._some_reports(until) if self._lines_left(last) else None
        except OSError as error:
            self._set_fault(f"cannot read {clip(self._name)}, and goes on without it: {error}")
            return Collected([], False)
        self._set_fault("")
        return Collected([], False) if found is None else Collected(found, True)

    def health(self) -> Health:
        """Return how the file is, and what its lines were."""
        waits = "" if self._file.found else f"{clip(self._name)} is not there yet"
        too_long = self._file.too_long
        return Health(
            source=self._name,
            fault=self._fault or waits,
            seen=self._seen + too_long,
            matched=self._matched,
            bad=self._bad + too_long,
        )

    def kept(self) -> None:
        """Write down where the next line begins."""
        if self._fault:
            return
        inode, offset = self._file.position
        left = max(0, len(self._lines) - self._at)
        self._positions.put(self._name, Position(inode, offset - left))

    def skip(self) -> None:
        """Leave out all but the end of the file."""
        try:
            left_out = self._file.skip()
        except OSError:
            return
        if left_out:
            self._lines, self._at = b"", 0
            log_line(f"no time is left for {left_out} bytes of {clip(self._name)}; its end is read")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lines_left(self, last: bool) -> bool:
        """Whether there are lines to parse, read from the file if need be."""
        if self._at < len(self._lines):
            return True
        lines = self._file.read(last)
        if lines is None:
            return False
        self._lines, self._at = lines, 0
        return True

    def _some_reports(self, until: float) -> list[Report]:
        reports: list[Report] = []
        while self._at < len(self._lines):
            end = self._lines.find(b"\n", self._at)
            end = end if end >= 0 else len(self._lines)
            found = self._reports(self._lines[self._at : end])
            self._seen += 1
            self._matched += bool(found)
            reports += found
            self._at = end + 1
            if len(reports) >= REPORTS_A_POLL or time.monotonic() >= until:
                break
        return reports

    def _reports(self, line: bytes) -> list[Report]:
        try:
            return self._read_line(line)
        except BadReport as error:
            self._bad += 1
            log_line_limited(self._name, f"{clip(self._name)}: passed over a line: {error}")
            return []

    def _set_fault(self, fault: str) -> None:
        if fault != self._fault:
            log_line_limited("cannot read", fault or f"reads {clip(self._name)} again")
            self._fault = fault
