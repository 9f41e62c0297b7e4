"""Type Csv: a table in the shared volume, each of whose columns with numbers is a metric."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import (
    REPORTS_A_POLL,
    Collected,
    Collector,
    Context,
    Health,
    text_in,
)
from espalier_sidecar.collectors.newest_file import following
from espalier_sidecar.collectors.place import place_of
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.reported_values import ReportedValues
from espalier_sidecar.collectors.table_columns import Columns, columns_of
from espalier_sidecar.collectors.table_file import Chunk, TableFile
from espalier_sidecar.collectors.table_rows import cells_of, delimiter_of, row_end
from espalier_sidecar.errors import BadReport
from espalier_sidecar.limits import CHUNK
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

KEPT_FLOORS = 200
"""Of so many metrics it is kept over a restart how far they were reported."""


class CsvTable(NamedTuple):
    """A table, and which column is the step."""

    path: str
    """Its path, as the trainer says it."""
    directory: str | None
    """Where the trainer has mounted the volume to write it; None for /espalier."""
    step: str | None
    """The column of the step; None for the first that is called like one."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        path = place_of(self.path, self.directory, context.directory)
        return FollowedTable(following(context, path), path, self.step)


def read_section(section: Mapping[str, Any]) -> CsvTable:
    """Return what `spec.collector.csv` says; raises as `text_in` does."""
    directory, step = (
        None if section.get(key) is None else text_in(section, key) for key in ("directory", "step")
    )
    return CsvTable(text_in(section, "path"), directory, step)


class FollowedTable(Collector):
    """Follows a table; a row or a column that cannot be used is counted, said and passed over.

    A value counts once its row has ended. Where the table is written anew, with another column or
    by another run, what was reported already is not reported again, and does not change.

    Parameters
    ----------
    context
        Where the table is, and how far it was read.
    path
        Its path, as the sidecar has it.
    step
        The column of the step; None for the first that is called like one.
    """

    def __init__(self, context: Context, path: str, step: str | None) -> None:
        self._name = path.removeprefix(f"{context.directory}/")
        self._step = step
        self._translation = context.translation
        self._positions = context.positions
        position = context.positions.get(self._name)
        kept = context.positions.state(self._name)
        self._file = TableFile(context.volume, self._name, position, kept)
        self._columns: Columns | None = None
        self._delimiter = ","
        self._row = _count_in(kept, "rows")
        self._rows_before = max(self._row, _count_in(kept, "rows_before"))
        self._known = ReportedValues(_floors_in(kept))
        self._chunk = Chunk(b"", False, False)
        self._at = 0
        self._too_long = False
        self._to_keep = False
        self._seen = 0
        self._matched = 0
        self._bad = 0
        self._fault = ""
        self._no_table = ""
        self._passed_over = ""

    def poll(self, until: float, last: bool) -> Collected:
        """Return the reports of the next rows."""
        try:
            found = self._some_reports(until) if self._rows_left(last) else None
        except OSError as error:
            self._set_fault(f"cannot read {clip(self._name)}, and goes on without it: {error}")
            return Collected([], False)
        self._set_fault(self._no_table)
        return Collected([], False) if found is None else Collected(found, True)

    def health(self) -> Health:
        """Return how the table is, and what its rows were."""
        waits = "" if self._file.found else f"{clip(self._name)} is not there yet"
        names = tuple(self._translation.names)
        return Health(
            source=self._name,
            fault=self._fault or waits,
            seen=self._seen,
            matched=self._matched,
            bad=self._bad,
            passed_over=self._passed_over,
            names=names,
        )

    def kept(self) -> None:
        """Write down where the next row begins, and how far each metric was reported."""
        if self._fault or not self._to_keep:
            return
        self._to_keep = False
        state = {**self._file.state(), "rows": self._row, "rows_before": self._rows_before}
        floors = self._known.floors()
        if len(floors) <= KEPT_FLOORS:
            state["floors"] = floors
        self._positions.put(self._name, self._file.position, state)

    def skip(self) -> None:
        """Leave out all but the end of the table; nothing where the rows are counted."""
        if self._columns is None or self._columns.step is None:
            return
        try:
            left_out = self._file.skip()
        except OSError:
            return
        if left_out:
            self._chunk, self._at = Chunk(b"", False, False), 0
            log_line(f"no time is left for {left_out} bytes of {clip(self._name)}; its end is read")

    def close(self) -> None:
        """Close the table."""
        self._file.close()

    def _rows_left(self, last: bool) -> bool:
        """Whether there is something to parse, read from the file if need be."""
        if self._at < len(self._chunk.data):
            return True
        chunk = self._file.read(last)
        if chunk is None:
            return False
        self._chunk, self._at = chunk, 0
        if chunk.begins:
            self._rows_before = max(self._rows_before, self._row)
            self._columns, self._row, self._too_long, self._no_table = None, 0, False, ""
        elif self._columns is None and not self._no_table:
            self._take_header(self._file.header())
        return True

    def _some_reports(self, until: float) -> list[Report] | None:
        """Return the reports of the next rows, None if not one of them has ended."""
        reports: list[Report] = []
        while (end := self._row_end()) is not None:
            row = self._chunk.data[self._at : end]
            reports += self._reports(row)
            self._file.advance(row)
            self._to_keep = True
            self._at = end
            if len(reports) >= REPORTS_A_POLL or time.monotonic() >= until:
                return reports
        # What is left is read again, together with what comes behind it.
        moved = self._at > 0
        self._chunk, self._at = Chunk(b"", False, False), 0
        return reports if moved else None

    def _row_end(self) -> int | None:
        return row_end(self._chunk, self._at, self._delimiter, not self._too_long)

    def _reports(self, row: bytes) -> list[Report]:
        """Return what a row reports: one bad value takes none of the others with it."""
        finished = row.endswith(b"\n")
        was_too_long = self._too_long
        self._too_long = not finished and len(row) == CHUNK
        if was_too_long or self._too_long:
            if not was_too_long:
                self._seen += 1
                self._pass_over(row, f"expected a row of less than {CHUNK} bytes")
                if self._columns is None:
                    self._no_table = f"expected names of columns in the first {CHUNK} bytes"
            return []
        if self._no_table or not row.strip():
            return []
        if self._columns is None:
            self._begin_columns(row)
            return []
        return self._reports_of(self._columns, row, finished)

    def _reports_of(self, columns: Columns, row: bytes, finished: bool) -> list[Report]:
        cells = cells_of(row, self._delimiter)
        # The last cell of a row that has no end may be the first half of a number.
        cells = cells if finished else cells[:-1]
        if columns.is_header(cells):
            if tuple(each.strip() for each in cells) != columns.header and finished:
                self._begin_columns(row)
            return []
        self._row += 1
        self._seen += 1
        try:
            readings, wrong = columns.readings(cells, self._row)
        except BadReport as error:
            self._pass_over(row, str(error))
            return []
        if wrong:
            self._pass_over(row, wrong)
        reports = [report for each in readings for report in self._new(each, row)]
        self._matched += bool(readings)
        if not readings and not wrong:
            self._passed_over = clip(row.decode(errors="replace").strip())
        return reports

    def _new(self, reading: Reading, row: bytes) -> Iterator[Report]:
        """Yield the report of a reading, if it has not been reported before."""
        try:
            if self._known.take(reading, self._row <= self._rows_before):
                yield self._translation.report(reading)
        except BadReport as error:
            self._pass_over(row, str(error))

    def _begin_columns(self, row: bytes) -> None:
        self._file.names_columns(row)
        self._take_header(row)

    def _take_header(self, row: bytes) -> None:
        self._delimiter = delimiter_of(row)
        try:
            self._columns, bad = columns_of(cells_of(row, self._delimiter), self._step)
        except BadReport as error:
            self._columns, self._no_table = None, f"cannot read {clip(self._name)}: {error}"
            return
        if bad:
            self._pass_over(row, bad)

    def _pass_over(self, row: bytes, why: str) -> None:
        self._bad += 1
        self._passed_over = f"{clip(row[:200].decode(errors='replace').strip())}: {why}"
        log_line_limited(self._name, f"{clip(self._name)}: passed over: {why}")

    def _set_fault(self, fault: str) -> None:
        if fault != self._fault:
            log_line_limited("cannot read", fault or f"reads {clip(self._name)} again")
            self._fault = fault


def _count_in(kept: Mapping[str, Any], key: str) -> int:
    count = kept.get(key)
    return count if type(count) is int and count >= 0 else 0


def _floors_in(kept: Mapping[str, Any]) -> dict[str, float]:
    floors = kept.get("floors")
    if not isinstance(floors, dict):
        return {}
    return {name: float(each) for name, each in floors.items() if type(each) in (int, float)}
