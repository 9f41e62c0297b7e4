"""What a judge has to say about its own work."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv

from espalier.pruning.history.expected_ends import Leader


@dataclass(frozen=True, slots=True)
class ShadowSummary:
    """What a shadow pruner would have done.

    Parameters
    ----------
    name, pruner
        The shadow's name, and the type of its pruner.
    judged, would_prune
        How many trials it judged, and how many of them it would have pruned; what a guard ends is
        left out, and so are exempt trials, which are not pruned whoever acts.
    steps, would_save
        The steps that the trials have done, and how many of them it would have saved.
    loses_best
        Whether it would have pruned the trial that is now the best completed one, exempt or not.
    """

    name: str
    pruner: str
    judged: int
    would_prune: int
    steps: int
    would_save: int
    loses_best: bool


@dataclass(frozen=True, slots=True)
class JudgeSummary:
    """The state of a study's pruning.

    Parameters
    ----------
    judged, kept, pruned
        How many decisions were taken, and their outcomes.
    risk_stated, risk_spent, risk_left
        The risk that the pruner may spend, None where it states none.
    exempt, exempt_finished, exempt_would_prune
        Exempt trials: how many have reported, have completed, and of those completed the pruner,
        not a guard, would have pruned.
    false_prunes, false_prune_rate, false_prune_low, false_prune_high
        Of those that would have been pruned: how many ended better than every trial that completes
        without exemption, their share, and its 95 % Clopper-Pearson interval. The rate is
        None while there is nothing to take it from or to compare with.
    breaker_open, breaker_trips
        Whether the circuit breaker is open, and how often it has opened.
    late
        Reports of trials that had ended.
    shadows
        What the shadow pruners would have done.
    paused
        Whether pruning is paused by the user.
    leaders
        The completed trials with the best expected values, at most ten, the best first.
    """

    judged: int
    kept: int
    pruned: int
    risk_stated: float | None
    risk_spent: float
    risk_left: float | None
    exempt: int
    exempt_finished: int
    exempt_would_prune: int
    false_prunes: int
    false_prune_rate: float | None
    false_prune_low: float
    false_prune_high: float
    breaker_open: bool
    breaker_trips: int
    late: int
    shadows: tuple[ShadowSummary, ...]
    paused: bool = False
    leaders: tuple[Leader, ...] = ()


def clopper_pearson(successes: int, tries: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a rate (Clopper and Pearson 1934); (0, 1) without tries."""
    tail = (1.0 - confidence) / 2.0
    low = 0.0
    high = 1.0
    if successes > 0:
        low = float(betaincinv(successes, tries - successes + 1, tail))
    if successes < tries:
        high = float(betaincinv(successes + 1, tries - successes, 1.0 - tail))
    return low, high
