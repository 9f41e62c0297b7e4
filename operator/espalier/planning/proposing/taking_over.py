"""Which trials of earlier studies a study takes over, and as what; pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from espalier.errors import SpecError
from espalier.planning.world.earlier import EarlierSource, EarlierTrial
from espalier.planning.world.parameters_text import text_of_parameters
from espalier.planning.world.warm_start import WarmStart
from espalier.pruning import Direction
from espalier.search import NotCarried, Outcome, carry_over, in_common

MOST_TRIALS = 5000
"""Trials that a study takes over, all sources together."""
MOST_POINTS = 200
"""Values of one trial that are taken over."""
MOST_REASONS = 9
"""Reasons for leaving trials out that are told apart, a source."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """A trial of an earlier study as that study has it.

    Parameters
    ----------
    number
        Its number.
    parameters
        Values by the names that they had there; whatever somebody wrote.
    outcome
        How it ended.
    steps, values
        What it reported for the objective, by step, in the user's sign.
    """

    number: int
    parameters: Mapping[str, Any]
    outcome: Outcome
    steps: Sequence[int] = ()
    values: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class SourceStudy:
    """An earlier study.

    Parameters
    ----------
    path
        The field that names it, for errors.
    kind, name
        ``Study`` or ``ConfigMap``, and which.
    uid
        Its uid, or what stands for one.
    metric, direction
        What its trials are compared by.
    horizon
        Its last step; None where it does not say: then trials that completed ran to their end.
    trials
        Those that have ended, in the order of their ends.
    left_out
        How many trials are not among them, by the reason in words.
    """

    path: str
    kind: str
    name: str
    uid: str
    metric: str
    direction: Direction
    horizon: int | None
    trials: Sequence[SourceTrial]
    left_out: Mapping[str, int] = field(default_factory=dict)


def take_over(
    wanted: WarmStart, sources: Sequence[SourceStudy]
) -> tuple[tuple[EarlierSource, ...], tuple[EarlierTrial, ...]]:
    """Return what is taken from where, source by source in their order.

    Of a source with more trials than there is room for the newest are taken. A trial that ran less
    far than the present study's go is as good as pruned there; one that ran further is known up to
    where they go.

    Raises
    ------
    SpecError
        If a source compares its trials by something else, or has no parameter in common.
    """
    told: list[EarlierSource] = []
    taken: list[EarlierTrial] = []
    known: set[tuple[str, int]] = set()
    for place, source in enumerate(sources):
        _check(wanted, source)
        left_out = Counter(source.left_out)
        fitting: list[EarlierTrial] = []
        for trial in source.trials:
            try:
                fitting.append(_mapped(wanted, source, trial, known))
            except NotCarried as error:
                left_out[str(error)] += 1
        room = (MOST_TRIALS - len(taken)) // (len(sources) - place)
        if (beyond := len(fitting) - room) > 0:
            left_out[f"older than the newest {room}"] += beyond
            fitting = fitting[beyond:]
        taken += fitting
        told.append(
            EarlierSource(source.kind, source.name, source.uid, len(fitting), _few(left_out))
        )
    return tuple(told), tuple(taken)


def _check(wanted: WarmStart, source: SourceStudy) -> None:
    """Refuse a source that tells nothing of the present study."""
    if (source.metric, source.direction) != (wanted.metric, wanted.direction):
        raise SpecError(
            source.path,
            f"expected trials that {wanted.direction.value.lower()} {wanted.metric} as this study "
            f"does, got {source.kind} {source.name}, which {source.direction.value.lower()}s "
            f"{source.metric}; remove it, or change spec.objective",
        )
    names = frozenset(name for trial in source.trials for name in trial.parameters)
    if source.trials and not in_common(wanted.space, wanted.predecessors, names):
        today = ", ".join(each.name for each in wanted.space.parameters)
        before = ", ".join(sorted(map(str, names))[:16]) or "none"
        raise SpecError(
            source.path,
            f"expected at least one of the study's parameters ({today}), got {source.kind} "
            f"{source.name} with {before}; remove it, or say with warmStart.parameters what each "
            "was called",
        )


def _mapped(
    wanted: WarmStart, source: SourceStudy, trial: SourceTrial, known: set[tuple[str, int]]
) -> EarlierTrial:
    if (source.uid, trial.number) in known:
        raise NotCarried("taken from another source already")
    given = {name: value for name, value in trial.parameters.items() if _is_value(value)}
    parameters = carry_over(wanted.space, wanted.predecessors, given)
    outcome, steps, values = _seen(wanted.horizon, source.horizon, trial)
    known.add((source.uid, trial.number))
    text = text_of_parameters(parameters)
    return EarlierTrial(source.uid, trial.number, text, outcome, steps, values)


def _is_value(value: Any) -> bool:
    """Whether somebody wrote what can be a parameter's value at all."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int | bool)


def _seen(
    horizon: int, before: int | None, trial: SourceTrial
) -> tuple[Outcome, tuple[int, ...], tuple[float, ...]]:
    """Return how a trial ended and what it reported, as far as the present study looks."""
    outcome, count = trial.outcome, len(trial.steps)
    if outcome is Outcome.LOST:
        raise NotCarried("lost by no fault of its own")
    within = sum(step <= horizon for step in trial.steps)
    if within < count and outcome is Outcome.PRUNED:
        outcome = Outcome.COMPLETED
    if outcome is Outcome.COMPLETED and before is not None and before < horizon:
        outcome = Outcome.PRUNED
    if outcome is not Outcome.FAILED and not within:
        raise NotCarried(f"no value up to step {horizon}")
    steps = list(thinned(trial.steps[:within], MOST_POINTS))
    if outcome is Outcome.COMPLETED and before is None:
        steps[-1] = horizon  # What it ended with, wherever that was.
    return (
        outcome,
        tuple(steps),
        tuple(map(float, thinned(trial.values[:within], MOST_POINTS))),
    )


def thinned(points: Sequence[_T], most: int) -> Sequence[_T]:
    """Return at most so many of some points, evenly spread, the first and the last among them."""
    if len(points) <= most:
        return points
    apart = (len(points) - 1) / (most - 1)
    return [points[round(apart * place)] for place in range(most)]


def _few(left_out: Counter[str]) -> dict[str, int]:
    """Return the most frequent reasons, the others together."""
    common = left_out.most_common()
    few = dict(sorted(common[:MOST_REASONS]))
    if others := sum(count for _, count in common[MOST_REASONS:]):
        few["other reasons"] = others
    return few
