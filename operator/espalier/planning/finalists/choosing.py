"""Which trials are run again, and with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest
from typing import Any

from espalier.api.trial import MOST_FINALIST_NUMBER
from espalier.planning.standing.look import Look
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import final_rank


def choose(look: Look) -> tuple[int, ...]:
    """Return the numbers of the best completed trials, the best first.

    They are those with the best expected values, as far as the judge tells; where it tells of too
    few, those with the best last values follow. There are fewer than ``spec.finalists.count`` where
    fewer have completed. A trial whose parameters nobody knows any more, since its object was gone
    before they were recorded, cannot be run again.
    """
    spec = look.blueprint.spec
    if spec is None or spec.finalists is None:
        return ()
    count, direction = spec.finalists.count, spec.objective.direction
    ranks = {
        number: final_rank(each.record, direction) for number, each in look.tally.trials.items()
    }
    known = {
        number: rank
        for number, rank in ranks.items()
        if rank is not None
        and number <= MOST_FINALIST_NUMBER
        and parameters_of_trial(look, number) is not None
    }
    summary = look.snapshot.record.summary
    # Not where a value came later than the judge takes them.
    leaders = (
        leader.trial
        for leader in (() if summary is None else summary.leaders)
        if look.record(leader.trial).latest == leader.last
    )
    by_value = nlargest(count, known, key=lambda number: known[number])
    order = dict.fromkeys((*(number for number in leaders if number in known), *by_value))
    return tuple(order)[:count]


def parameters_of_trial(look: Look, number: int) -> Mapping[str, Any] | None:
    """Return a trial's parameters, out of its object or what is recorded of it."""
    if (view := look.view(number)) is not None:
        return view.parameters
    made = look.snapshot.record.made.get(number)
    return None if made is None else dict(parameters_of_text(made.parameters))


def name_of_trial(look: Look, number: int) -> str | None:
    """Return the name of a trial's object, also where that is gone."""
    if (view := look.view(number)) is not None:
        return view.name
    made = look.snapshot.record.made.get(number)
    return None if made is None else made.name
