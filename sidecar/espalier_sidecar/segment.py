"""One file of the spool: reports as JSON lines, appended whole or not at all."""

from __future__ import annotations

import contextlib
import json
import math
import os

from espalier_sidecar.errors import BadReport
from espalier_sidecar.report import Report, make_report
from espalier_sidecar.volume import Folder

LONGEST_LINE = 1100
"""Bytes: of a metric whose name has 250 characters of four bytes."""


class Segment:
    """A file of lines, numbered in the order in which the spool began them.

    Parameters
    ----------
    folder
        Where the file is.
    number
        Its number.
    largest
        How many bytes a segment of ours may have; a larger file is set aside.
    """

    def __init__(self, folder: Folder, number: int, largest: int) -> None:
        self.number = number
        self.name = f"{number:012d}.jsonl"
        self._folder = folder
        self._fd = folder.open_own(self.name, largest)
        self.size = os.fstat(self._fd).st_size
        self._mend()

    def append(self, lines: bytes) -> None:
        """Add lines; on failure the file is as before.

        Raises
        ------
        OSError
            If not all of it could be written.
        """
        try:
            written = os.pwrite(self._fd, lines, self.size)
            if written != len(lines):
                raise OSError(f"wrote {written} of {len(lines)} bytes")
        except OSError:
            os.ftruncate(self._fd, self.size)
            raise
        self.size += len(lines)

    def read(self, offset: int, limit: int) -> bytes:
        """Read the whole lines that lie in `limit` bytes from `offset`."""
        found = os.pread(self._fd, limit, offset)
        return found[: found.rfind(b"\n") + 1]

    def count(self, start: int, end: int) -> int:
        """Count the lines that end after `start` and up to `end`."""
        lines = 0
        while start < end and (chunk := os.pread(self._fd, min(65536, end - start), start)):
            lines += chunk.count(b"\n")
            start += len(chunk)
        return lines

    def close(self) -> None:
        """Close the file, and leave it as it is."""
        os.close(self._fd)

    def remove(self) -> None:
        """Delete the file; where that cannot be, its lines are delivered again some day."""
        self.close()
        with contextlib.suppress(OSError):
            self._folder.remove(self.name)

    def _mend(self) -> None:
        """Cut off a line that a killed sidecar, or a full volume, left unfinished."""
        start = max(0, self.size - 4096)
        end = os.pread(self._fd, 4096, start)
        whole = end.rfind(b"\n") + 1
        if whole < len(end):
            self.size = start + whole
            os.ftruncate(self._fd, self.size)


def encode_line(report: Report) -> bytes:
    """Write a report as one line."""
    text = json.dumps(report, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return text.encode() + b"\n"


def decode_line(line: bytes) -> Report | None:
    """Read a line back; `None` if it is none of ours (the volume is the trainer's too)."""
    if len(line) > LONGEST_LINE:
        return None
    try:
        metric, step, value = json.loads(line)
        return make_report(metric, step, math.nan if value is None else value)
    except (ValueError, TypeError, BadReport):
        return None
