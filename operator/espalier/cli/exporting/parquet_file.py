"""A table as a file of Parquet."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from espalier.cli.exporting.tables import CellKind, Column, Table, encodable
from espalier.errors import UsageError
from espalier.search.space import text_of

_ROWS = 10_000
"""Rows of a group: so many are in memory."""


def write_parquet(path: Path, table: Table) -> Iterator[int]:
    """Write a table, each column of one type; yield how many rows are written, now and then.

    Raises
    ------
    UsageError
        If what writes such files is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(
            "--format",
            "expected pyarrow to be installed for parquet; pip install 'espalier[parquet]', or "
            "take csv",
        ) from error
    types = {
        CellKind.TEXT: pa.string(),
        CellKind.WHOLE: pa.int64(),
        CellKind.NUMBER: pa.float64(),
        CellKind.FLAG: pa.bool_(),
        CellKind.TIME: pa.timestamp("us", tz="UTC"),
        CellKind.VALUE: pa.string(),
        CellKind.OBJECT: pa.string(),
    }
    schema = pa.schema([(column.name, types[column.kind]) for column in table.columns])
    rows, count = iter(table.rows), 0
    with parquet.ParquetWriter(path, schema) as writer:
        while group := list(islice(rows, _ROWS)):
            arrays = [
                pa.array([_typed(column, row[place]) for row in group], field.type)
                for place, (column, field) in enumerate(zip(table.columns, schema, strict=True))
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(group)
            yield count


def _typed(column: Column, value: Any) -> Any:
    """Return a value in its column's type; NaN stands for no number."""
    if value is None:
        return None
    match column.kind:
        case CellKind.TIME:
            return round(value * 1_000_000)
        case CellKind.NUMBER:
            return None if math.isnan(value) else float(value)
        case CellKind.VALUE:
            return encodable(text_of(value))
        case CellKind.OBJECT:
            return json.dumps(value, separators=(",", ":"))
        case CellKind.TEXT:
            return encodable(str(value))
    return value
