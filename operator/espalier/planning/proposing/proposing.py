"""From what a log holds to what the next trial runs; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from espalier.planning.proposing.forecasts import forecasts_of
from espalier.planning.world.study_search import Search
from espalier.search import (
    Branches,
    History,
    PastTrial,
    Proposal,
    Space,
    TellPruned,
    closed_branches,
    passed_over,
    propose_untried,
    tell,
    text_of_branches,
    without,
)


def propose(search: Search, trials: Sequence[PastTrial], number: int) -> Proposal:
    """Return what a trial is to run.

    Parameters
    ----------
    search
        What the Study says.
    trials
        What its log holds, in the order of `espalier.search.History`; nothing is told of them yet.
    number
        The trial's number.

    Raises
    ------
    IndexError
        If the sampler has no trial of this number.
    """
    rule = search.branches
    told = search.sampler.learns and search.tell_pruned is TellPruned.FORECAST
    forecasts = forecasts_of(trials, search.horizon) if told or rule is not None else {}
    history = tell(trials, search.tell_pruned, forecasts)
    if rule is None:
        return _propose(search, search.space, history, number)
    evidence = tell(trials, TellPruned.FORECAST, forecasts)
    closed = closed_branches(search.space, evidence, rule)
    found = _propose(search, without(search.space, closed), passed_over(history, closed), number)
    if found.parameters is None and closed:
        # What is open is used up: better a branch that has lost than nothing.
        closed = ()
        found = _propose(search, search.space, history, number)
    return replace(found, branches=text_of_branches(Branches(rule, closed)))


def _propose(search: Search, space: Space, history: History, number: int) -> Proposal:
    return propose_untried(
        search.sampler,
        space,
        history,
        search.seed,
        number,
        search.enqueued,
        rerun=search.rerun,
        whole=search.space,
    )
