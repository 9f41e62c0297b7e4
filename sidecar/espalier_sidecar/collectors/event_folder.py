"""Finds the event files below a directory, the oldest first, in little time and memory."""

from __future__ import annotations

import heapq
import os
import time
from typing import NamedTuple

from espalier_sidecar.text import clip
from espalier_sidecar.volume import Folder

MARK = "tfevents"  # what every writer puts into a file's name
MOST_FILES = 400
"""So many are known, the newest."""
MOST_FOLDERS = 400
LONGEST_PATH = 512
MOST_ENTRIES = 20_000
"""A look ends after so many names of whatever lies there."""
ENTRIES_A_POLL = 64
"""Looks take turns with polls that look at nothing: one for so many names."""


class EventFileEntry(NamedTuple):
    """An event file as a look finds it; ordered by age."""

    modified: int
    """When it was last written, in nanoseconds."""
    path: str
    """Where it is, below the volume."""
    inode: int
    """Which file it is."""
    size: int
    """How large it is."""


class EventFolder:
    """Looks through a directory, a folder at a time, again and again.

    Parameters
    ----------
    volume
        The volume.
    name
        The directory, below the volume.

    Attributes
    ----------
    files
        What the last look found, by age.
    fault
        What kept it from finding more, as a sentence; empty if nothing did.
    """

    def __init__(self, volume: Folder, name: str) -> None:
        self._volume = volume
        self._name = name
        self._folders: list[str] = []
        self._finding: list[EventFileEntry] = []
        self._fault = ""
        self._folders_seen = 0
        self._entries = 0
        self._rests = 0
        self.files: list[EventFileEntry] = []
        self.fault = ""

    def look(self, until: float, now: bool) -> bool:
        """Look on; return whether this ended a look.

        Parameters
        ----------
        until
            When to stop, in seconds of the monotonic clock; a folder is looked through whole.
        now
            Whether not to rest: after many names the next look waits for some polls.
        """
        if not self._folders:
            if self._rests and not now:
                self._rests -= 1
                return False
            self._begin()
        while self._folders:
            self._look_into(self._folders.pop())
            if self._folders and time.monotonic() >= until:
                return False
        self._end()
        return True

    def forget(self) -> None:
        """Drop a look that has begun: what it has passed is of before."""
        self._folders = []

    @property
    def looking(self) -> bool:
        """Whether a look has begun and not ended."""
        return bool(self._folders)

    def _begin(self) -> None:
        self._folders, self._finding, self._fault = [self._name], [], ""
        self._folders_seen = self._entries = 0

    def _end(self) -> None:
        self.files = sorted(self._finding)
        self.fault = self._fault
        self._finding = []
        self._rests = self._entries // ENTRIES_A_POLL

    def _look_into(self, folder: str) -> None:
        try:
            with self._volume.scan(folder) as entries:
                for entry in entries:
                    self._entries += 1
                    if self._entries > MOST_ENTRIES:
                        self._say(f"expected at most {MOST_ENTRIES} names below {clip(self._name)}")
                        self._folders = []
                        return
                    self._take(folder, entry)
        except FileNotFoundError:
            if folder == self._name:
                self._say(f"{clip(folder)} is not there yet")
        except OSError as error:
            self._say(f"cannot look into {clip(folder)}: {error}")

    def _take(self, folder: str, entry: os.DirEntry[str]) -> None:
        path = f"{folder}/{entry.name}"
        if len(path) > LONGEST_PATH:
            self._say(f"expected paths of at most {LONGEST_PATH} characters; came {clip(path)}")
        elif entry.is_dir(follow_symlinks=False):
            self._folders_seen += 1
            if self._folders_seen < MOST_FOLDERS:
                self._folders.append(path)
            else:
                self._say(f"expected at most {MOST_FOLDERS} folders below {clip(self._name)}")
        elif MARK in entry.name and entry.name.isprintable():
            status = entry.stat(follow_symlinks=False)
            found = EventFileEntry(status.st_mtime_ns, path, status.st_ino, status.st_size)
            if len(self._finding) < MOST_FILES:
                heapq.heappush(self._finding, found)
            else:
                heapq.heappushpop(self._finding, found)
                self._say(f"expected at most {MOST_FILES} event files; the newest are read")

    def _say(self, fault: str) -> None:
        self._fault = self._fault or fault
