"""Paths with `*` in them, which mean the newest file that there is."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from espalier_sidecar.collectors.base import Context
from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.volume import Entry, Folder

STAR = "*"
MOST_ENTRIES = 256
"""So many files and folders are looked at for one path."""


def following(context: Context, path: str) -> Context:
    """Return the context to follow a file in: one whose volume knows what `*` in the path means.

    Parameters
    ----------
    context
        The collector's.
    path
        The file's, as the sidecar has it; each `*` stands for any part of a name.
    """
    if STAR not in path:
        return context
    name = path.removeprefix(f"{context.directory}/")
    return context._replace(volume=NewestFile(context.volume, context.positions.get(name)))


class NewestFile(Folder):
    """The volume, in which a name with stars is that of the newest file.

    That file keeps the name until another one is newer, and does not get it back: of several that
    are written at once it is the one that was begun last. Who follows the name through a rotation
    reads the rest of the old file first.

    Parameters
    ----------
    volume
        Where the files are.
    resume
        How far one of them was read before: it is the first that has the name, if it is there.
    """

    def __init__(self, volume: Folder, resume: Position | None) -> None:
        super().__init__(-1)
        self._volume = volume
        self._resume = resume
        self._followed = ""
        self._inode = 0
        self._left: set[tuple[str, int]] = set()

    def open(self, name: str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
        """Open the newest file; raises `OSError` as the volume does, and if there are too many."""
        path, entry = self._newest(name)
        fd = self._volume.open(path, flags, mode)
        if self._followed and (path, entry.inode) != (self._followed, self._inode):
            self._left.add((self._followed, self._inode))
        self._followed, self._inode = path, os.fstat(fd).st_ino
        self._resume = None
        return fd

    def inode(self, name: str) -> int:
        """Return the inode of the newest file; raises `OSError` as `open` does."""
        return self._newest(name)[1].inode

    def _newest(self, name: str) -> tuple[str, Entry]:
        """Return the path of the newest file, and what was seen of it."""
        files = [
            (path, entry)
            for path, entry in matching(self._volume, name)
            if (path, entry.inode) not in self._left
        ]
        if not files:
            raise FileNotFoundError(name)
        read = self._resume.inode if self._resume else None
        return max(files, key=lambda each: (each[1].inode == read, each[1].changed, each[0]))


def matching(volume: Folder, pattern: str) -> list[tuple[str, Entry]]:
    """Return the regular files whose path matches a pattern, with what was seen of each.

    A folder that a link leads to is none. A star does not stand for the dot that a name begins
    with.

    Raises
    ------
    OSError
        If there are more than `MOST_ENTRIES` to be looked at, or nothing can be read.
    """
    *folders, last = pattern.split("/")
    look = _Look(volume)
    above = [""]
    for part in folders:
        above = [path for path, entry in look.below(above, part) if entry.is_folder]
    found = [(path, entry) for path, entry in look.below(above, last) if entry.is_file]
    if not found and look.error is not None:
        raise look.error
    return found


class _Look:
    """Looks at folders, and counts what it sees."""

    def __init__(self, volume: Folder) -> None:
        self._volume = volume
        self._left = MOST_ENTRIES
        self.error: OSError | None = None

    def below(self, folders: Sequence[str], part: str) -> Iterator[tuple[str, Entry]]:
        """Yield what lies in folders under a name, which may have stars."""
        pieces = part.split(STAR)
        for folder in folders:
            path = f"{folder}/" if folder else ""
            try:
                entries = (
                    self._volume.entries(folder, self._left)
                    if len(pieces) > 1
                    else [self._volume.entry(path + part)]
                )
            except FileNotFoundError:
                continue
            except OSError as error:
                self.error = error
                continue
            self._left = max(0, self._left - len(entries))
            for entry in entries:
                if entry.name == part or is_match(entry.name, pieces):
                    yield path + entry.name, entry


def is_match(name: str, pieces: Sequence[str]) -> bool:
    """Tell whether a name is these pieces with anything between them, in one pass.

    Parameters
    ----------
    name
        The name.
    pieces
        A pattern, split at its stars: two or more.
    """
    first, *middle, last = pieces
    if name.startswith(".") and not first.startswith("."):
        return False
    if not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for piece in middle:
        found = name.find(piece, at, end)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= end
