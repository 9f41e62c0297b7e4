"""A table as lines of a CSV."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.cli.exporting.tables import CellKind, Table, time_text
from espalier.views.csv_cells import csv_rows


def csv_lines(table: Table) -> Iterator[str]:
    """Yield a table with its header, a line for each row, without line ends."""
    timed = [place for place, column in enumerate(table.columns) if column.kind is CellKind.TIME]
    rows = (
        [
            time_text(value) if place in timed and value is not None else value
            for place, value in enumerate(row)
        ]
        for row in table.rows
    )
    return csv_rows([column.name for column in table.columns], rows)
