"""Trials out of a table: a row each, a column for each parameter and one for the objective."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from espalier.errors import UsageError
from espalier.planning.proposing.source_curves import GOING_ON
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.pruning import Direction
from espalier.search import Outcome, Value

STATE, NUMBER, STEP = "state", "number", "step"
VALUE, PARAMETER, REPEAT = "value", "params_", "repeat_of"
"""Columns of `espalier export --format csv` and of Optuna's ``trials_dataframe``."""
_GOING_ON = frozenset({"pending", "running", "waiting"})
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
    empty cell is no value. In a table that Espalier or Optuna has exported the parameters are the
    columns that begin with ``params_``, and the values are in ``value``.

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
    header: _Header | None = None
    trials: list[SourceTrial] = []
    going_on = 0
    try:
        for read in rows:
            where = f"{name}, line {rows.line_num}"
            cells = [cell.strip() for cell in read]
            if not any(cells):
                continue
            if header is None:
                header = _header(cells, where, metric)
            elif header.leaves_out(row := _row(header.names, cells, where)):
                going_on += not row.get(REPEAT)
            else:
                trials.append(_trial(row, len(trials), where, header))
    except csv.Error as error:
        raise UsageError(
            f"{name}, line {rows.line_num}", f"expected a row of a CSV, got none: {error}; mend it"
        ) from error
    if header is None:
        raise UsageError(name, "expected a table with a header, got nothing; add one")
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    left_out = {GOING_ON: going_on} if going_on else {}
    uid = f"table-{digest}"
    return SourceStudy(path, "ConfigMap", name, uid, metric, direction, None, trials, left_out)


@dataclass(frozen=True, slots=True)
class _Header:
    """The names of a table's columns, and what they have.

    Parameters
    ----------
    names
        Of all columns.
    value
        Name of the column of the values.
    parameters
        The names of parameters, by those of their columns.
    exported
        Whether it is a table of all trials, also those that go on and repeats of finalists.
    """

    names: Sequence[str]
    value: str
    parameters: Mapping[str, str]
    exported: bool

    def leaves_out(self, row: Mapping[str, str]) -> bool:
        """Whether a row tells nothing of a configuration, or tells again what others do."""
        going_on = row.get(STATE, "").lower() in _GOING_ON
        return self.exported and (going_on or bool(row.get(REPEAT)))


def _header(cells: Sequence[str], where: str, metric: str) -> _Header:
    exported = {each: each[len(PARAMETER) :] for each in cells if each.startswith(PARAMETER)}
    values = [each for each in (metric, VALUE, f"{VALUE}_{metric}") if each in cells]
    if exported and values and metric not in cells:
        # pandas writes an index without a name, unless it is told not to.
        named = ["index", *cells[1:]] if not cells[0] else cells
        return _Header(_checked(named, where), values[0], exported, True)
    if metric not in cells:
        raise UsageError(
            where,
            f"expected a column {metric}, the study's objective, got {', '.join(cells)[:200]}; "
            "name the column of the values so",
        )
    names = {each: each for each in cells if each not in (metric, STATE, NUMBER, STEP)}
    return _Header(_checked(cells, where), metric, names, False)


def _checked(cells: Sequence[str], where: str) -> Sequence[str]:
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


def _trial(row: Mapping[str, str], place: int, where: str, header: _Header) -> SourceTrial:
    outcome = _STATES.get(row.get(STATE, "").lower())
    if outcome is None:
        raise UsageError(
            f"{where}, {STATE}",
            f"expected completed, pruned or failed, got {row[STATE][:60]!r}; correct it",
        )
    cell = row[header.value]
    silent = header.exported and not cell
    value = None if silent else _value(cell, f"{where}, {header.value}", outcome)
    return SourceTrial(
        number=_whole(row.get(NUMBER) or str(place), f"{where}, {NUMBER}"),
        parameters={
            name: scalar_of(row[column])
            for column, name in header.parameters.items()
            if row[column]
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
