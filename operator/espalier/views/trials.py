"""A study's trials as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from espalier.api.reasons import Phase
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.pruning import Will, is_repeat
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite, time_of

STATES = tuple(str(phase) for phase in Phase)
SORTS = ("number", "value", "best", "step", "state", "started", "ended")


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
    for number in gathered.values:
        values = gathered.counted(number)
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
    values, end = gathered.counted(number), None if stored is None else stored.end
    within = gathered.study.terms.within
    latest, best = values.latest(), values.best(gathered.study.terms.direction)
    attempts, prune = gathered.attempts.get(number, ()), gathered.prunes.get(number)
    proposal, kept = gathered.proposals.get(number), kept_view(gathered, number)
    return {
        "number": number,
        "name": made.name if made else None,
        "state": state_of(gathered, number),
        "reason": end.reason if end else None,
        "message": end.message if end else None,
        "origin": str(made.origin) if made else None,
        "proposedBy": proposal.source if proposal else None,
        "parameters": dict(parameters_of_text(made.parameters)) if made else None,
        "step": None if latest is None else within(values.steps[latest]),
        "latest": None if latest is None else finite(values.values[latest]),
        "diverged": latest is not None and not math.isfinite(values.values[latest]),
        "best": None if best is None else values.values[best],
        "bestStep": None if best is None else within(values.steps[best]),
        "rank": rank,
        "exempt": gathered.exempt(number),
        "protected": kept is not None,
        "kept": kept,
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


def kept_view(gathered: Gathered, number: int) -> View | None:
    """Return why, by whom and since when a trial is never pruned; None where it may be."""
    if not gathered.changes or number not in gathered.changes[-1].restraint.protected:
        return None
    for change in reversed(gathered.changes):
        for wish in change.wishes:
            if (wish.trial, wish.will) == (number, Will.KEEP):
                return {"why": wish.why, "by": wish.by, "at": time_of(change.at)}
    return {"why": "", "by": "", "at": None}


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
    """Return the numbers of the trials in these states, sorted; what has no value last."""
    wanted = set(states)
    numbers = [
        number for number in gathered.numbers if not wanted or state_of(gathered, number) in wanted
    ]
    if sort == "number":
        return numbers[::-1] if descending else numbers
    key = _sort_key(gathered, sort)
    known = [(found, number) for number in numbers if (found := key(number)) is not None]
    known.sort(reverse=descending)
    placed = {number for _, number in known}
    return [number for _, number in known] + [each for each in numbers if each not in placed]


def _sort_key(gathered: Gathered, sort: str) -> Callable[[int], Any]:
    """Return what trials are sorted by; None of one that has no such thing."""
    if sort == "value":
        return ranks_of(gathered).get
    if sort == "state":
        return lambda number: state_of(gathered, number)
    if sort == "started":
        return lambda number: getattr(gathered.made.get(number), "started_at", None)
    if sort == "ended":
        ends = gathered.ends
        return lambda number: ends[number].end.at if number in ends else None

    def of_values(number: int) -> float | None:
        values = gathered.counted(number)
        if sort == "step":
            place = values.latest()
            return None if place is None else values.steps[place]
        place = values.best(gathered.study.terms.direction)
        return None if place is None else values.values[place]

    return of_values
