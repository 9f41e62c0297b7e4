"""The curves of a study's trials, thinned to what can be looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite
from espalier.views.trials import ranks_of, state_of

MOST_CURVES, MOST_POINTS = 500, 200
"""How many curves, and points of each, are shown where nobody asks for another number."""


def curves_view(
    gathered: Gathered,
    *,
    trials: Iterable[int] = (),
    most: int = MOST_CURVES,
    points: int = MOST_POINTS,
) -> View:
    """Return the curves of the objective.

    Parameters
    ----------
    trials
        Numbers of those that are wanted; all, if none is named.
    most
        How many curves there are at most: the best, and the newest of the others.
    points
        How many points each has at most: its first and last ones, and the extremes between.
    """
    ranks = ranks_of(gathered)
    wanted = sorted(trials) or sorted(gathered.values)
    known = [number for number in wanted if number in gathered.values]
    shown = sorted(_chosen(known, ranks, most))
    return {
        "metric": gathered.study.terms.metric,
        "direction": gathered.study.terms.direction.value,
        "horizon": gathered.study.terms.horizon,
        "trials": [_curve(gathered, number, ranks.get(number), points) for number in shown],
        "leftOut": len(known) - len(shown),
        "best": next((number for number in known if ranks.get(number) == 1), None),
    }


def _chosen(known: Sequence[int], ranks: Any, most: int) -> list[int]:
    if len(known) <= most:
        return list(known)
    by_rank = sorted(known, key=lambda number: ranks.get(number, len(ranks) + 1))
    best = by_rank[: most // 2]
    newest = [number for number in reversed(known) if number not in set(best)]
    return best + newest[: most - len(best)]


def _curve(gathered: Gathered, number: int, rank: int | None, points: int) -> View:
    steps, values = gathered.values[number].curve()
    places = thinned(values, points)
    prune = gathered.prunes.get(number)
    return {
        "number": number,
        "state": state_of(gathered, number),
        "rank": rank,
        "steps": [steps[place] for place in places],
        "values": [finite(values[place]) for place in places],
        "prunedAt": None if prune is None else prune.decision.step,
        "sentence": None if prune is None else prune.decision.sentence(),
    }


def thinned(values: Sequence[float], points: int) -> list[int]:
    """Return places of values so that a line through them looks as one through all.

    Of each stretch of the line its least and its greatest value are kept, with the first and the
    last of all.
    """
    count = len(values)
    if count <= max(points, 4):
        return list(range(count))
    stretches = max(1, (points - 2) // 2)
    kept = {0, count - 1}
    for index in range(stretches):
        places = range(index * count // stretches, (index + 1) * count // stretches)
        kept.add(min(places, key=lambda place: values[place]))
        kept.add(max(places, key=lambda place: values[place]))
    return sorted(kept)
