"""Turns the lines of a followed file into spooled values."""

import time
from collections.abc import Callable

from espalier_sidecar.errors import BadReport, SpoolFull
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.positions import Positions
from espalier_sidecar.report import Report
from espalier_sidecar.spool import REPORTS_A_WRITE, Spool
from espalier_sidecar.tail import Position, Tail
from espalier_sidecar.text import clip
from espalier_sidecar.volume import Folder

LineReader = Callable[[bytes], list[Report]]


class Follower:
    """Follows one file; a bad line is counted, said and passed over.

    A file that cannot be trusted or read is said once and tried again at each look: it may
    become one that can.

    Parameters
    ----------
    volume, name
        Where the file is.
    read_line
        Returns the reports of a line, none if it holds none; raises `BadReport`.
    """

    def __init__(
        self, volume: Folder, name: str, read_line: LineReader, spool: Spool, positions: Positions
    ) -> None:
        self._name = name
        self._read_line = read_line
        self._spool = spool
        self._positions = positions
        self._tail = Tail(volume, name, positions.get(name))
        self._lines = b""
        self._at = 0
        self._bad = 0
        self._complaint = ""

    @property
    def bad_lines(self) -> int:
        """How many lines could not be used."""
        return self._bad + self._tail.too_long

    def poll(self, ends: float, last: bool = False) -> bool:
        """Take what is new until the monotonic clock says `ends`; true while there may be more.

        One line is taken at least, and however long a pattern ponders over each, no more than
        one after the time is up.
        """
        try:
            more = self._take(ends, last)
        except OSError as error:
            self._complain(f"cannot read {clip(self._name)}, and goes on without it: {error}")
            return False
        self._complain("")
        inode, offset = self._tail.position
        left = max(0, len(self._lines) - self._at)
        self._positions.put(self._name, Position(inode, offset - left))
        return more

    def skip(self) -> None:
        """Leave out all but the end of the file, for lack of time."""
        try:
            left_out = self._tail.skip()
        except OSError:
            return
        if left_out:
            self._lines, self._at = b"", 0
            log_line(f"no time is left for {left_out} bytes of {clip(self._name)}; its end is read")

    def _take(self, ends: float, last: bool) -> bool:
        while True:
            if self._at >= len(self._lines):
                lines = self._tail.read(last)
                if lines is None:
                    return False
                self._lines, self._at = lines, 0
            self._keep(self._some_reports(ends))
            if time.monotonic() >= ends:
                return True

    def _some_reports(self, ends: float) -> list[Report]:
        reports = []
        while self._at < len(self._lines):
            end = self._lines.find(b"\n", self._at)
            end = end if end >= 0 else len(self._lines)
            reports += self._reports(self._lines[self._at : end])
            self._at = end + 1
            if len(reports) >= REPORTS_A_WRITE or time.monotonic() >= ends:
                break
        return reports

    def _keep(self, reports: list[Report]) -> None:
        try:
            self._spool.append(reports)
        except SpoolFull as error:
            log_line_limited("full", f"a value was lost; the volume is full: {error}")

    def _reports(self, line: bytes) -> list[Report]:
        try:
            return self._read_line(line)
        except BadReport as error:
            self._bad += 1
            log_line_limited(self._name, f"{clip(self._name)}: passed over a line: {error}")
            return []

    def _complain(self, complaint: str) -> None:
        if complaint != self._complaint:
            log_line_limited("cannot read", complaint or f"reads {clip(self._name)} again")
            self._complaint = complaint
