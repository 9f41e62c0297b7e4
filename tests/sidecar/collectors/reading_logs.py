"""Printed text, read as the sidecar reads it: from a file that grows, and over restarts."""

import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from espalier_sidecar.collectors.base import Collector
from espalier_sidecar.collectors.lines import line_at
from espalier_sidecar.collectors.log import read_section
from espalier_sidecar.collectors.printed import printed_lines
from espalier_sidecar.errors import BadReport
from espalier_sidecar.report import Report
from tests.sidecar.contexts import context_of

Value = tuple[str, float | None, float]


def values_of(text: str | bytes, **section: Any) -> list[Value]:
    """Read a whole text; what is wrong with a value is raised, as one error."""
    found = read(text, **section)
    faults = [str(each) for each in found if isinstance(each, BadReport)]
    if faults:
        raise BadReport("; ".join(faults))
    return [each for each in found if not isinstance(each, BadReport)]


def read(text: str | bytes, **section: Any) -> list[Value | BadReport]:
    """Read a whole text: the values, and what is wrong with others, in their order."""
    lines = text.encode() if isinstance(text, str) else text
    reader = printed_lines(section, "the metric")
    found: list[Any] = []
    at = 0
    try:
        while at < len(lines):
            line = line_at(lines, at)
            take = reader.redrawn if line.redrawn else reader.readings
            try:
                found += take(lines[at : line.end])
            except BadReport as error:
                found.append(error)
            at = line.next
        found += reader.ended()
    finally:
        reader.close()
    return [each if isinstance(each, BadReport) else tuple(each) for each in found]


class Followed:
    """A log that is followed by a sidecar which may be killed, and begins again."""

    def __init__(self, section: Mapping[str, Any], folder: Path) -> None:
        self._folder = folder
        self._section = {**section, "path": f"{folder}/log"}
        self._file = (folder / "log").open("ab", buffering=0)
        self.collector: Collector = self._made()
        self.reports: list[Report] = []

    def write(self, text: bytes) -> None:
        """Write more of the log."""
        self._file.write(text)

    def poll(self, seconds: float = 60.0, last: bool = False) -> None:
        """Read what is there, once if there is no time, and keep it."""
        more = True
        until = time.monotonic() + seconds
        while more:
            found, more = self.collector.poll(until, last)
            self.reports += found
            more = more and seconds > 0
        self.collector.kept()

    def restart(self) -> None:
        """Begin again from what was kept."""
        self.collector.close()
        self.collector = self._made()

    def close(self) -> None:
        """Let all go."""
        self._file.close()
        self.collector.close()

    def _made(self) -> Collector:
        return read_section(self._section).collector(context_of(self._folder, "the metric"))


def followed(
    section: Mapping[str, Any], pieces: Iterable[bytes], restart: Callable[[], bool]
) -> list[Report]:
    """Read a log that is written in pieces, with restarts in between."""
    with tempfile.TemporaryDirectory() as folder:
        log = Followed(section, Path(folder))
        try:
            for piece in pieces:
                log.write(piece)
                log.poll()
                if restart():
                    log.restart()
            log.poll(last=True)
            return log.reports
        finally:
            log.close()
