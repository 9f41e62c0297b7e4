"""Cells of a CSV file that no spreadsheet runs and no terminal obeys. Pure.

Names, messages and parameters come from whoever writes a Study or a trainer. A spreadsheet takes a
text that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, also behind a ``;`` where that is
what its country separates cells by. Such a text gets an apostrophe, which spreadsheets take for
"this is text"; a number stays the number that it is.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from espalier.views.plain import View

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FORMULA = re.compile(r"""((?:^|;)[\s"']*)(?=[=+\-@＝＋－＠﹢﹣﹦﹫−])""")
_MARK = "'"


def cell(value: object) -> str:
    """Return what a cell of a value is: empty for None, JSON for lists and objects.

    Unprintable characters are written as their escapes, so that a row is always one line.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping | list | tuple):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = str(value)
    shown = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)
    return shown if _NUMBER.fullmatch(shown) else _FORMULA.sub(rf"\1{_MARK}", shown)


def csv_rows(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a CSV file, without line ends: the header, then each row."""
    for row in chain([header], rows):
        yield _line([cell(value) for value in row])


def _line(cells: Sequence[str]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="").writerow(cells)
    return made.getvalue()


def flat(view: View, prefix: str = "") -> dict[str, Any]:
    """Return a view's fields in one row: those of an object in it as ``object.field``."""
    row: dict[str, Any] = {}
    for key, value in view.items():
        if isinstance(value, Mapping):
            row |= flat(dict(value), f"{prefix}{key}.")
        else:
            row[f"{prefix}{key}"] = value
    return row


def csv_table(views: Sequence[View]) -> Iterator[str]:
    """Yield views as the lines of a CSV file, with a column for each field of any of them."""
    rows = [flat(view) for view in views]
    header = list(dict.fromkeys(key for row in rows for key in row))
    yield from csv_rows(header, ([row.get(key) for key in header] for row in rows))
