"""Where an export is written: a file that is there whole or not at all, or standard output."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO

from espalier.errors import UsageError

_LINES = 1000


@contextmanager
def written_whole(target: Path, force: bool) -> Iterator[Path]:
    """Give a path to write to, which takes the target's place when all of it is written.

    Parameters
    ----------
    force
        Whether a file that is there may be replaced.

    Raises
    ------
    UsageError
        If there is a file already, or it cannot be written.
    """
    if target.exists() and not target.is_file():
        raise UsageError("--output", f"expected a file, got {target}; name one")
    if target.exists() and not force:
        raise UsageError(
            "--output",
            f"expected a file that is not there yet, got {target}; name another, or replace it "
            "with --force",
        )
    try:
        # Beside the target, so that it can be renamed; in a folder, since a database has others.
        folder = Path(tempfile.mkdtemp(prefix=".espalier-", dir=target.parent))
    except OSError as error:
        raise UsageError(
            "--output", f"expected a file that can be written, got {target}: {error.strerror}"
        ) from error
    try:
        yield folder / "whole"
        os.replace(folder / "whole", target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_lines(file: IO[bytes], lines: Iterable[str]) -> Iterator[int]:
    """Write lines, given without their ends; yield how many are written, now and then."""
    waiting, count = iter(lines), 0
    while some := list(islice(waiting, _LINES)):
        file.write(b"".join(line.encode() + b"\n" for line in some))
        count += len(some)
        yield count
