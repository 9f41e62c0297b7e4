"""Whole lines of a file that somebody else writes."""

from __future__ import annotations

import os

from espalier_sidecar.collectors.lines import take_lines
from espalier_sidecar.collectors.named_file import NamedFile, Position
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.volume import Folder


class GrowingFile(NamedFile):
    """Follows a name in the volume through growth, truncation and rotation.

    A line counts once its end is there: a newline, a carriage return, or both. Of a line longer
    than `CHUNK` the beginning comes at once, without an end, and the rest is passed over.
    A file that is cut and written again to more than its old length between two looks cannot be
    told from one that grew.

    Parameters
    ----------
    folder, name
        Where the file is.
    position
        Where to read on, if the file is still the one that it was; from its start if None.
    within
        Whether that is within a line whose rest is passed over.

    Attributes
    ----------
    position
        Where the next line begins.
    within
        Whether that is within a line whose rest is passed over.
    """

    def __init__(
        self, folder: Folder, name: str, position: Position | None = None, within: bool = False
    ) -> None:
        super().__init__(folder, name, position)
        self._resume = position
        self._seen = -1
        self.within = within

    def read(self, last: bool = False) -> bytes | None:
        """Return the next chunk's whole lines, or `None` if nothing new is there.

        Parameters
        ----------
        last
            Nothing more will be written: what lacks its end is a line too.

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
            self.within = False
            self._go_to(0)
        rotated = self._replaced()
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
        return b"" if self.within else chunk

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
        self.within = True
        return left_out

    def place_before(self, left: int) -> Position:
        """Return where those begin of the lines that were read of which so many bytes are left."""
        return Position(self.position.inode, self.position.offset - left)

    def _whole_lines(self, chunk: bytes) -> bytes | None:
        taken = take_lines(chunk, self.within)
        if taken is None:
            return None
        self.within = taken.within
        self._go_to(self.position.offset + taken.size)
        return taken.lines

    def _open(self) -> bool:
        try:
            self._fd = self._folder.open(self._name)
        except FileNotFoundError:
            return False
        inode = os.fstat(self._fd).st_ino
        same = self._resume is not None and self._resume.inode == inode
        offset = self._resume.offset if self._resume is not None and same else 0
        self.within = self.within and same
        self._resume = None
        self.position = Position(inode, offset)
        self._seen = -1
        return True

    def _go_to(self, offset: int) -> None:
        self.position = Position(self.position.inode, offset)
        self._seen = -1
