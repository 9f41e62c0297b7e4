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


class Kind(Enum):
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
    kind: Kind


@dataclass(frozen=True, slots=True)
class Table:
    """A table; its rows can be gone through once, each has a value a column, or None."""

    columns: Sequence[Column]
    rows: Iterable[Row]


_FIRST = (
    ("number", Kind.WHOLE),
    ("name", Kind.TEXT),
    ("state", Kind.TEXT),
    ("value", Kind.NUMBER),
    ("step", Kind.WHOLE),
    ("best", Kind.NUMBER),
    ("best_step", Kind.WHOLE),
    ("rank", Kind.WHOLE),
)
_THEN = (
    ("reason", Kind.TEXT),
    ("message", Kind.TEXT),
    ("pruned_step", Kind.WHOLE),
    ("pruned_reason", Kind.TEXT),
    ("pruned_why", Kind.TEXT),
    ("diverged", Kind.FLAG),
    ("exempt", Kind.FLAG),
    ("protected", Kind.FLAG),
    ("repeat_of", Kind.WHOLE),
    ("origin", Kind.TEXT),
    ("proposed_by", Kind.TEXT),
    ("attempt", Kind.WHOLE),
    ("created_at", Kind.TIME),
    ("started_at", Kind.TIME),
    ("ended_at", Kind.TIME),
    ("trial_seconds", Kind.NUMBER),
    ("gpu_seconds", Kind.NUMBER),
)
_CURVES = (
    ("trial", Kind.WHOLE),
    ("attempt", Kind.WHOLE),
    ("metric", Kind.TEXT),
    ("step", Kind.WHOLE),
    ("value", Kind.NUMBER),
    ("at", Kind.TIME),
)
_DECISIONS = (
    ("trial", Kind.WHOLE),
    ("attempt", Kind.WHOLE),
    ("step", Kind.WHOLE),
    ("action", Kind.TEXT),
    ("reason", Kind.TEXT),
    ("sentence", Kind.TEXT),
    ("rung", Kind.WHOLE),
    ("bracket", Kind.WHOLE),
    ("pruner", Kind.TEXT),
    ("shadow", Kind.TEXT),
    ("evidence", Kind.OBJECT),
    ("at", Kind.TIME),
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
        *(Column(f"params_{name}", kind) for name, kind in kinds.items()),
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


def _columns(named: Iterable[tuple[str, Kind]]) -> tuple[Column, ...]:
    return tuple(Column(name, kind) for name, kind in named)


def _kinds_of(
    gathered: Gathered, parameters: Mapping[int, Mapping[str, Any]]
) -> Mapping[str, Kind]:
    """Return what there is in each parameter's column: the Study's in its order, then others."""
    spec = gathered.specs[-1].spec if gathered.specs else {}
    declared = [str(each.get("name")) for each in spec.get("parameters") or ()]
    types: dict[str, set[type]] = {name: set() for name in declared}
    for given in parameters.values():
        for name, value in given.items():
            types.setdefault(name, set()).add(type(value))
    return {name: _kind(found) for name, found in types.items()}


def _kind(types: set[type]) -> Kind:
    if types == {bool}:
        return Kind.FLAG
    if types == {int}:
        return Kind.WHOLE
    if types and types <= {int, float}:
        return Kind.NUMBER
    return Kind.TEXT if types <= {str} else Kind.VALUE


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


def time_text(at: float) -> str:
    """Return a time as RFC 3339, to the millisecond."""
    whole = int(at)
    return f"{timestamp(whole)[:-1]}.{int((at - whole) * 1000):03d}Z"
