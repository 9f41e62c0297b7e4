"""What trials ran, in columns: their parameters, and what they came to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from espalier.planning.world.parameters_text import parameters_of_text
from espalier.pruning import is_repeat
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite
from espalier.views.study import spec_of
from espalier.views.trials import ranks_of, state_of

MOST_TRIALS = 500
"""Trials that are shown where nobody asks for another number."""
_KINDS = ("float", "int", "categorical")


def configurations_view(
    gathered: Gathered, study: Mapping[str, Any] | None, *, most: int = MOST_TRIALS
) -> View:
    """Return parameters, and the values that trials have of them, with their newest result.

    Parameters
    ----------
    study
        The Study as the cluster has it; None where it is gone, or nobody was asked.
    most
        How many trials there are at most: the best, and others at equal distances.
    """
    ranks = ranks_of(gathered)
    known = [number for number in sorted(gathered.made) if not is_repeat(number)]
    shown = chosen(known, ranks, most)
    parameters = [_parameter(each) for each in spec_of(gathered, study).get("parameters") or ()]
    names = [each["name"] for each in parameters]
    return {
        "metric": gathered.study.terms.metric,
        "direction": gathered.study.terms.direction.value,
        "parameters": parameters,
        "trials": [_trial(gathered, number, ranks.get(number), names) for number in shown],
        "leftOut": len(known) - len(shown),
    }


def chosen(numbers: Sequence[int], ranks: Mapping[int, int], most: int) -> list[int]:
    """Return so many numbers: half of them the best, the others at equal distances."""
    if len(numbers) <= most:
        return list(numbers)
    by_rank = sorted(numbers, key=lambda number: ranks.get(number, len(ranks) + 1))
    best = by_rank[: most // 2]
    others = sorted(by_rank[most // 2 :])
    rest = most - len(best)
    return sorted(best + [others[place * len(others) // rest] for place in range(rest)])


def _parameter(spec: Mapping[str, Any]) -> View:
    kind = next((each for each in _KINDS if spec.get(each) is not None), "categorical")
    rule: Mapping[str, Any] = spec.get(kind) or {}
    return {
        "name": spec.get("name"),
        "kind": kind,
        "min": rule.get("min"),
        "max": rule.get("max"),
        "scale": rule.get("scale", "Linear"),
        "values": rule.get("values"),
    }


def _trial(gathered: Gathered, number: int, rank: int | None, names: Sequence[str]) -> View:
    values = gathered.counted(number)
    latest = values.latest()
    known = parameters_of_text(gathered.made[number].parameters)
    return {
        "number": number,
        "state": state_of(gathered, number),
        "rank": rank,
        "value": None if latest is None else finite(values.values[latest]),
        "values": [_plain(known.get(name)) for name in names],
    }


def _plain(value: Any) -> Any:
    return finite(value) if isinstance(value, float) and not math.isfinite(value) else value
