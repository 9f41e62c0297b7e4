"""A file that somebody else writes, held by its name."""

from __future__ import annotations

import os
from typing import NamedTuple

from espalier_sidecar.volume import Folder


class Position(NamedTuple):
    """How far a file has been read."""

    inode: int
    """Which file it was."""
    offset: int
    """Where its next line begins, in bytes from its start."""


class NamedFile:
    """A name in the volume, and the file that had it when it was opened.

    Parameters
    ----------
    folder, name
        Where the file is.
    position
        How far it was read before; its start if None.

    Attributes
    ----------
    position
        How far it has been read.
    """

    def __init__(self, folder: Folder, name: str, position: Position | None) -> None:
        self._folder = folder
        self._name = name
        self._fd: int | None = None
        self.position = position or Position(0, 0)

    @property
    def found(self) -> bool:
        """Whether a file is there and open."""
        return self._fd is not None

    def close(self) -> None:
        """Close the file; a read would open it again."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def _replaced(self) -> bool:
        """Whether the name means another file by now, or something that is none."""
        try:
            return self._folder.inode(self._name) != self.position.inode
        except FileNotFoundError:
            return False
        except OSError:
            return True
