"""Branches of a conditional space that have lost: whether more trials in one could win.

A branch is a value of a choice on which other parameters depend, such as one optimizer of several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import isfinite

from espalier.search.history import History, Told
from espalier.search.space import Choice, Space, Value, same, text_of

LEAST_TRIALS = 5
"""Of fewer trials no tail can be told."""
_HEAVY = 3
"""The tail is taken to fall no faster than by this power: so much heavier than it looks that what
ten trials do not show of it seldom costs the best one (measured in tests/search)."""


@dataclass(frozen=True, slots=True)
class BranchRule:
    """When a branch is closed.

    Parameters
    ----------
    risk
        The largest probability that a branch that is closed would have beaten the best trial.
    min_trials
        So many of a branch's trials must have been told with a value.
    keep
        Choices and values of them that stay open.
    """

    risk: float
    min_trials: int = 10
    keep: tuple[tuple[str, Value], ...] = ()

    def keeps(self, parameter: str, value: Value) -> bool:
        """Whether a branch is to stay open."""
        return any(name == parameter and same(value, kept) for name, kept in self.keep)


@dataclass(frozen=True, slots=True)
class ClosedBranch:
    """A value of a choice that is not proposed any more, and why.

    Parameters
    ----------
    parameter, value
        The choice, and the value.
    trials, others
        How many trials with a value it had, and how many there were besides.
    behind
        By how much its best trial was behind the best one.
    chance
        The probability that one of as many more trials in it as there were in all would be the
        best.
    """

    parameter: str
    value: Value
    trials: int
    others: int
    behind: float
    chance: float

    @property
    def key(self) -> tuple[str, str]:
        """What tells branches apart."""
        return self.parameter, f"{type(self.value).__name__} {text_of(self.value)}"


@dataclass(frozen=True, slots=True)
class Branches:
    """The rule by which a proposal was made, and what was closed then."""

    rule: BranchRule
    closed: tuple[ClosedBranch, ...] = field(default=())


def closed_branches(space: Space, history: History, rule: BranchRule) -> tuple[ClosedBranch, ...]:
    """Return the branches that are closed, in the order of the space.

    A branch is closed where the chance that it beats the best trial is below the rule's risk, which
    is shared among a choice's values. The best trial's own branches stay open, so that each choice
    has at least one. Trials of earlier studies do not count: their values may lie elsewhere.

    Parameters
    ----------
    space
        The parameters.
    history
        Trials with what is told of them; those that are told with a score count.
    rule
        When a branch is closed.
    """
    told = [
        (each.parameters, each.score)
        for each in history
        if each.told is Told.VALUE and not each.earlier and each.score is not None
    ]
    scored = [(parameters, score) for parameters, score in told if isfinite(score)]
    if not scored:
        return ()
    leader, best = max(scored, key=lambda each: each[1])
    found: list[ClosedBranch] = []
    for name, choice in branching(space):
        risk = rule.risk / max(choice.size - 1, 1)
        for value in choice.values:
            leads = name in leader and same(leader[name], value)
            if leads or name not in leader or rule.keeps(name, value):
                continue
            inside = [s for p, s in scored if name in p and same(p[name], value)]
            if len(inside) < max(rule.min_trials, LEAST_TRIALS):
                continue
            chance = chance_to_beat(inside, best, len(scored))
            if chance < risk:
                rest, behind = len(scored) - len(inside), best - max(inside)
                found.append(ClosedBranch(name, value, len(inside), rest, behind, chance))
    return tuple(found)


def chance_to_beat(scores: Sequence[float], best: float, draws: int) -> float:
    """Return the probability that the best of more draws is better than what is the best now.

    The better half of the scores gives a tail: how far they lie beyond the middle is taken to be
    exponential with an unknown mean, which makes a power law of what is expected of the next; its
    power is no more than 3, as if no more than three of them had been seen.

    Parameters
    ----------
    scores
        What draws like these came to; five at least. Larger is better.
    best
        What is to be beaten.
    draws
        How many more.
    """
    ranked = sorted(scores)
    beyond = max(len(ranked) // 2, LEAST_TRIALS - 1)
    middle = ranked[-beyond - 1]
    mean = sum(each - middle for each in ranked[-beyond:]) / beyond
    gap = best - middle
    if gap <= 0:
        return 1.0
    if mean <= 0:
        # All alike: that is what the next is, as far as so many can tell.
        return 1.0 if draws == 0 else 1 - (1 - 1 / (len(ranked) + 1)) ** draws
    power = min(beyond, _HEAVY)
    one = (1 + gap / (power * mean)) ** -power * beyond / len(ranked)
    return 1 - (1 - one) ** draws


def without(space: Space, closed: Iterable[ClosedBranch]) -> Space:
    """Return a space in which closed branches are not chosen."""
    shut: dict[str, list[Value]] = {}
    for branch in closed:
        shut.setdefault(branch.parameter, []).append(branch.value)
    if not shut:
        return space
    parameters = []
    for parameter in space.parameters:
        domain, gone = parameter.domain, shut.get(parameter.name, ())
        if gone and isinstance(domain, Choice):
            left = (each for each in domain.values if not any(same(each, one) for one in gone))
            parameter = replace(parameter, domain=Choice(tuple(left)))
        parameters.append(parameter)
    return Space(tuple(parameters))


def passed_over(history: History, closed: Sequence[ClosedBranch]) -> History:
    """Return the history with trials of closed branches told as nothing: they are known, no more.

    A sampler that is to choose from less could not place what it does not have.
    """
    if not closed:
        return history
    return tuple(
        replace(each, told=Told.NOTHING, score=None) if _in(each.parameters, closed) else each
        for each in history
    )


def still_closed(before: Iterable[ClosedBranch], now: Branches | None) -> tuple[ClosedBranch, ...]:
    """Return what is closed now, with what was known when each of them was closed first."""
    first = {each.key: each for each in before}
    return () if now is None else tuple(first.get(each.key, each) for each in now.closed)


def text_of_branches(branches: Branches) -> str:
    """Return the rule and what it has closed as JSON, for a log."""
    return json.dumps(asdict(branches), separators=(",", ":"))


def branches_of_text(text: str) -> Branches | None:
    """Return what `text_of_branches` has written; None where it is none of its."""
    try:
        given = json.loads(text)
        rule = dict(given["rule"])
        keep = tuple((str(name), value) for name, value in rule.pop("keep"))
        closed = tuple(ClosedBranch(**each) for each in given["closed"])
        return Branches(BranchRule(**rule, keep=keep), closed)
    except (ValueError, KeyError, TypeError):
        return None


def branching(space: Space) -> Iterator[tuple[str, Choice]]:
    """Yield the choices on which other parameters depend, by name."""
    asked = {each.when.parameter for each in space.parameters if each.when is not None}
    for parameter in space.parameters:
        if parameter.name in asked and isinstance(parameter.domain, Choice):
            yield parameter.name, parameter.domain


def _in(parameters: Mapping[str, Value], closed: Iterable[ClosedBranch]) -> bool:
    return any(
        each.parameter in parameters and same(parameters[each.parameter], each.value)
        for each in closed
    )
