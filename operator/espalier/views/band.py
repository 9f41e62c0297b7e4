"""The cut-off by step, as a band: what values were compared with when they were judged."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from espalier.pruning import Decision
from espalier.views.curves import thinned
from espalier.views.explaining.roles import roles_of
from espalier.views.gathered import Gathered
from espalier.views.plain import View

MOST_TRIALS, MOST_STEPS = 120, 200
"""Trials whose decisions are looked up, each by a question to the store; and steps shown."""
_OF_ITS_OWN = "before"
"""The evidence of rules that compare a trial with its own past: no cut-off for others."""


def band_view(gathered: Gathered) -> View:
    """Return the cut-offs of the pruner that acts: by step the least, the middle, the greatest.

    They move as trials come, and differ between brackets: the band is what 80 % of them span. They
    are those of the newest trials, and of as many that are spread over the older ones.
    """
    numbers = sampled(sorted(gathered.values), MOST_TRIALS)
    at: dict[int, list[float]] = {}
    for number in numbers:
        for stored in gathered.decisions(number):
            cut = None if stored.shadow else cut_off(stored.decision)
            if cut is not None:
                at.setdefault(stored.decision.step, []).append(cut)
    steps = sorted(at)
    middles = [float(np.median(at[step])) for step in steps]
    shown = [steps[place] for place in thinned(middles, MOST_STEPS)]
    return {
        "steps": [_step(step, at[step]) for step in shown],
        "trials": len(numbers),
        "of": len(gathered.values),
    }


def cut_off(decision: Decision) -> float | None:
    """Return the value that parted those that go on from the rest; None where there is none."""
    roles = roles_of(decision)
    # Other rules compare probabilities, or what they expect at the end: no cut-off at a step.
    if roles.value != "value" or roles.cut_off == _OF_ITS_OWN:
        return None
    value = decision.evidence.get(roles.cut_off)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def sampled(numbers: Sequence[int], most: int) -> list[int]:
    """Return the newest numbers, and of the older ones as many, at equal distances."""
    if len(numbers) <= most:
        return list(numbers)
    newest = most // 2
    older, rest = numbers[:-newest], most - newest
    return [older[place * len(older) // rest] for place in range(rest)] + list(numbers[-newest:])


def _step(step: int, cuts: Sequence[float]) -> View:
    low, middle, high = (float(each) for each in np.quantile(cuts, (0.1, 0.5, 0.9)))
    return {"step": step, "low": low, "middle": middle, "high": high, "decisions": len(cuts)}
