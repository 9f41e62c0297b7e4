"""A study's trials, curves and decisions as tables, whose rows are made as they are written."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from espalier.api.conditions import timestamp
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.pruning import repeat_of
from espalier.study_log.log import Log, StoredDecision, StoredObservation
from espalier.views.gathered import Gathered, gather
from espalier.views.plain import decision_view
from espalier.views.trials import ranks_of, trial_view

Row = Sequence[Any]


class CellKind(Enum):
    """What stands in a column."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "yes or no"
    TIME = "seconds since the epoch"
    VALUE = "a text, a number, or yes or no"
    OBJECT = "an object"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    kind: CellKind


@dataclass(frozen=True, slots=True)
class Table:
    """A table; its rows can be gone through once, each has a value a column, or None."""

    columns: Sequence[Column]
    rows: Iterable[Row]


_FIRST = (
    ("number", CellKind.WHOLE),
    ("name", CellKind.TEXT),
    ("state", CellKind.TEXT),
    ("value", CellKind.NUMBER),
    ("step", CellKind.WHOLE),
    ("best", CellKind.NUMBER),
    ("best_step", CellKind.WHOLE),
    ("rank", CellKind.WHOLE),
)
_THEN = (
    ("reason", CellKind.TEXT),
    ("message", CellKind.TEXT),
    ("pruned_step", CellKind.WHOLE),
    ("pruned_reason", CellKind.TEXT),
    ("pruned_why", CellKind.TEXT),
    ("diverged", CellKind.FLAG),
    ("exempt", CellKind.FLAG),
    ("protected", CellKind.FLAG),
    ("repeat_of", CellKind.WHOLE),
    ("origin", CellKind.TEXT),
    ("proposed_by", CellKind.TEXT),
    ("attempt", CellKind.WHOLE),
    ("created_at", CellKind.TIME),
    ("started_at", CellKind.TIME),
    ("ended_at", CellKind.TIME),
    ("trial_seconds", CellKind.NUMBER),
    ("gpu_seconds", CellKind.NUMBER),
)
_CURVES = (
    ("trial", CellKind.WHOLE),
    ("attempt", CellKind.WHOLE),
    ("metric", CellKind.TEXT),
    ("step", CellKind.WHOLE),
    ("value", CellKind.NUMBER),
    ("at", CellKind.TIME),
)
_DECISIONS = (
    ("trial", CellKind.WHOLE),
    ("attempt", CellKind.WHOLE),
    ("step", CellKind.WHOLE),
    ("action", CellKind.TEXT),
    ("reason", CellKind.TEXT),
    ("sentence", CellKind.TEXT),
    ("rung", CellKind.WHOLE),
    ("bracket", CellKind.WHOLE),
    ("pruner", CellKind.TEXT),
    ("shadow", CellKind.TEXT),
    ("evidence", CellKind.OBJECT),
    ("at", CellKind.TIME),
)


def gathered_of(log: Log) -> Gathered:
    """Gather what is told of trials: all but the decisions that kept one, of which are too many."""
    told = (
        event
        for event in log.events
        if not isinstance(event, StoredDecision) or (event.decision.prunes and not event.shadow)
    )
    return gather(replace(log, events=told))


def trials_table(log: Log) -> Table:
    """Return a row for each trial, with a column ``params_NAME`` for each parameter."""
    gathered = gathered_of(log)
    parameters = {
        number: parameters_of_text(made.parameters) for number, made in gathered.made.items()
    }
    kinds = _kinds_of(gathered, parameters)
    columns = (
        *_columns(_FIRST),
        *(Column(encodable(f"params_{name}"), kind) for name, kind in kinds.items()),
        *_columns(_THEN),
    )
    return Table(columns, _trials(gathered, parameters, tuple(kinds)))


def curves_table(log: Log) -> Table:
    """Return a row for each value of each metric, in the order of arrival."""
    rows = (
        (event.trial, event.attempt, event.metric, event.step, event.value, event.at)
        for event in log.events
        if isinstance(event, StoredObservation)
    )
    return Table(_columns(_CURVES), rows)


def decisions_table(log: Log) -> Table:
    """Return a row for each decision, also those that kept a trial, and the shadows'."""
    names = [name for name, _ in _DECISIONS[:-1]]
    rows = (
        (*(view[name] for name in names), event.at)
        for event in log.events
        if isinstance(event, StoredDecision)
        for view in (decision_view(event),)
    )
    return Table(_columns(_DECISIONS), rows)


TABLES: Mapping[str, Callable[[Log], Table]] = {
    "trials": trials_table,
    "curves": curves_table,
    "decisions": decisions_table,
}


def _columns(named: Iterable[tuple[str, CellKind]]) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in named)


def _kinds_of(
    gathered: Gathered, parameters: Mapping[int, Mapping[str, Any]]
) -> Mapping[str, CellKind]:
    """Return what there is in each parameter's column: the Study's in its order, then others."""
    spec = gathered.specs[-1].spec if gathered.specs else {}
    declared = [str(each.get("name")) for each in spec.get("parameters") or ()]
    types: dict[str, set[type]] = {name: set() for name in declared}
    for given in parameters.values():
        for name, value in given.items():
            types.setdefault(name, set()).add(type(value))
    return {name: _kind(found) for name, found in types.items()}


def _kind(types: set[type]) -> CellKind:
    if types == {bool}:
        return CellKind.FLAG
    if types == {int}:
        return CellKind.WHOLE
    if types and types <= {int, float}:
        return CellKind.NUMBER
    return CellKind.TEXT if types <= {str} else CellKind.VALUE


def _trials(
    gathered: Gathered, parameters: Mapping[int, Mapping[str, Any]], names: Sequence[str]
) -> Iterator[Row]:
    ranks = ranks_of(gathered)
    for number in gathered.numbers:
        view = trial_view(gathered, number, ranks.get(number))
        given = parameters.get(number, {})
        yield (
            *(number, view["name"], view["state"], _latest(view), view["step"]),
            *(view["best"], view["bestStep"], view["rank"]),
            *(given.get(name) for name in names),
            *_rest(gathered, number, view),
        )


def _latest(view: Mapping[str, Any]) -> float | None:
    """Return the newest value, also one that is not finite: training has diverged."""
    latest: float | None = view["latest"]
    return math.nan if view["diverged"] else latest


def _rest(gathered: Gathered, number: int, view: Mapping[str, Any]) -> Iterator[Any]:
    """Yield what stands behind the parameters."""
    pruned, repeat = view["pruned"] or {}, repeat_of(number)
    yield from (view["reason"], view["message"])
    yield from (pruned.get(name) for name in ("step", "reason", "sentence"))
    yield from (view["diverged"], view["exempt"], view["protected"])
    yield None if repeat is None else repeat.of
    yield from (view["origin"], view["proposedBy"], view["attempt"])
    made, ended = gathered.made.get(number), gathered.ends.get(number)
    yield from (None, None) if made is None else (made.created_at, made.started_at)
    yield None if ended is None else ended.end.at
    yield from (view["trialSeconds"], view["gpuSeconds"])


def encodable(text: str) -> str:
    """Return a text that a file can have: half a character is written as Python escapes it."""
    return text.encode(errors="backslashreplace").decode()


def time_text(at: float) -> str:
    """Return a time as RFC 3339, to the millisecond."""
    whole = int(at)
    return f"{timestamp(whole)[:-1]}.{int((at - whole) * 1000):03d}Z"
