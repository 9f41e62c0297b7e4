"""Where values are looked for: a file, a directory or standard input."""

from __future__ import annotations

import difflib
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from espalier.errors import UsageError

STANDARD_INPUT = "-"
MOST_FILES = 64
"""Of a directory, whose files are looked at one by one where no type is given."""
DEEPEST = 6
_HEAD = 4096
_EVENTS = b"brain.Event:"
"""In the first record of every event file that TensorBoard can read."""

_FORMATS = {
    b"\x1f\x8b": "a file packed by gzip; unpack it first, as with zcat, and give it as -",
    b"PK\x03\x04": "a zip; unpack it first, and give what is in it",
    b"\xfd7zXZ": "a file packed by xz; unpack it first, as with xzcat, and give it as -",
    b"\xff\xfe": "text in UTF-16; write it as UTF-8",
    b"\xfe\xff": "text in UTF-16; write it as UTF-8",
    b"SQLite format 3": "a database; give the log that the trainer writes besides",
}


@dataclass(frozen=True)
class Location:
    """A file or a directory, as a collector is shown it.

    Parameters
    ----------
    shown
        What it is called in messages.
    folder
        The directory that stands for the volume.
    name
        Its path below that directory.
    size
        Its bytes; 0 for a directory.
    is_directory
        Whether it is a directory.
    """

    shown: str
    folder: str
    name: str
    size: int = 0
    is_directory: bool = False


def location_of(argument: str, scratch: Path) -> Location:
    """Return where an argument lies.

    Parameters
    ----------
    argument
        A path, or `-` for standard input.
    scratch
        A directory for what cannot be read where it is, such as a pipe.

    Raises
    ------
    UsageError
        If nothing can be read there; it says why.
    """
    if argument == STANDARD_INPUT:
        return _spooled(sys.stdin.buffer, scratch, "output.log", "standard input")
    path = Path(argument)
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(argument, _no_file(path)) from None
    except (OSError, ValueError) as error:
        raise UsageError(argument, _unreadable(error)) from error
    if stat.S_ISDIR(found.st_mode):
        real = path.resolve()
        if not real.name:
            raise UsageError(argument, "expected a directory of a trainer's; name one below it")
        return Location(argument, str(real.parent), real.name, is_directory=True)
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISFIFO(found.st_mode):
        raise UsageError(argument, "expected a file, a directory or a pipe; give one of these")
    try:
        with path.open("rb") as stream:
            if stat.S_ISFIFO(found.st_mode):
                return _spooled(stream, scratch, "output.log", argument)
            events = _looked_at(stream, argument)
            if events or _is_odd(path.name):
                return _spooled(
                    stream, scratch, "events.out.tfevents.0" if events else "output.log", argument
                )
    except OSError as error:
        raise UsageError(argument, _unreadable(error)) from error
    real = path.resolve()
    return Location(argument, str(real.parent), real.name, found.st_size)


def files_in(location: Location) -> Iterator[Location]:
    """Iterate over the files in a directory, at most `MOST_FILES`, in the order of their names."""
    top, count = Path(location.folder) / location.name, 0
    for folder, folders, names in os.walk(top):
        inside = Path(folder).relative_to(top)
        folders[:] = sorted(folders) if len(inside.parts) < DEEPEST else []
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_symlink() or not path.is_file() or _is_odd(str(inside / name)):
                continue
            count += 1
            if count > MOST_FILES:
                return
            try:
                with path.open("rb") as stream:
                    if _looked_at(stream, str(path)):
                        continue  # these are read with their directory
            except (OSError, UsageError):
                continue
            shown = str(Path(location.shown) / inside / name)
            yield Location(shown, str(top), str(inside / name), path.stat().st_size)


def _looked_at(stream: BinaryIO, shown: str) -> bool:
    """Whether the stream is an event file; raises if it is neither that nor text."""
    head = stream.read(_HEAD)
    stream.seek(0)
    if _EVENTS in head[:64]:
        return True
    for begin, words in _FORMATS.items():
        if head.startswith(begin):
            raise UsageError(shown, f"expected text or event files, and this is {words}")
    if b"\0" in head:
        raise UsageError(
            shown,
            "expected text or event files, and this is neither (it has NUL bytes); give the log "
            "or the table that the trainer writes",
        )
    return False


def _spooled(stream: BinaryIO, scratch: Path, name: str, shown: str) -> Location:
    folder = scratch / str(len(list(scratch.iterdir())))
    folder.mkdir()
    with (folder / name).open("wb") as file:
        shutil.copyfileobj(stream, file)
    with (folder / name).open("rb") as file:
        events = _looked_at(file, shown)
    if events:  # they are read with their directory, which has no others here
        return Location(shown, str(scratch), folder.name, is_directory=True)
    return Location(shown, str(folder), name, (folder / name).stat().st_size)


def _is_odd(name: str) -> bool:
    """Whether a collector's path would take the name for something else."""
    return "*" in name or name.startswith(".") or not name.isprintable()


def _no_file(path: Path) -> str:
    expected = "expected a file or a directory, and there is none of this name"
    try:
        near = difflib.get_close_matches(path.name, os.listdir(path.parent), n=1)
    except OSError:
        return f"{expected}; correct the path"
    remedy = f"did you mean {path.parent / near[0]}?" if near else "correct the path"
    return f"{expected}; {remedy}"


def _unreadable(error: Exception) -> str:
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"expected a file that can be read, and it cannot ({why}); see to its permissions"
