"""Whole lines of a file that somebody else writes."""

import os
import stat
from typing import NamedTuple

MAX_LINE = 64 * 1024
CHUNK = MAX_LINE


class Position(NamedTuple):
    """How far a file has been read: which file it was, and where its next line begins."""

    inode: int
    offset: int


class Tail:
    """Follows a path through growth, truncation and rotation.

    A line counts once its newline is there; a line longer than `MAX_LINE` is passed over.
    A file that is cut and written again to more than its old length between two looks cannot be
    told from one that grew.
    """

    def __init__(self, path: str, position: Position | None = None) -> None:
        self._path = path
        self._resume = position
        self._fd: int | None = None
        self._seen = -1
        self._passing_over = False
        self.position = position or Position(0, 0)
        self.too_long = 0

    def read(self, last: bool = False) -> list[bytes] | None:
        """Give the lines of the next chunk, or `None` if nothing new is there.

        Parameters
        ----------
        last
            Nothing more will be written: what lacks its newline is a line too.
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
            self._close()
        return [chunk] if chunk and not self._passing_over else []

    def _whole_lines(self, chunk: bytes) -> list[bytes] | None:
        end = chunk.rfind(b"\n") + 1
        if not end:
            if len(chunk) < CHUNK:
                return None
            self.too_long += not self._passing_over
            self._passing_over = True
            self._go_to(self.position.offset + CHUNK)
            return []
        lines = chunk[:end].split(b"\n")[:-1]
        if self._passing_over:
            lines = lines[1:]
            self._passing_over = False
        self._go_to(self.position.offset + end)
        return lines

    def _open(self) -> bool:
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            os.close(fd)
            raise OSError(f"{self._path}: expected a regular file")
        self._fd = fd
        same = self._resume is not None and self._resume.inode == status.st_ino
        offset = self._resume.offset if self._resume is not None and same else 0
        self._resume = None
        self._passing_over = False
        self.position = Position(status.st_ino, offset)
        self._seen = -1
        return True

    def _rotated(self) -> bool:
        """Whether the path names another file by now."""
        try:
            return os.stat(self._path).st_ino != self.position.inode
        except FileNotFoundError:
            return False

    def _go_to(self, offset: int) -> None:
        self.position = Position(self.position.inode, offset)
        self._seen = -1

    def _close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None
