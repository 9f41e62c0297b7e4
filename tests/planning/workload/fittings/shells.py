"""The script of type Output as a real process, under whichever shells there are."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from espalier.planning.workload.fittings.output_script import SCRIPT
from tests.patience import PATIENCE

SHELLS = {
    name: (found, *options)
    for name, options in {"dash": (), "bash": ("--posix",), "busybox": ("sh",)}.items()
    if (found := shutil.which(name))
}
EACH_SHELL = pytest.mark.parametrize("shell", SHELLS)
OF_NOBODY_ELSE = () if os.geteuid() == 0 else ("--map-root-user",)
AS_PID_1 = ("unshare", *OF_NOBODY_ELSE, "--pid", "--fork", "--kill-child", "--mount-proc")


def python(code: str, *args: str) -> tuple[str, ...]:
    """Return a command that runs some Python, as a trainer that is told to be unbuffered."""
    return (sys.executable, "-uc", code, *args)


class Started:
    """A trainer that a shell has started, or will; with the folder for the pieces."""

    def __init__(self, shell: str, folder: Path, *, script: str = SCRIPT, pid_1: bool = False):
        self.folder = folder / ".output"
        wrap = AS_PID_1 if pid_1 else ()
        self.command = (*wrap, *SHELLS[shell], "-c", script, "espalier-output", str(self.folder))

    def begin(self, *command: str, **kept: object) -> subprocess.Popen[bytes]:
        """Start it."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        return subprocess.Popen([*self.command, *command], **{**pipes, **kept})

    def run(self, *command: str, stdin: bytes = b"", **kept: object) -> tuple[bytes, bytes, int]:
        """Return what it prints to both streams, and its exit code."""
        with self.begin(*command, stdin=subprocess.PIPE, **kept) as process:
            out, err = process.communicate(stdin, PATIENCE)
            return out, err, process.returncode

    def pieces(self) -> dict[int, bytes]:
        """Return the pieces that are there, by number."""
        found = sorted(int(each.name) for each in self.folder.iterdir())
        return {number: (self.folder / str(number)).read_bytes() for number in found}

    def copied(self) -> bytes:
        """Return what the pieces hold together."""
        return b"".join(self.pieces().values())

    def fault(self) -> str:
        """Return what the script has left to say; empty if nothing."""
        mark = Path(f"{self.folder}-fault")
        return mark.read_text() if mark.exists() else ""
