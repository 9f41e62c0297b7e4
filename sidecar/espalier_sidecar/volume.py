"""The only way to a file of the shared volume, where the trainer may lay anything.

A path is walked part by part and no link is followed, so that none leads out; what is opened is
a regular file or refused, and opening never waits, as it would for a pipe or a leased file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from typing import NamedTuple

from espalier_sidecar.log import log_line
from espalier_sidecar.text import clip

OWN = ".sidecar"
MAX_ENTRIES = 256
NO_FILE = "expected a regular file, and no link on the way to it"
NO_FOLDER = "expected a folder, and no link on the way to it"
_NO_FILE = frozenset({errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EISDIR})
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Entry(NamedTuple):
    """What lies in a folder, without a look at what a link leads to."""

    name: str
    """Its name in the folder."""
    is_file: bool
    """Whether it is a regular file."""
    is_folder: bool
    """Whether it is a folder."""
    changed: int
    """When its content was changed last, in nanoseconds."""
    inode: int
    """Which file it is."""


class Folder:
    """A folder that is held open: what its name leads to later does not matter.

    It is closed once nobody refers to it any more.

    Parameters
    ----------
    fd
        Its descriptor.
    above
        The folder that it is in, where it may have to be made anew.
    """

    def __init__(self, fd: int, above: Folder | None = None) -> None:
        self._fd = fd
        self._above = above

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    @classmethod
    def at(cls, path: str) -> Folder:
        """Return the folder at a path that the trainer cannot change: the volume's mount point.

        Raises
        ------
        OSError
            If there is none.
        """
        return cls(os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC))

    def open(self, name: str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
        """Open a regular file below this folder; return its descriptor.

        Raises
        ------
        OSError
            If there is none, or if the name leads through a link, out of the folder, or to a
            pipe, a folder, a device or a socket.
        """
        try:
            with self._parent(name) as (parent, last):
                fd = os.open(last, flags | _FILE, mode, dir_fd=parent)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise OSError(NO_FILE) from error
            raise
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(NO_FILE)
        return fd

    def inode(self, name: str) -> int:
        """Return the inode that a name has now, a link's own if it is one.

        Raises
        ------
        OSError
            If nothing has the name.
        """
        return self.entry(name).inode

    def entry(self, name: str) -> Entry:
        """Return what has a name now, a link itself if it is one.

        Raises
        ------
        OSError
            If nothing has the name.
        """
        with self._parent(name) as (parent, last):
            return _entry(last, os.stat(last, dir_fd=parent, follow_symlinks=False))

    def entries(self, name: str, most: int) -> list[Entry]:
        """Return what lies in a folder below this one, in any order.

        Parameters
        ----------
        name
            The folder's; empty for this one.
        most
            How many entries may be looked at.

        Raises
        ------
        OSError
            If there is no such folder, the name leads through a link, or there are more entries.
        """
        with contextlib.ExitStack() as held:
            at, last = held.enter_context(self._parent(name)) if name else (self._fd, ".")
            fd = os.open(last, os.O_RDONLY | _FOLDER, dir_fd=at)
            held.callback(os.close, fd)
            found: list[Entry] = []
            for each in held.enter_context(os.scandir(fd)):
                if len(found) == most:
                    raise OSError(f"expected at most {most} files in a folder; came more")
                with contextlib.suppress(FileNotFoundError):
                    found.append(_entry(each.name, each.stat(follow_symlinks=False)))
            return found

    def read(self, name: str, limit: int) -> bytes:
        """Return the first `limit` bytes of a file; raises `OSError` as `open` does."""
        fd = self.open(name)
        try:
            return os.pread(fd, limit, 0)
        finally:
            os.close(fd)

    @contextlib.contextmanager
    def scan(self, name: str) -> Iterator[Iterator[os.DirEntry[str]]]:
        """Iterate over what lies in a folder below this one; where links lead is not said.

        Raises
        ------
        OSError
            If there is none, or if the name leads through a link or out of the folder.
        """
        try:
            with self._parent(name) as (parent, last):
                fd = os.open(last, os.O_RDONLY | _FOLDER, dir_fd=parent)
        except OSError as error:
            if error.errno in _NO_FILE:
                raise OSError(NO_FOLDER) from error
            raise
        try:
            with os.scandir(fd) as entries:
                yield entries
        finally:
            os.close(fd)

    def open_own(self, name: str, largest: int) -> int:
        """Open a file of the sidecar's own, made if need be, for reading and writing.

        Whatever else lies there (no regular file, or one larger than the sidecar makes) is set
        aside under another name: it may be what the trainer wants, and is no reason to fail.

        Raises
        ------
        OSError
            If it cannot be made.
        """
        with contextlib.suppress(OSError):
            fd = self.open(name, os.O_RDWR)
            if os.fstat(fd).st_size <= largest:
                return fd
            os.close(fd)
        self.set_aside(name)
        return self._create(name, os.O_RDWR, 0o600)

    def set_aside(self, name: str) -> None:
        """Rename what lies under a name, if anything does."""
        aside = f"{name}.{time.time_ns()}.aside"
        with contextlib.suppress(FileNotFoundError):
            os.rename(name, aside, src_dir_fd=self._fd, dst_dir_fd=self._fd)
            log_line(f"{name} was not as it was left; it is {aside} now")

    def put(self, scratch: str, content: bytes, mode: int, target: Folder, name: str) -> None:
        """Let a file appear in `target` as a whole; whatever had its name is replaced.

        Raises
        ------
        OSError
            If it cannot be written, or if a folder has the name.
        """
        self.remove(scratch)
        fd = self._create(scratch, os.O_WRONLY, mode)
        try:
            os.fchmod(fd, mode)
            written = os.write(fd, content)
            if written != len(content):
                raise OSError(f"wrote {written} of {len(content)} bytes")
        finally:
            os.close(fd)
        os.rename(scratch, name, src_dir_fd=self._fd, dst_dir_fd=target._fd)

    def names(self) -> list[str]:
        """Return what lies in the folder, if that is no more than the sidecar's.

        Raises
        ------
        OSError
            If there are too many of them to be read.
        """
        return [each.name for each in self.entries("", MAX_ENTRIES)]

    def remove(self, name: str) -> None:
        """Delete a file, if it is there; a folder that has its name is set aside.

        Raises
        ------
        OSError
            If the name leads through a link, or the file may not be deleted.
        """
        try:
            with self._parent(name) as (parent, last):
                os.unlink(last, dir_fd=parent)
        except FileNotFoundError:
            return
        except IsADirectoryError:
            self.set_aside(name)

    def below(self, name: str, mode: int) -> Folder:
        """Return a folder just below this one, made if need be, and no link to one.

        Raises
        ------
        OSError
            If it cannot be made, or if something else has its name.
        """
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, mode, dir_fd=self._fd)
        folder = Folder(os.open(name, os.O_RDONLY | _FOLDER, dir_fd=self._fd))
        # It may be another user's by now; what it lets us do shows then.
        with contextlib.suppress(OSError):
            os.fchmod(folder._fd, mode)
        return folder

    def own_folder(self) -> Folder:
        """Return the sidecar's own folder, made anew if what has its name cannot be it.

        Raises
        ------
        OSError
            If there can be none: the trainer has made the volume unwritable.
        """
        for _ in range(2):
            with contextlib.suppress(FileExistsError):
                os.mkdir(OWN, 0o700, dir_fd=self._fd)
            try:
                return self._usable()
            except OSError as error:
                log_line(f"cannot use {OWN}: {error}")
                self.set_aside(OWN)
        raise OSError(f"could not make {OWN}")

    def _usable(self) -> Folder:
        fd = os.open(OWN, os.O_RDONLY | _FOLDER, dir_fd=self._fd)
        if os.fstat(fd).st_uid != os.geteuid():
            os.close(fd)
            raise OSError("it belongs to another user")
        os.fchmod(fd, 0o700)
        folder = Folder(fd, self)
        folder.names()
        return folder

    def _create(self, name: str, flags: int, mode: int) -> int:
        flags |= os.O_CREAT | os.O_EXCL
        try:
            return self.open(name, flags, mode)
        except FileNotFoundError:
            if self._above is None:
                raise
        # The folder itself was deleted under us. The new one takes its number, for all threads.
        made = self._above.own_folder()
        os.dup2(made._fd, self._fd, inheritable=False)
        return self.open(name, flags, mode)

    @contextlib.contextmanager
    def _parent(self, name: str) -> Iterator[tuple[int, str]]:
        """Walk to the folder that a name lies in; give it, and the last part of the name."""
        *folders, last = _parts(name)
        at = self._fd
        try:
            for part in folders:
                above, at = at, os.open(part, os.O_PATH | _FOLDER, dir_fd=at)
                if above != self._fd:
                    os.close(above)
            yield at, last
        finally:
            if at != self._fd:
                os.close(at)


class MemoryFolder(Folder):
    """Stands in for a folder that cannot be had: its files end with the process."""

    def __init__(self) -> None:
        super().__init__(-1)

    def open(self, name: str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
        """Make an empty file in memory; one to be read only is not there.

        Raises
        ------
        FileNotFoundError
            If there is no such file, and none is to be made.
        """
        if not flags & os.O_CREAT:
            raise FileNotFoundError(name)
        return os.memfd_create("espalier")

    def put(self, scratch: str, content: bytes, mode: int, target: Folder, name: str) -> None:
        """Write nothing: nobody will read it."""

    def set_aside(self, name: str) -> None:
        """Leave what is not there."""

    def names(self) -> list[str]:
        """Name nothing."""
        return []

    def remove(self, name: str) -> None:
        """Delete what is not there."""


def _entry(name: str, found: os.stat_result) -> Entry:
    mode = found.st_mode
    return Entry(name, stat.S_ISREG(mode), stat.S_ISDIR(mode), found.st_mtime_ns, found.st_ino)


def _parts(name: str) -> list[str]:
    parts = name.split("/")
    if parts[0] == OWN or "\0" in name or not {"", ".", ".."}.isdisjoint(parts):
        raise OSError(
            f"expected a path below the volume, without .. and outside {OWN}; came {clip(name)}"
        )
    return parts
