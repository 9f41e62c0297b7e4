"""How much of the order of trials each parameter alone accounts for.

The trials are ranked and parted by a parameter's values into groups; the measure is the effect size
of the Kruskal-Wallis test, the share of the ranks' variance that lies between the groups, less what
chance would put there: eta² = (H - k + 1) / (n - k) of H, k groups and n trials (Tomczak, M. and
Tomczak, E., "The need to report effect size estimates revisited", Trends in Sport Sciences 21(1),
2014; Kruskal, W. and Wallis, W., "Use of ranks in one-criterion variance analysis", Journal of the
American Statistical Association 47, 1952). What works only together with another parameter is not
seen by it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import chdtrc
from scipy.stats import rankdata

from espalier.api.reasons import Phase
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.pruning import is_repeat
from espalier.views.gathered import Gathered
from espalier.views.plain import View
from espalier.views.trials import state_of

NEEDED = 20
"""Trials below which nothing is said."""
_IN_GROUP, _MOST_GROUPS = 8, 8
_SURE = 0.05


def importances_view(gathered: Gathered) -> View:
    """Return for each parameter its share, and how likely chance alone gives as much.

    Completed trials are ordered by their last values, those that were pruned come after them: who
    went further is better, and of those that were pruned at the same step who was better there.
    Failed trials and repeats are left out.
    """
    places = _places(gathered)
    parameters = {number: parameters_of_text(gathered.made[number].parameters) for number in places}
    names = list(dict.fromkeys(name for values in parameters.values() for name in values))
    enough = len(places) >= NEEDED
    found = [_importance(name, parameters, places) for name in names] if enough else []
    return {
        "trials": len(places),
        "needed": NEEDED,
        "measure": "Kruskal-Wallis eta squared of the trials' order",
        "parameters": sorted(found, key=lambda each: (-(each["share"] or 0.0), each["name"])),
    }


def _places(gathered: Gathered) -> Mapping[int, float]:
    """Return each trial's place in the order, ties share one; the greatest is best."""
    score = gathered.study.terms.direction.score
    keys: dict[int, tuple[float, ...]] = {}
    for number in gathered.values:
        values = gathered.counted(number)
        state, place = state_of(gathered, number), values.latest()
        known = place is not None and math.isfinite(values.values[place])
        if is_repeat(number) or number not in gathered.made or not known or place is None:
            continue
        if state == Phase.COMPLETED:
            keys[number] = (1.0, 0.0, score(values.values[place]))
        elif state == Phase.PRUNED:
            keys[number] = (0.0, float(values.steps[place]), score(values.values[place]))
    order = {key: at for at, key in enumerate(sorted(set(keys.values())))}
    ranks = rankdata([order[key] for key in keys.values()]) if keys else []
    return dict(zip(keys, (float(rank) for rank in ranks), strict=True))


def _importance(
    name: str, parameters: Mapping[int, Mapping[str, Any]], places: Mapping[int, float]
) -> View:
    groups = grouped([parameters[number].get(name) for number in places])
    share, chance = explained(groups, list(places.values()))
    return {
        "name": name,
        "share": share,
        "chance": chance,
        "sure": chance is not None and chance < _SURE,
        "groups": len(set(groups)),
    }


def grouped(values: Sequence[Any]) -> list[int]:
    """Part values into groups: equal words, numbers of about the same size; None is one too."""
    numeric = [value for value in values if _is_number(value)]
    known = sum(value is not None for value in values)
    if not numeric or len(numeric) < known:
        words = {word: place for place, word in enumerate(sorted(set(map(str, values))))}
        return [words[str(value)] for value in values]
    count = max(2, min(_MOST_GROUPS, len(numeric) // _IN_GROUP))
    bounds = np.unique(np.quantile(numeric, np.linspace(0, 1, count + 1)[1:-1]))
    return [-1 if v is None else int(np.searchsorted(bounds, v, side="left")) for v in values]


def explained(groups: Sequence[int], ranks: Sequence[float]) -> tuple[float | None, float | None]:
    """Return which share of the ranks' variance lies between groups, and the chance of as much.

    Both are None where there are fewer than two groups, or all ranks are the same.
    """
    order, values = np.asarray(ranks, float), np.asarray(groups)
    found, total = np.unique(values), float(np.var(order)) * len(order)
    count, trials = len(found), len(order)
    if count < 2 or count >= trials or total == 0:
        return None, None
    mean = float(order.mean())
    between = sum(
        float((values == each).sum()) * (float(order[values == each].mean()) - mean) ** 2
        for each in found
    )
    test = (trials - 1) * between / total
    share = max(0.0, min(1.0, (test - count + 1) / (trials - count)))
    return share, float(chdtrc(count - 1, test))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
