"""Whole lines of a file that somebody else writes."""

from __future__ import annotations

import os
from typing import NamedTuple

from espalier_sidecar.limits import CHUNK
from espalier_sidecar.volume import Folder


class Position(NamedTuple):
    """How far a file has been read."""

    inode: int
    """Which file it was."""
    offset: int
    """Where its next line begins, in bytes from its start."""


class GrowingFile:
    """Follows a name in the volume through growth, truncation and rotation.

    A line counts once its newline is there; a line longer than `CHUNK` is passed over.
    A file that is cut and written again to more than its old length between two looks cannot be
    told from one that grew.

    Parameters
    ----------
    folder, name
        Where the file is.
    position
        Where to read on, if the file is still the one that it was; from its start if None.
    """

    def __init__(self, folder: Folder, name: str, position: Position | None = None) -> None:
        self._folder = folder
        self._name = name
        self._resume = position
        self._fd: int | None = None
        self._seen = -1
        self._passing_over = False
        self.position = position or Position(0, 0)
        self.too_long = 0

    @property
    def found(self) -> bool:
        """Whether a file is there and open."""
        return self._fd is not None

    def read(self, last: bool = False) -> bytes | None:
        """Return the next chunk's whole lines, or `None` if nothing new is there.

        Parameters
        ----------
        last
            Nothing more will be written: what lacks its newline is a line too.

        Raises
        ------
        OSError
            If the name leads to no regular file in the volume, or to one that cannot be read.
        """
        if self._fd is None and not self._open():
            return None
        assert self._fd is not None
        size = os.fstat(self._fd).st_size
        if size < self.position.offset:
            self._go_to(0)
        rotated = self._rotated()
        if size == self._seen and not rotated and not last:
            return None
        chunk = os.pread(self._fd, CHUNK, self.position.offset)
        lines = self._whole_lines(chunk)
        if lines is not None:
            return lines
        self._seen = size
        if not rotated and not (last and chunk):
            return None
        self._go_to(self.position.offset + len(chunk))
        if rotated:
            self.close()
        return b"" if self._passing_over else chunk

    def skip(self) -> int:
        """Leave out all but the file's last chunk; give the number of bytes left out.

        Raises
        ------
        OSError
            As `read`.
        """
        if self._fd is None and not self._open():
            return 0
        assert self._fd is not None
        left_out = os.fstat(self._fd).st_size - CHUNK - self.position.offset
        if left_out <= 0:
            return 0
        # Where the last chunk begins is likely in the middle of a line, which goes too.
        self._go_to(self.position.offset + left_out)
        self._passing_over = True
        return left_out

    def close(self) -> None:
        """Close the file; a read would open it again."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def _whole_lines(self, chunk: bytes) -> bytes | None:
        end = chunk.rfind(b"\n") + 1
        if not end:
            if len(chunk) < CHUNK:
                return None
            self.too_long += not self._passing_over
            self._passing_over = True
            self._go_to(self.position.offset + CHUNK)
            return b""
        start = chunk.find(b"\n") + 1 if self._passing_over else 0
        self._passing_over = False
        self._go_to(self.position.offset + end)
        return chunk[start:end]

    def _open(self) -> bool:
        try:
            self._fd = self._folder.open(self._name)
        except FileNotFoundError:
            return False
        inode = os.fstat(self._fd).st_ino
        same = self._resume is not None and self._resume.inode == inode
        offset = self._resume.offset if self._resume is not None and same else 0
        self._resume = None
        self._passing_over = False
        self.position = Position(inode, offset)
        self._seen = -1
        return True

    def _rotated(self) -> bool:
        """Whether the name means another file by now, or something that is none."""
        try:
            return self._folder.inode(self._name) != self.position.inode
        except FileNotFoundError:
            return False
        except OSError:
            return True

    def _go_to(self, offset: int) -> None:
        self.position = Position(self.position.inode, offset)
        self._seen = -1
