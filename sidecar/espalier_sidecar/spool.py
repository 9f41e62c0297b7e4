"""Values that were taken from the trainer and not yet acknowledged by the operator.

They lie in files on the trial's `emptyDir`, so that they survive this container. What is full
drops its oldest: the newest values tell how the trial is doing now, and how it ended. Nothing
is synced to the disk: the volume dies with the pod, and a container's end loses no page cache.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterable
from typing import NamedTuple

from espalier_sidecar.errors import SpoolFull
from espalier_sidecar.report import Report
from espalier_sidecar.segment import LONGEST_LINE, Segment, decode_line, encode_line
from espalier_sidecar.volume import Folder

SEGMENTS = 16
REPORTS_A_WRITE = 1000
BLOCK_BYTES = 16 * 1024
LINES_A_PEEK = 2**14
NEWEST_BYTES = 64 * 1024
"""So much of the end is looked at for the newest reports."""
NOWHERE = (0, 0)
_NAME = re.compile(r"([0-9]{12})\.jsonl")
_MARK = re.compile(rb"([0-9]{12}) ([0-9]{12}) ([0-9]{12})\n")
_MARK_BYTES = 39


class LineEnd(NamedTuple):
    """Where a line ends."""

    segment: int
    """The segment's number."""
    offset: int
    """How many bytes of it the line and all before it take."""


class Spool:
    """An append-only queue on disk, bounded in bytes; for several threads.

    Parameters
    ----------
    folder
        The sidecar's own folder; a spool that was left there goes on.
    max_bytes
        How many bytes may wait.

    Attributes
    ----------
    pending
        How many reports wait.
    dropped
        How many were lost because the spool was full, since the pod started.

    Raises
    ------
    OSError
        If the folder cannot be used.
    """

    def __init__(self, folder: Folder, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._segment_bytes = max(1, max_bytes // SEGMENTS)
        self._changed = threading.Condition(threading.RLock())
        self._mark = folder.open_own("acknowledged", _MARK_BYTES)
        place, self.dropped = self._read_mark()
        found = [match for name in folder.names() if (match := _NAME.fullmatch(name))]
        numbers = sorted(int(match[1]) for match in found) or [place.segment + 1]
        self._segments = [self._segment(number) for number in numbers]
        self.pending = 0
        self._place = self._valid(place)
        self.acknowledge(self._place)
        self.pending = sum(self._lines_left(segment) for segment in self._segments)

    def append(self, reports: Iterable[Report]) -> None:
        """Keep the reports; when the spool is full, the oldest make room.

        Raises
        ------
        SpoolFull
            If not even that makes room: the volume itself is full.
        """
        lines = [encode_line(report) for report in reports]
        with self._changed:
            for start in range(0, len(lines), REPORTS_A_WRITE):
                some = lines[start : start + REPORTS_A_WRITE]
                self._write(b"".join(some), len(some))
            self._changed.notify_all()

    def peek(self, max_reports: int) -> list[tuple[LineEnd, Report]]:
        """Return the oldest reports, each with the place to acknowledge once it is delivered.

        None may come although some are pending: the volume is the trainer's too, and so many lines
        at once that are not ours are passed over, and no more are looked at while others wait.
        """
        with self._changed:
            found: list[tuple[LineEnd, Report]] = []
            looked_at = 0
            place = self._place
            for segment in self._segments:
                offset = self._offset_in(segment)
                while looked_at < LINES_A_PEEK and (block := segment.read(offset, BLOCK_BYTES)):
                    for line in block.splitlines(keepends=True):
                        offset += len(line)
                        looked_at += 1
                        place = LineEnd(segment.number, offset)
                        report = decode_line(line)
                        if report is not None:
                            found.append((place, report))
                        if len(found) == max_reports:
                            return found
                        if looked_at == LINES_A_PEEK:
                            break
            if not found and self.pending:
                if looked_at < LINES_A_PEEK:
                    place = LineEnd(self._segments[-1].number, self._segments[-1].size)
                self.acknowledge(place)
            return found

    def acknowledge(self, place: LineEnd) -> None:
        """Forget everything up to `place`."""
        with self._changed:
            if place > self._place:
                self.pending -= self._lines_before(place)
                self._place = place
            last = self._segments[-1].number
            while self._segments[0].number < self._place.segment or (
                self._segments[0].number < last and self._place.offset >= self._segments[0].size
            ):
                self._segments.pop(0).remove()
                first = self._segments[0]
                self._place = max(self._place, LineEnd(first.number, 0))
            self._write_mark()

    def ends_at(self, place: LineEnd) -> bool:
        """Whether nothing lies behind `place`."""
        with self._changed:
            return place >= LineEnd(self._segments[-1].number, self._segments[-1].size)

    def newest(self, limit: int) -> list[Report]:
        """Return the newest `limit` reports that are not acknowledged, oldest first."""
        with self._changed:
            found: list[Report] = []
            left = NEWEST_BYTES
            for segment in reversed(self._segments):
                start = self._offset_in(segment)
                offset = max(start, segment.size - left)
                lines = segment.read(offset, segment.size - offset).splitlines()
                if offset > start:
                    lines = lines[1:]
                found[:0] = [report for line in lines if (report := decode_line(line))]
                left -= segment.size - offset
                if len(found) >= limit or left <= 0:
                    break
            return found[-limit:]

    def wait(self, seconds: float | None = None) -> None:
        """Return when there may be something to deliver, at once if there is."""
        with self._changed:
            if not self.pending:
                self._changed.wait(seconds)

    def wake(self) -> None:
        """End a wait."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Close the files, and leave them as they are."""
        with self._changed:
            for segment in self._segments:
                segment.close()
            os.close(self._mark)

    def _write(self, lines: bytes, count: int) -> None:
        while self._bytes() + len(lines) > self._max_bytes and self._drop_oldest():
            pass
        while True:
            try:
                self._segment_for(len(lines)).append(lines)
                break
            except OSError as error:
                if not self._drop_oldest():
                    self.dropped += count
                    raise SpoolFull(str(error)) from error
        self.pending += count

    def _segment_for(self, length: int) -> Segment:
        """Return the last segment, or a new one if that has no room for so many bytes."""
        last = self._segments[-1]
        if last.size and last.size + length > self._segment_bytes:
            last = self._segment(last.number + 1)
            self._segments.append(last)
        return last

    def _segment(self, number: int) -> Segment:
        return Segment(self._folder, number, self._segment_bytes + REPORTS_A_WRITE * LONGEST_LINE)

    def _drop_oldest(self) -> bool:
        """Make room, whether or not the oldest segment was delivered."""
        if len(self._segments) == 1:
            return False
        oldest = self._segments[0]
        lost = self._lines_left(oldest)
        self.pending -= lost
        self.dropped += lost
        self._segments.pop(0).remove()
        self._place = max(self._place, LineEnd(self._segments[0].number, 0))
        self._write_mark()
        return True

    def _bytes(self) -> int:
        return sum(segment.size for segment in self._segments)

    def _offset_in(self, segment: Segment) -> int:
        return self._place.offset if segment.number == self._place.segment else 0

    def _lines_left(self, segment: Segment) -> int:
        return segment.count(self._offset_in(segment), segment.size)

    def _lines_before(self, place: LineEnd) -> int:
        """Count the lines that are not acknowledged and lie before `place`."""
        return sum(
            segment.count(
                self._offset_in(segment),
                place.offset if segment.number == place.segment else segment.size,
            )
            for segment in self._segments
            if segment.number <= place.segment
        )

    def _valid(self, place: LineEnd) -> LineEnd:
        """Start at the first segment where the mark fits none: better twice than never."""
        for segment in self._segments:
            if segment.number == place.segment and place.offset <= segment.size:
                return place
        return LineEnd(self._segments[0].number, 0)

    def _read_mark(self) -> tuple[LineEnd, int]:
        found = _MARK.fullmatch(os.pread(self._mark, _MARK_BYTES, 0))
        if found is None:
            return LineEnd(*NOWHERE), 0
        return LineEnd(int(found[1]), int(found[2])), int(found[3])

    def _write_mark(self) -> None:
        """Write down how far the operator has acknowledged.

        One write of a fixed length: a killed process leaves the old one or the new one.
        """
        text = f"{self._place.segment:012d} {self._place.offset:012d} {self.dropped:012d}\n"
        with contextlib.suppress(OSError):
            os.pwrite(self._mark, text.encode(), 0)
