"""Turns the lines of a followed file into spooled values."""

from collections.abc import Callable

from espalier_sidecar.errors import BadReport, SpoolFull
from espalier_sidecar.positions import Positions
from espalier_sidecar.report import Report
from espalier_sidecar.spool import Spool
from espalier_sidecar.tail import Tail
from espalier_sidecar.voice import say_some

LineReader = Callable[[bytes], list[Report]]


class Follower:
    """Follows one file; a bad line is counted, said and passed over.

    Parameters
    ----------
    read_line
        Gives the reports of a line, none if it holds none; raises `BadReport`.
    """

    def __init__(
        self, path: str, read_line: LineReader, spool: Spool, positions: Positions
    ) -> None:
        self._path = path
        self._read_line = read_line
        self._spool = spool
        self._positions = positions
        self._tail = Tail(path, positions.get(path))
        self._bad = 0

    @property
    def bad_lines(self) -> int:
        """How many lines could not be used."""
        return self._bad + self._tail.too_long

    def poll(self, last: bool = False) -> bool:
        """Take what is new, one chunk at a time; true while there may be more."""
        try:
            lines = self._tail.read(last)
        except OSError as error:
            say_some(self._path, f"cannot read {self._path}: {error}")
            return False
        if lines is None:
            return False
        reports = [report for line in lines for report in self._reports(line)]
        try:
            self._spool.append(reports)
        except SpoolFull as error:
            say_some("full", f"a value was lost; the volume is full: {error}")
        self._positions.put(self._path, self._tail.position)
        return True

    def _reports(self, line: bytes) -> list[Report]:
        try:
            return self._read_line(line)
        except BadReport as error:
            self._bad += 1
            say_some(self._path, f"{self._path}: passed over a line: {error}")
            return []
