"""Turns the lines of a file that the trainer writes into reports."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from espalier_sidecar.collectors.base import REPORTS_A_POLL, Collected, Collector, Context, Health
from espalier_sidecar.collectors.growing_file import GrowingFile
from espalier_sidecar.collectors.lines import line_at
from espalier_sidecar.collectors.named_file import Position
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.terminal import plain_text
from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip
from espalier_sidecar.volume import Folder

SHOWN = 400
"""Bytes of a line that was passed over, with its codes, of which the health shows some."""


class LineReader:
    """What the lines of a text say, one after the other."""

    holds = False
    """Whether the line that was read last has values that are held back."""
    fault: str = ""
    """Why nothing is found any more; empty while something may be."""

    def readings(self, line: bytes) -> Sequence[Reading | BadReport]:
        """Return what a line says, nothing if it holds no value.

        Parameters
        ----------
        line
            The line without its end; of one longer than 64 KiB the beginning.

        Raises
        ------
        BadReport
            If it was meant to hold a value that cannot be used. Where it holds others too, what is
            wrong with one stands in its place among them, and they are taken.
        """
        raise NotImplementedError

    def redrawn(self, line: bytes) -> Sequence[Reading | BadReport]:
        """Return what a line says that a carriage return alone ends: bars draw it once more.

        Raises
        ------
        BadReport
            As `readings`.
        """
        return self.readings(line)

    def ended(self) -> Sequence[Reading | BadReport]:
        """Return what was held back till now: no line comes any more."""
        return []

    def state(self) -> dict[str, Any]:
        """Return what earlier lines have said that later ones need, as JSON can hold it."""
        return {}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that was kept; it may be anything, or empty."""

    def close(self) -> None:
        """Let go of what it holds: no line is read any more."""


class Text(Protocol):
    """What lines are read from, as `GrowingFile` is."""

    within: bool
    """Whether the next one is the rest of a line that is passed over."""

    @property
    def found(self) -> bool:
        """Whether anything is there."""

    def read(self, last: bool = False) -> bytes | None:
        """Return the next whole lines, None if nothing new is there; raises `OSError`."""

    def skip(self) -> int:
        """Leave out all but the end; give the number of bytes left out; raises `OSError`."""

    def place_before(self, left: int) -> Position:
        """Return where those begin of the lines that were read of which so many bytes are left."""

    def close(self) -> None:
        """Let go of it."""


class FollowedFile(Collector):
    """Follows one file; a bad line is counted, said and passed over.

    A file that cannot be trusted or read is said once and tried again at each poll: it may
    become one that can.

    Parameters
    ----------
    context
        Where the file is, and how far it was read.
    path
        The file's path, as the trainer says it.
    lines
        Says what a line says.
    """

    def __init__(self, context: Context, path: str, lines: LineReader) -> None:
        self._name = path.removeprefix(f"{context.directory}/")
        self._reader = lines
        self._translation = context.translation
        self._positions = context.positions
        kept = context.positions.state(self._name)
        position = context.positions.get(self._name)
        self._file = self._opened(context.volume, position, kept.get("within") is True)
        self._translation.resume(kept.get("counts"))
        self._reader.resume(kept)
        self._lines = b""
        self._at = 0
        self._seen = 0
        self._matched = 0
        self._bad = 0
        self._fault = ""
        self._passed_over = b"", ""

    def poll(self, until: float, last: bool) -> Collected:
        """Return the reports of the next lines.

        However long a pattern ponders over each line, no more than one is read after `until`.
        """
        try:
            found = self._some_reports(until) if self._lines_left(last) else self._rest(last)
        except OSError as error:
            self._set_fault(f"cannot read {clip(self._name)}, and goes on without it: {error}")
            return Collected([], False)
        self._set_fault("")
        return Collected([], False) if found is None else Collected(found, True)

    def health(self) -> Health:
        """Return how the file is, and what its lines were."""
        waits = "" if self._file.found else f"{clip(self._name)} is not there yet"
        return Health(
            source=self._name,
            fault=self._reader.fault or self._fault or waits,
            seen=self._seen,
            matched=self._matched,
            bad=self._bad,
            passed_over=self._shown(),
            names=tuple(self._translation.names),
        )

    def kept(self) -> None:
        """Write down where the next line begins."""
        if self._fault:
            return
        left = max(0, len(self._lines) - self._at)
        state = self._reader.state()
        if counts := self._translation.state():
            state["counts"] = counts
        if self._file.within and not left:
            state["within"] = True
        self._positions.put(self._name, self._file.place_before(left), state)

    def skip(self) -> None:
        """Leave out all but the end of the file."""
        try:
            left_out = self._file.skip()
        except OSError:
            return
        if left_out:
            self._lines, self._at = b"", 0
            log_line(f"no time is left for {left_out} bytes of {clip(self._name)}; its end is read")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._reader.close()

    def _opened(self, volume: Folder, position: Position | None, within: bool) -> Text:
        return GrowingFile(volume, self._name, position, within)

    def _lines_left(self, last: bool) -> bool:
        """Whether there are lines to parse, read from the file if need be."""
        if self._at < len(self._lines):
            return True
        lines = self._file.read(last)
        if lines is None:
            return False
        self._lines, self._at = lines, 0
        return True

    def _some_reports(self, until: float) -> list[Report]:
        reports: list[Report] = []
        while self._at < len(self._lines):
            line = line_at(self._lines, self._at)
            reports += self._reports(self._lines[self._at : line.end], line.redrawn)
            self._at = line.next
            if len(reports) >= REPORTS_A_POLL or time.monotonic() >= until:
                break
        return reports

    def _rest(self, last: bool) -> list[Report] | None:
        """Return what the reader has held back, once nothing more comes."""
        return self._translated(b"", self._reader.ended()) or None if last else None

    def _reports(self, line: bytes, redrawn: bool) -> list[Report]:
        self._seen += 1
        try:
            found = self._reader.redrawn(line) if redrawn else self._reader.readings(line)
        except BadReport as error:
            self._pass_over(line, str(error))
            return []
        reports = self._translated(line, found)
        if reports or self._reader.holds:
            self._matched += 1
        elif not found and (line[:SHOWN] if b"\x1b" not in line else plain_text(line)).strip():
            self._passed_over = line[:SHOWN], ""
        return reports

    def _translated(self, line: bytes, found: Sequence[Reading | BadReport]) -> list[Report]:
        """Return what a line reports: one bad value takes none of the others with it."""
        reports = []
        for each in found:
            try:
                if isinstance(each, BadReport):
                    raise each
                reports.append(self._translation.report(each))
            except BadReport as error:
                self._pass_over(line, str(error))
        return reports

    def _shown(self) -> str:
        """Return the newest line that was passed over: made when asked for, since many are."""
        line, why = self._passed_over
        text = plain_text(line).strip()
        return f"{clip(text)}: {why}" if why else clip(text) if text else ""

    def _pass_over(self, line: bytes, why: str) -> None:
        self._bad += 1
        self._passed_over = line[:SHOWN], why
        log_line_limited(self._name, f"{clip(self._name)}: passed over a line: {why}")

    def _set_fault(self, fault: str) -> None:
        if fault != self._fault:
            log_line_limited("cannot read", fault or f"reads {clip(self._name)} again")
            self._fault = fault
