"""Whole lines of a text that is written in pieces: files with numbers for names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import NamedTuple

from espalier_sidecar.collectors.lines import take_lines
from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.volume import Folder

MOST_NAMES = 1000
"""The shell leaves 502 pieces at most; a folder with more is not what it should be."""
DIGITS = 15


class Begun(NamedTuple):
    """Where the reading of a piece has begun."""

    at: int
    """How much was read before, in bytes."""
    position: Position
    """The piece's number, and where in it that is."""


class Pieces:
    """Reads the pieces of a folder one after the other, as one text.

    A piece has ended once the next is there. Whoever writes them deletes the oldest if none is read
    for long: what was lost so is said, and reading goes on with the oldest that is there.

    Parameters
    ----------
    volume, folder
        Where the pieces are.
    position
        Where to read on: a piece's number as `inode`, and the offset in it; at the first if None.
    within
        Whether that is within a line whose rest is passed over.
    printed
        Told of all bytes that are read, in order.

    Attributes
    ----------
    within
        Whether the next line is one whose rest is passed over.
    lost
        How often pieces were gone before they were read.
    """

    def __init__(
        self,
        volume: Folder,
        folder: str,
        position: Position | None = None,
        within: bool = False,
        printed: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._volume = volume
        self._folder = folder
        self._number, self._offset = position or Position(0, 0)
        self._resumed = position is not None
        self._fd: int | None = None
        self._begun: list[Begun] = []
        self._read = 0
        self._rest = b""
        self._printed = printed
        self.within = within
        self.lost = 0

    @property
    def found(self) -> bool:
        """Whether anything was written."""
        return self._resumed or self._read > 0

    def read(self, last: bool = False) -> bytes | None:
        """Return the next whole lines, at most 64 KiB; `None` if nothing new is there.

        Parameters
        ----------
        last
            Nothing more will be written: what lacks its end is a line too.

        Raises
        ------
        OSError
            If the next piece is no regular file, or cannot be read.
        """
        if self._fd is None and not self._begin():
            return None
        while True:
            assert self._fd is not None
            chunk = os.pread(self._fd, CHUNK - len(self._rest), self._offset)
            self._offset += len(chunk)
            self._read += len(chunk)
            self._printed(chunk)
            text = self._rest + chunk
            taken = take_lines(text, self.within) if chunk else None
            if taken is not None:
                self.within = taken.within
                self._rest = text[taken.size :]
                return taken.lines
            self._rest = text
            if not chunk:
                break
        if self._go_on():
            return b""
        if not last or not self._rest:
            return None
        self._rest = b""
        return b"" if self.within else text

    def skip(self) -> int:
        """Leave out all but the last 64 KiB; give the number of bytes left out.

        Raises
        ------
        OSError
            As `read`.
        """
        if self._fd is None and not self._begin():
            return 0
        sizes = {each: self._size(each) for each in self._numbers() if each >= self._number}
        left_out = sum(sizes.values()) - self._offset - CHUNK
        if left_out <= 0:
            return 0
        wanted = CHUNK
        for number in sorted(sizes, reverse=True):
            if sizes[number] >= wanted:
                break
            wanted -= sizes[number]
        self._open(number, sizes[number] - wanted)
        # That is likely in the middle of a line, which goes too.
        self._rest, self.within = b"", True
        return left_out

    def place_before(self, left: int) -> Position:
        """Return where those begin of the lines that were read of which so many bytes are left."""
        if not self._begun:
            return Position(self._number, self._offset)
        at = self._read - len(self._rest) - left
        begun = next((each for each in reversed(self._begun) if each.at <= at), self._begun[0])
        return Position(begun.position.inode, begun.position.offset + at - begun.at)

    def free(self, position: Position) -> None:
        """Delete the pieces before a position: they are not read again."""
        while len(self._begun) > 1 and self._begun[0].position.inode != position.inode:
            number = self._begun.pop(0).position.inode
            with contextlib.suppress(OSError):
                self._volume.remove(f"{self._folder}/{number}")

    def close(self) -> None:
        """Close the piece that is read; a read would open it again."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def _begin(self) -> bool:
        """Open the piece to read from; False if none is there yet."""
        try:
            self._open(self._number, self._offset)
        except FileNotFoundError:
            return self._open_oldest()
        return True

    def _go_on(self) -> bool:
        """Whether there is more: in this piece, or in the next, which is opened."""
        following = f"{self._folder}/{self._number + 1}"
        try:
            self._volume.inode(following)
        except FileNotFoundError:
            return not self._is_there() and self._open_oldest()
        assert self._fd is not None
        # This piece ended before the next was made, but perhaps not before it was read.
        if os.fstat(self._fd).st_size <= self._offset:
            self._open(self._number + 1)
        return True

    def _open_oldest(self) -> bool:
        """Open the oldest piece after the one that is gone; False if none is there."""
        numbers = self._numbers()
        if not numbers:
            return False
        # If none comes after it, the trainer was started again, and another text begins.
        oldest = min((each for each in numbers if each > self._number), default=min(numbers))
        goes_on = oldest > self._number
        self._open(oldest)
        self._rest, self.within = b"", goes_on
        self.lost += 1
        log_line_limited("lost", "some of what the trainer printed was gone before it was read")
        return True

    def _is_there(self) -> bool:
        """Whether the piece that is read still has its name."""
        assert self._fd is not None
        try:
            inode = self._volume.inode(f"{self._folder}/{self._number}")
        except FileNotFoundError:
            return False
        return inode == os.fstat(self._fd).st_ino

    def _open(self, number: int, offset: int = 0) -> None:
        fd = self._volume.open(f"{self._folder}/{number}")
        self.close()
        self._fd, self._number, self._offset = fd, number, offset
        self._begun.append(Begun(self._read, Position(number, offset)))

    def _numbers(self) -> list[int]:
        try:
            names = [each.name for each in self._volume.entries(self._folder, MOST_NAMES)]
        except FileNotFoundError:
            return []
        return [
            int(name) for name in names if name.isascii() and name.isdigit() and len(name) < DIGITS
        ]

    def _size(self, number: int) -> int:
        fd = self._volume.open(f"{self._folder}/{number}")
        try:
            return os.fstat(fd).st_size
        finally:
            os.close(fd)
