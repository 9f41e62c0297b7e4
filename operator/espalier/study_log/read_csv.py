"""Trials out of a table: a row each, a column for each parameter and one for the objective."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence

from espalier.errors import UsageError
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.pruning import Direction
from espalier.search import Outcome, Value

STATE, NUMBER, STEP = "state", "number", "step"
_STATES = {
    "": Outcome.COMPLETED,
    "complete": Outcome.COMPLETED,
    "completed": Outcome.COMPLETED,
    "pruned": Outcome.PRUNED,
    "fail": Outcome.FAILED,
    "failed": Outcome.FAILED,
}
_LARGEST = 2**53


def read_csv(text: str, path: str, name: str, metric: str, direction: Direction) -> SourceStudy:
    """Return the trials of a table with a header.

    The column called like the metric has the last values; ``state`` (completed where it is empty,
    pruned or failed), ``number`` and ``step`` may say more. All other columns are parameters; an
    empty cell is no value.

    Parameters
    ----------
    text
        The table, separated by commas.
    path, name
        See `SourceStudy`; errors name the line besides.
    metric, direction
        The objective of the study that asks: a table does not say what it is about.

    Raises
    ------
    UsageError
        At the first line that is no such row.
    """
    rows = csv.reader(io.StringIO(text), strict=True)
    header: list[str] = []
    trials: list[SourceTrial] = []
    try:
        for row in rows:
            where = f"{name}, line {rows.line_num}"
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not header:
                header = _header(cells, where, metric)
            else:
                trials.append(_trial(_row(header, cells, where), len(trials), where, metric))
    except csv.Error as error:
        raise UsageError(
            f"{name}, line {rows.line_num}", f"expected a row of a CSV, got none: {error}; mend it"
        ) from error
    if not header:
        raise UsageError(name, "expected a table with a header, got nothing; add one")
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return SourceStudy(path, "ConfigMap", name, f"table-{digest}", metric, direction, None, trials)


def _header(cells: Sequence[str], where: str, metric: str) -> list[str]:
    if metric not in cells:
        raise UsageError(
            where,
            f"expected a column {metric}, the study's objective, got {', '.join(cells)[:200]}; "
            "name the column of the values so",
        )
    if "" in cells or len(set(cells)) < len(cells):
        raise UsageError(
            where,
            f"expected a name of its own for each column, got {', '.join(cells)[:200]}; rename or "
            "remove the others",
        )
    return list(cells)


def _row(header: Sequence[str], cells: Sequence[str], where: str) -> Mapping[str, str]:
    if len(cells) != len(header):
        raise UsageError(
            where,
            f"expected {len(header)} cells as the header has, got {len(cells)}; correct the row",
        )
    return dict(zip(header, cells, strict=True))


def _trial(row: Mapping[str, str], place: int, where: str, metric: str) -> SourceTrial:
    outcome = _STATES.get(row.get(STATE, "").lower())
    if outcome is None:
        raise UsageError(
            f"{where}, {STATE}",
            f"expected completed, pruned or failed, got {row[STATE][:60]!r}; correct it",
        )
    value = _value(row[metric], f"{where}, {metric}", outcome)
    return SourceTrial(
        number=_whole(row.get(NUMBER) or str(place), f"{where}, {NUMBER}"),
        parameters={
            name: scalar_of(cell)
            for name, cell in row.items()
            if cell and name not in (metric, STATE, NUMBER, STEP)
        },
        outcome=outcome,
        steps=() if value is None else (_whole(row.get(STEP) or "1", f"{where}, {STEP}"),),
        values=() if value is None else (value,),
    )


def _value(cell: str, where: str, outcome: Outcome) -> float | None:
    if not cell and outcome is not Outcome.COMPLETED:
        return None
    try:
        value = float(cell)
    except ValueError as error:
        raise UsageError(where, f"expected a number, got {cell[:60]!r}; correct it") from error
    return value if math.isfinite(value) else math.nan


def _whole(cell: str, where: str) -> int:
    if not cell.isascii() or not cell.isdigit() or int(cell) > _LARGEST:
        raise UsageError(
            where, f"expected a whole number from 0 to 2**53, got {cell[:60]!r}; correct it"
        )
    return int(cell)


def scalar_of(cell: str) -> Value:
    """Return what a cell says: a number, true or false in any case, or the text as it is."""
    if cell.lower() in ("true", "false"):
        return cell.lower() == "true"
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    if isinstance(found, int | float) and math.isfinite(found):
        return found
    return cell
