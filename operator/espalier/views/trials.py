"""A study's trials as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from espalier.api.reasons import Phase
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.pruning import is_repeat
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite, time_of
from espalier.views.values import Values

STATES = tuple(str(phase) for phase in Phase)
SORTS = ("number", "value", "best", "step", "state", "started", "ended")
_NO_VALUES = Values()


def state_of(gathered: Gathered, number: int) -> str:
    """Return a trial's phase, as its status has it."""
    end = gathered.ends.get(number)
    if end is not None:
        return str(Phase(end.end.state.value))
    made = gathered.made.get(number)
    runs = number in gathered.values or (made is not None and made.started_at is not None)
    return str(Phase.RUNNING if runs else Phase.PENDING)


def ranks_of(gathered: Gathered) -> Mapping[int, int]:
    """Rank trials by their newest finite values, 1 is best; ties share a rank.

    Those that failed and repeats of finalists have none.
    """
    score = gathered.study.terms.direction.score
    scores: dict[int, float] = {}
    for number, values in gathered.values.items():
        place = values.latest()
        if place is None or is_repeat(number) or state_of(gathered, number) == Phase.FAILED:
            continue
        if math.isfinite(values.values[place]):
            scores[number] = score(values.values[place])
    places: dict[float, int] = {}
    for place, value in enumerate(sorted(scores.values(), reverse=True), 1):
        places.setdefault(value, place)
    return {number: places[value] for number, value in scores.items()}


def trial_view(gathered: Gathered, number: int, rank: int | None = None) -> View:
    """Return a trial: parameters, state, newest and best value, ending, and what it took."""
    made, stored = gathered.made.get(number), gathered.ends.get(number)
    values, end = gathered.values.get(number, _NO_VALUES), None if stored is None else stored.end
    latest, best = values.latest(), values.best(gathered.study.terms.direction)
    attempts, prune = gathered.attempts.get(number, ()), gathered.prunes.get(number)
    proposal = gathered.proposals.get(number)
    return {
        "number": number,
        "name": made.name if made else None,
        "state": state_of(gathered, number),
        "reason": end.reason if end else None,
        "message": end.message if end else None,
        "origin": str(made.origin) if made else None,
        "proposedBy": proposal.source if proposal else None,
        "parameters": dict(parameters_of_text(made.parameters)) if made else None,
        "step": None if latest is None else values.steps[latest],
        "latest": None if latest is None else finite(values.values[latest]),
        "diverged": latest is not None and not math.isfinite(values.values[latest]),
        "best": None if best is None else values.values[best],
        "bestStep": None if best is None else values.steps[best],
        "rank": rank,
        "exempt": gathered.exempt(number),
        "protected": bool(gathered.changes) and number in gathered.changes[-1].restraint.protected,
        "attempt": max((each.attempt for each in attempts), default=0),
        "createdAt": time_of(made.created_at if made else None),
        "startedAt": time_of(made.started_at if made else None),
        "endedAt": time_of(end.at if end else None),
        "gpuSeconds": end.gpu_seconds if end else sum(each.gpus * each.held for each in attempts),
        "trialSeconds": end.held if end else sum(each.held for each in attempts),
        "pruned": None
        if prune is None
        else {
            "step": prune.decision.step,
            "reason": str(prune.decision.reason.value),
            "sentence": prune.decision.sentence(),
            "at": time_of(prune.at),
        },
    }


def trial_views(
    gathered: Gathered,
    *,
    states: Iterable[str] = (),
    sort: str = "number",
    descending: bool = False,
) -> list[View]:
    """Return the trials in these states (all, if none is named), sorted; what has no value last."""
    numbers = sorted_numbers(gathered, states=states, sort=sort, descending=descending)
    ranks = ranks_of(gathered)
    return [trial_view(gathered, number, ranks.get(number)) for number in numbers]


def sorted_numbers(
    gathered: Gathered,
    *,
    states: Iterable[str] = (),
    sort: str = "number",
    descending: bool = False,
) -> list[int]:
    """Return the numbers of the same trials in the same order: a page is made of few of many."""
    wanted = set(states)
    numbers = [
        number for number in gathered.numbers if not wanted or state_of(gathered, number) in wanted
    ]
    if sort == "number":
        return numbers[::-1] if descending else numbers
    keys = _KEYS[sort](gathered)
    known = [(key, number) for number in numbers if (key := keys(number)) is not None]
    known.sort(reverse=descending)
    return [number for _, number in known] + [each for each in numbers if keys(each) is None]


Key = Callable[[int], Any]
"""Returns what a trial is sorted by, by its number; None where it has no such value."""


def _latest_step(gathered: Gathered) -> Key:
    return lambda number: max(gathered.values.get(number, _NO_VALUES).steps, default=None)


def _best(gathered: Gathered) -> Key:
    direction = gathered.study.terms.direction

    def best(number: int) -> float | None:
        values = gathered.values.get(number, _NO_VALUES)
        place = values.best(direction)
        return None if place is None else values.values[place]

    return best


def _started(gathered: Gathered) -> Key:
    return lambda number: gathered.made[number].started_at if number in gathered.made else None


def _ended(gathered: Gathered) -> Key:
    return lambda number: gathered.ends[number].end.at if number in gathered.ends else None


_KEYS: Mapping[str, Callable[[Gathered], Key]] = {
    "value": lambda gathered: ranks_of(gathered).get,
    "best": _best,
    "step": _latest_step,
    "state": lambda gathered: lambda number: state_of(gathered, number),
    "started": _started,
    "ended": _ended,
}
