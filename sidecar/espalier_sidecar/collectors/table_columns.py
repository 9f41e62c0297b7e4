"""What the header of a table says, and what its rows say under it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from espalier_sidecar.collectors.numbers import NUMBER, number_in
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport
from espalier_sidecar.metric_name import EXPECTED, is_metric_name
from espalier_sidecar.text import clip

STEPS = ("step", "global_step", "epoch", "iteration", "round")
"""Which column is the step, where the study does not say: the first of these, whatever the case."""
MOST_COLUMNS = 1000
_PLAIN = re.compile(NUMBER, re.ASCII)


class Columns(NamedTuple):
    """The columns of a table."""

    names: tuple[str, ...]
    """The metric that each column is, by its place; empty for one that is none."""
    step: int | None
    """The place of the step; None where rows are counted."""
    header: tuple[str, ...]
    """The cells of the header, without spaces around them."""

    def is_header(self, cells: Sequence[str]) -> bool:
        """Tell whether a row names columns again, as one does that a second writer appends."""
        if self.step is None:
            return [each.strip() for each in cells] == list(self.header)
        return self.step < len(cells) and cells[self.step].strip() == self.header[self.step]

    def readings(self, cells: Sequence[str], row: int) -> tuple[list[Reading], str]:
        """Return the numbers of a row, and what is wrong with a cell, in words.

        A cell that holds no number is passed over; one is wrong that holds a number with a decimal
        comma or with separators of thousands.

        Parameters
        ----------
        cells
            The row's, of which the last may be missing.
        row
            Its number, from 1 on: its step, if no column says one.

        Raises
        ------
        BadReport
            If it has more cells than there are columns, so that nobody knows which is whose, or
            no number as its step.
        """
        width = len(self.header)
        if any(each.strip() for each in cells[width:]):
            raise BadReport(
                f"expected {width} cells, as many as the header has; came {len(cells)}: a "
                "comma inside of a cell needs quotes around it"
            )
        step: float | None = row
        if self.step is not None:
            at = cells[self.step] if self.step < len(cells) else ""
            step, _ = _number(at)
            if step is None:
                name = clip(self.header[self.step])
                raise BadReport(f"expected a number as {name}, the step; came {clip(at)}")
        found, wrong = [], ""
        for name, cell in zip(self.names, cells, strict=False):
            if name and cell:
                value, why = _number(cell)
                wrong = wrong or why
                if value is not None:
                    found.append(Reading(name, step, value))
        return found, wrong


def columns_of(cells: Sequence[str], step: str | None) -> tuple[Columns, str]:
    """Return the columns that a header names, and what is passed over of them, in words.

    A column is no metric that has no name, as pandas' index has none, or none that a metric may
    have; of several with one name the first is it. Where the study names the step, the others of
    `STEPS` are no metrics: a global step has several values an epoch.

    Parameters
    ----------
    cells
        The header's cells.
    step
        The column of the step; None for the first of `STEPS`, if one is there.

    Raises
    ------
    BadReport
        If they are numbers and no names, or too many, or none of them is the column of the step.
    """
    header = tuple(each.strip() for each in cells)
    named = [each for each in header if each]
    if not named or all(_PLAIN.fullmatch(each) for each in named):
        raise BadReport(f"expected names of columns in the first line; came {clip(list(cells))}")
    if len(header) > MOST_COLUMNS:
        raise BadReport(
            f"expected at most {MOST_COLUMNS} columns; came {len(header)}: have fewer written"
        )
    at = _place_of_step(header, step)
    names: dict[str, int] = {}
    bad: list[str] = []
    for place, name in enumerate(header):
        if place == at or not name or (step is not None and name.lower() in STEPS):
            continue
        if is_metric_name(name):
            names.setdefault(name, place)
        else:
            bad.append(f"the column {clip(name)}: expected {EXPECTED}")
    by_place = {place: name for name, place in names.items()}
    metrics = tuple(by_place.get(place, "") for place in range(len(header)))
    return Columns(metrics, at, header), "; ".join(bad[:3])


def _place_of_step(header: Sequence[str], step: str | None) -> int | None:
    if step is not None:
        if step not in header:
            came = ", ".join(clip(each) for each in header[:20])
            raise BadReport(f"expected a column {clip(step)}, the step; came {came}")
        return header.index(step)
    lower = [each.lower() for each in header]
    return next((lower.index(each) for each in STEPS if each in lower), None)


def _number(cell: str) -> tuple[float | None, str]:
    """Return the number that a cell holds, if any, and what is wrong with one that it nearly is."""
    cell = cell.strip()
    if _PLAIN.fullmatch(cell):
        return float(cell), ""
    if not any(each.isdigit() for each in cell):
        return None, ""
    try:
        return number_in(cell), ""
    except BadReport as error:
        nearly = "," in cell and not any(each.isalpha() for each in cell)
        return None, str(error) if nearly else ""
