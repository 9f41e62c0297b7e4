"""Where the rows of a table end, and what their cells are."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from espalier_sidecar.collectors.table_file import Chunk
from espalier_sidecar.limits import CHUNK

BOM = b"\xef\xbb\xbf"
DELIMITERS = (",", ";", "\t")


def delimiter_of(header: bytes) -> str:
    """Return what stands between the columns: of `DELIMITERS` the most frequent, else a comma."""
    return max(DELIMITERS, key=lambda each: header.count(each.encode()))


def cells_of(row: bytes, delimiter: str) -> Sequence[str]:
    """Return the cells of a row, without the quotes that a text may have around it."""
    text = row.removeprefix(BOM).decode(errors="replace").rstrip("\r\n")
    if '"' not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return text.split(delimiter)


def row_end(chunk: Chunk, at: int, delimiter: str, quoted: bool) -> int | None:
    """Return where the next row of a chunk ends; None if more of it must be read first.

    A row without an end that is longer than a chunk, or after which nothing comes, ends with the
    chunk. A quote that nothing closes ends with its line.

    Parameters
    ----------
    chunk
        What was read.
    at
        Where in it the row begins.
    delimiter
        What stands between cells.
    quoted
        Whether a newline between quotes is part of a cell.
    """
    data = chunk.data
    full = len(data) == CHUNK
    no_more = not at if full else chunk.ends
    end = data.find(b"\n", at) + 1
    if not end:
        return len(data) if no_more and at < len(data) else None
    if not quoted or data.find(b'"', at, end) < 0:
        return end
    return _quoted_end(data, at, delimiter) or (end if no_more else None)


def _quoted_end(data: bytes, at: int, delimiter: str) -> int | None:
    """Return where a row with quotes ends, which may hold newlines; None if it does not."""
    end = at

    def lines() -> Iterator[str]:
        nonlocal end
        while following := data.find(b"\n", end) + 1:
            line, end = data[end:following], following
            yield line.decode("latin-1").replace("\r", "")
        end = 0

    try:
        next(csv.reader(lines(), delimiter=delimiter), None)
    except csv.Error:
        return data.find(b"\n", at) + 1
    return end or None
