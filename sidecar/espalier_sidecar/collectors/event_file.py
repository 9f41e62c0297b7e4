"""The records of an event file that somebody else writes, found again after what is spoilt."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from espalier_sidecar.collectors.crc32c import masked_crc, masked_crc_of_length
from espalier_sidecar.limits import CHUNK, KIB, MIB
from espalier_sidecar.volume import Folder

HEADER, FOOTER = 12, 4  # the length and its checksum; the content's checksum
LARGEST_READ = 16 * KIB
"""Larger records hold images, graphs and histograms: they are passed over without being read."""
LARGEST = 2**31
"""A protocol buffer is no larger: a record that says so is spoilt."""
PIECE = 4 * KIB  # read after a large record, where the next one may be large too
SEARCHED = 16 * KIB  # at a time, where a record is looked for
MOST_SPOILT = 16 * MIB
"""A file with more than that to search is given up."""
_SMALL_LENGTH = re.compile(rb"\0{5,}")  # ends the length of a record under 16 MiB


class Record(NamedTuple):
    """What lies between a header and a footer."""

    data: bytes
    """The content; empty where it was passed over."""
    checksum: int
    """What the footer says of it."""

    @property
    def intact(self) -> bool:
        """Whether the content is what was written."""
        return masked_crc(self.data) == self.checksum


PASSED_OVER = Record(b"", masked_crc(b""))


class EventFile:
    """Gives an event file's records one by one, as far as they are written.

    A length is believed by its checksum alone. Where one is spoilt the next record is looked for.

    Parameters
    ----------
    inode
        Which file it is.
    offset
        Where its next record begins, if some were read before.

    Attributes
    ----------
    inode, offset
        How far the file has been read.
    seen_size
        How large it was when last there was nothing more to take.
    spoilt
        How often a record had to be looked for.
    given_up
        Whether too much of it is spoilt.
    """

    def __init__(self, inode: int, offset: int = 0) -> None:
        self.inode = inode
        self.offset = offset
        self.seen_size = -1
        self.spoilt = 0
        self.given_up = False
        self._resumed = offset > 0
        self._searching = False
        self._searched = 0
        self._before = 0
        self._fd = -1
        self._size = 0
        self._start = 0
        self._buffer = b""
        self._piece = CHUNK

    def open(self, folder: Folder, name: str) -> None:
        """Open the file, to take what is there by now.

        Raises
        ------
        OSError
            If the name leads to no regular file in the volume, or to one that cannot be read.
        """
        self.close()
        self._fd = folder.open(name)
        status = os.fstat(self._fd)
        self._size = status.st_size
        if status.st_ino != self.inode or self._size < self.offset:
            self.inode = status.st_ino
            self._begin_anew()

    def close(self) -> None:
        """Let go of the file, and of what was read of it."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._buffer, self._piece = -1, b"", CHUNK

    def take(self) -> Record | None:
        """Return the next record, None if no whole one was there when the file was opened.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        record = None if self.given_up else self._next()
        if record is None:
            self.seen_size = self._size
        return record

    def distrust(self, record: Record) -> None:
        """Look for the next record within this one, the last that was taken: it is spoilt."""
        self.spoilt += 1
        self.offset -= len(record.data) + FOOTER + HEADER - 1
        self._searching = True
        self._count_searched(len(record.data))

    def skip(self, folder: Folder, name: str) -> int:
        """Leave out all but the end of the file; return how much that is.

        Raises
        ------
        OSError
            As `open`.
        """
        self.open(folder, name)
        left_out = max(0, self._size - CHUNK - self.offset)
        if left_out:
            self.offset += left_out
            self._resumed = False
            self._searching = True
        self.close()
        return left_out

    def _next(self) -> Record | None:
        if self._searching:
            return self._search()
        header = self._read(HEADER)
        if len(header) < HEADER:
            return None
        length = _length(header)
        if length is None:
            return self._spoilt_header()
        self._resumed = False
        end = self.offset + HEADER + length + FOOTER
        if end > self._size:
            return None
        if length > LARGEST_READ:
            self._piece = PIECE
            self._before = self.offset = end
            return PASSED_OVER
        whole = self._read(HEADER + length + FOOTER)
        if self.offset + len(whole) < end:
            return None
        self._before, self.offset = self.offset + 1, end
        return Record(whole[HEADER:-FOOTER], int.from_bytes(whole[-FOOTER:], "little"))

    def _spoilt_header(self) -> Record | None:
        if self._resumed:  # another file that has the number of the one that was read
            self._begin_anew()
            return PASSED_OVER
        # A file system may show a file's new length before what was written.
        rest = self._read(CHUNK)
        if self.offset + len(rest) == self._size and not rest.strip(b"\0"):
            return None
        self.spoilt += 1
        self._searching = True
        # Perhaps the record before it lacks a part, and this is within a later one.
        self.offset = max(self._before, self.offset - LARGEST_READ)
        return PASSED_OVER

    def _search(self) -> Record | None:
        """Go on to the next place that may be a header, or some way towards it."""
        self._piece = SEARCHED
        data = self._read(SEARCHED)
        if len(data) < HEADER:
            return None
        for at in _candidates(data):
            if _length(data[at : at + HEADER]) is not None:
                self.offset += at
                self._searching = False
                self._piece = CHUNK
                return PASSED_OVER
        passed = len(data) - HEADER + 1
        self.offset += passed
        self._count_searched(passed)
        return PASSED_OVER

    def _count_searched(self, size: int) -> None:
        self._searched += size
        self.given_up = self._searched > MOST_SPOILT

    def _read(self, size: int) -> bytes:
        """Return so many bytes at the offset, fewer at the end; what was read is kept."""
        at = self.offset - self._start
        if at < 0 or at + size > len(self._buffer):
            wanted = min(max(size, self._piece), self._size - self.offset)
            self._buffer = os.pread(self._fd, max(0, wanted), self.offset)
            self._start, at = self.offset, 0
        return self._buffer[at : at + size]

    def _begin_anew(self) -> None:
        self.offset = 0
        self.given_up = self._searching = self._resumed = False
        self._searched = self._before = 0
        self._buffer = b""


def _length(header: bytes) -> int | None:
    """Return the length that a header says, None if it is none."""
    checksum = int.from_bytes(header[8:], "little")
    length = int.from_bytes(header[:8], "little")
    if checksum != masked_crc_of_length(header[:8]) or length > LARGEST:
        return None
    return length


def _candidates(data: bytes) -> Iterator[int]:
    """Iterate over the places at which a record of under 16 MiB, but not an empty one, may begin.

    The last five bytes of its length are zeros, and one of the first three is not.
    """
    for zeros in _SMALL_LENGTH.finditer(data):
        first, end = zeros.span()
        for at in range(max(0, first - 3), first):
            if at + 8 <= end and at + HEADER <= len(data):
                yield at
