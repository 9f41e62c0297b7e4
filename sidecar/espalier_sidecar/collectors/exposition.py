"""Reads what a process exposes to Prometheus: its text format, and OpenMetrics as far as it is one.

What is not asked for is passed over line by line as it comes, so that no body is held as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Collection

LONGEST_LINE = 4096
MOST_NAMES = 20
_SAMPLE = re.compile(
    rb'([^\s{]*+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*+")*+\})?+)[ \t]++([^\s_]++)(?![^\s])', re.DOTALL
)
_OF_THE_PROCESS = re.compile(r"(python|process|go|promhttp)_|.*_(bucket|created)\b")


class Exposition:
    """The samples of one scrape.

    Parameters
    ----------
    wanted
        The series to keep, as they are exposed: `val_loss` or `val_loss{split="dev"}`.

    Attributes
    ----------
    samples
        The values of those that came, as they are written.
    names
        Of the series that came, the first twenty that are the program's own.
    """

    def __init__(self, wanted: Collection[str]) -> None:
        self._wanted = wanted
        self._rest = b""
        self._skips = False
        self.samples: dict[str, str] = {}
        self.names: list[str] = []

    def feed(self, piece: bytes) -> None:
        """Read a piece of the body."""
        *lines, rest = (self._rest + piece).split(b"\n")
        for line in lines:
            if not self._skips:
                self._read(line)
            self._skips = False
        if len(rest) > LONGEST_LINE:
            self._skips = True
        self._rest = b"" if self._skips else rest

    def end(self) -> None:
        """Read the last line, which need not end."""
        self.feed(b"\n")

    def _read(self, line: bytes) -> None:
        if line.startswith(b"#") or len(line) > LONGEST_LINE:
            return
        found = _SAMPLE.match(line)
        if found is None or not found[1]:
            return
        series = found[1].decode(errors="replace")
        if series in self._wanted:
            self.samples[series] = found[2].decode(errors="replace")
        if len(self.names) < MOST_NAMES and not _OF_THE_PROCESS.match(series):
            self.names.append(series[:250])
