"""A file that is written row by row, and now and then anew as a whole."""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.named_file import NamedFile, Position
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.volume import Folder

TAIL = 128
"""So many bytes before the next row are what they were, or else the file was written anew."""


class Chunk(NamedTuple):
    """What of the file comes next."""

    data: bytes
    """At most `CHUNK` bytes, from where the next row begins."""
    begins: bool
    """Whether that is the start of the file, be it for the first time or again."""
    ends: bool
    """Whether nothing will be added to it."""


class Header(NamedTuple):
    """The row that names the columns of those that follow."""

    start: int
    """Where it begins, in bytes from the start of the file."""
    size: int
    """Its length in bytes."""
    crc: int
    """Its checksum."""


NO_HEADER = Header(0, 0, 0)


class TableFile(NamedFile):
    """Follows a name in the volume, from row to row.

    After each read it is looked whether the header and the end of what was read before are still
    as they were; if not, or if the file is shorter, it was written anew and is read from its start.
    So what is read stands under the header that it was written under, whoever writes meanwhile.

    Parameters
    ----------
    folder, name
        Where the file is.
    position
        Where to read on, if the file is still the one that it was; from its start if None.
    kept
        What `state` has returned then.
    """

    def __init__(
        self, folder: Folder, name: str, position: Position | None, kept: Mapping[str, Any]
    ) -> None:
        super().__init__(folder, name, position)
        self._seen: tuple[int, int] | None = None
        self._header, self._tail = _marks(kept)
        # Without the marks nobody knows whether what was read is still there.
        self._resume = position if self._header.size else None

    def read(self, last: bool) -> Chunk | None:
        """Return what comes next; None if nothing is there that was not there before.

        Parameters
        ----------
        last
            Whether the training has ended.

        Raises
        ------
        OSError
            If the name leads to no regular file in the volume, or to one that cannot be read.
        """
        if self._fd is None and not self._open():
            return None
        assert self._fd is not None
        replaced = self._replaced()
        status = os.fstat(self._fd)
        if not (replaced or last) and self._seen == (status.st_size, status.st_mtime_ns):
            return None
        self._seen = status.st_size, status.st_mtime_ns
        data = os.pread(self._fd, CHUNK, self.position.offset)
        if self.position.offset and not self._as_it_was():
            self._go_to(0)
            self._header, self._tail = NO_HEADER, b""
            data = os.pread(self._fd, CHUNK, 0)
        if data:
            return Chunk(data, self.position.offset == 0, replaced or last)
        if not replaced:
            return None
        self.close()
        return self.read(last)

    def advance(self, rows: bytes) -> None:
        """Go on behind some rows that came next."""
        self._tail = (self._tail + rows[-TAIL:])[-TAIL:]
        self._go_to(self.position.offset + len(rows))

    def names_columns(self, row: bytes) -> None:
        """Take a row that comes next for the header of those that follow."""
        self._header = Header(self.position.offset, len(row), crc32(row))

    def header(self) -> bytes:
        """Return the row that names the columns; raises `OSError` if it cannot be read."""
        assert self._fd is not None
        return os.pread(self._fd, self._header.size, self._header.start)

    def state(self) -> dict[str, Any]:
        """Return what must be known to go on after a restart, besides the position."""
        return {"header": list(self._header), "tail": self._tail.hex()}

    def skip(self) -> int:
        """Leave out all but the file's last chunk; give the number of bytes left out.

        Raises
        ------
        OSError
            As `read`.
        """
        if self._fd is None:
            return 0
        left_out = os.fstat(self._fd).st_size - CHUNK - self.position.offset
        if left_out <= 0 or not self._header.size:
            return 0
        at = self.position.offset + left_out
        end = at + os.pread(self._fd, CHUNK, at).find(b"\n") + 1
        if end == at:
            return 0
        self._tail = os.pread(self._fd, TAIL, end - TAIL)
        self._go_to(end)
        return left_out + end - at

    def _open(self) -> bool:
        try:
            self._fd = self._folder.open(self._name)
        except FileNotFoundError:
            return False
        inode = os.fstat(self._fd).st_ino
        if self._resume is None or self._resume.inode != inode:
            self._header, self._tail = NO_HEADER, b""
            self._resume = Position(inode, 0)
        self.position, self._resume = self._resume, None
        self._seen = None
        return True

    def _as_it_was(self) -> bool:
        assert self._fd is not None
        before = max(0, self.position.offset - len(self._tail))
        if os.pread(self._fd, len(self._tail), before) != self._tail:
            return False
        return crc32(self.header()) == self._header.crc

    def _go_to(self, offset: int) -> None:
        self.position = Position(self.position.inode, offset)
        self._seen = None


def _marks(kept: Mapping[str, Any]) -> tuple[Header, bytes]:
    """Return header and tail of what was kept; nothing if it cannot be that."""
    try:
        header, tail = Header(*kept["header"]), bytes.fromhex(kept["tail"])
    except (KeyError, TypeError, ValueError):
        return NO_HEADER, b""
    whole = all(type(each) is int and 0 <= each < 2**63 for each in header)
    return (header, tail) if whole and header.size <= CHUNK and tail else (NO_HEADER, b"")
