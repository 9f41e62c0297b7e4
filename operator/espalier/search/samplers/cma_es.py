"""The evolution strategy that adapts a covariance matrix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import floor, isfinite, log
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le

from espalier.search.history import History, PastTrial, Told
from espalier.search.samplers.base import Sampler, check_number, sampler_seed
from espalier.search.samplers.random import random_unit
from espalier.search.space import Choice, Domain, FloatRange, Parameter, Scale, Space, Value

if TYPE_CHECKING:
    from cmaes import CMA

_INSIDE = float(np.nextafter(1.0, 0.0))
"""The last number before the end of the unit cube, which does not belong to it."""


@dataclass(frozen=True, kw_only=True)
class CmaEs(Sampler):
    """Moves a cloud of configurations to where the better half of them lies.

    The covariance matrix adaptation evolution strategy (Hansen, *The CMA Evolution Strategy: A
    Tutorial*, 2016) by the package cmaes, restarted with twice the population where the cloud has
    shrunk to a point (Auger and Hansen, *A Restart CMA Evolution Strategy With Increasing
    Population Size*, 2005). It moves the numbers that always take part; conditional parameters and
    choices are drawn at random beside them.

    Trials are counted as they end, a generation at a time, by their order alone: those with a value
    by their value, then pruned ones by how far they came, then those that failed.

    Parameters
    ----------
    population
        Trials of a generation; 4 + 3 ln n for n numbers, if not given.
    spread
        Standard deviation of the first generation around the middle, as a share of each range.
    """

    population: Annotated[int, Ge(2), Le(10_000)] | None = None
    spread: Annotated[float, Gt(0), Le(1)] = 1 / 6

    name: ClassVar[str] = "CmaEs"
    learns: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("cmaes", "numpy")

    def objection(self, space: Space) -> str | None:
        """Return why a space cannot be sampled: it has no number to move."""
        if _axes(space):
            return None
        return (
            "expected another type, since CmaEs moves numbers that always take part, of which "
            "there is none, got CmaEs; choose TPE, or add an int or float parameter without when"
        )

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return a point of the generation that the history has come to."""
        check_number(number)
        axes = _axes(space)
        units: Mapping[str, float] = {}
        if axes:
            cloud = self._cloud(axes, history, seed)
            cloud.reseed_rng(sampler_seed(seed, number))
            units = dict(zip((each.name for each in axes), map(float, cloud.ask()), strict=True))
        chosen: dict[str, Value] = {}
        for each in space.parameters:
            if each.active(chosen):
                unit = units.get(each.name)
                unit = random_unit(seed, each.name, number) if unit is None else unit
                chosen[each.name] = each.domain.from_unit(min(max(unit, 0.0), _INSIDE))
        return chosen

    def _cloud(self, axes: Sequence[Parameter], history: History, seed: int) -> CMA:
        """Return the cloud after all generations that are complete."""
        first = self.population or 4 + floor(3 * log(len(axes)))
        restarts = 0
        cloud = _new_cloud(np.full(len(axes), 0.5), self.spread, first)
        ended = _ended(axes, history)
        while len(generation := list(islice(ended, cloud.population_size))) == (
            cloud.population_size
        ):
            order = sorted(range(len(generation)), key=lambda i: generation[i][1])
            cloud.tell([(generation[i][0], float(rank)) for rank, i in enumerate(order)])
            if cloud.should_stop():
                restarts += 1
                middle = np.random.RandomState(sampler_seed(seed, -restarts)).uniform(
                    size=len(axes)
                )
                cloud = _new_cloud(middle, self.spread, first << min(restarts, 10))
        return cloud


def _new_cloud(middle: np.ndarray[tuple[int]], spread: float, population: int) -> CMA:
    # Imported only where needed, like all that few studies use.
    from cmaes import CMA

    bounds = np.tile([0.0, 1.0], (len(middle), 1))
    # As Optuna does: a point outside is drawn again so often before it is put on the edge.
    tries = 10 * len(middle)
    return CMA(middle, spread, bounds, tries, seed=0, population_size=population)


def _axes(space: Space) -> list[Parameter]:
    """Return the numbers that always take part and can have more than one value."""
    return [
        each
        for each in space.parameters
        if each.when is None and not isinstance(each.domain, Choice) and each.domain.size != 1
    ]


def _ended(
    axes: Sequence[Parameter], history: History
) -> Iterator[tuple[np.ndarray[tuple[int]], tuple[float, ...]]]:
    """Iterate over the points of trials that have ended, with what they are ordered by."""
    for trial in history:
        place = _place(trial)
        if place is not None and all(_has(trial, each) for each in axes):
            units = [unit_of(each.domain, trial.parameters[each.name]) for each in axes]
            yield np.array(units), place


def _has(trial: PastTrial, axis: Parameter) -> bool:
    return axis.name in trial.parameters and axis.domain.legal(trial.parameters[axis.name])


def _place(trial: PastTrial) -> tuple[float, ...] | None:
    """Return what a trial is ordered by among those of its generation, the best first."""
    match trial.told:
        case Told.VALUE:
            return 0.0, 0.0, _loss(trial.score)
        case Told.PRUNED:
            step = trial.last_step
            return 1.0, float(-step) if step is not None else 1.0, _loss(trial.last_score)
        case Told.INFEASIBLE:
            return 2.0, 0.0, 0.0
    return None


def _loss(score: float | None) -> float:
    return -score if score is not None and isfinite(score) else float("inf")


def unit_of(domain: Domain, value: Value) -> float:
    """Return the place in [0, 1] of a legal number of a range: the middle of what it stands for."""
    assert not isinstance(domain, Choice)
    number = float(value)
    if domain.scale is Scale.LOG:
        half = 0.0 if isinstance(domain, FloatRange) else 0.5
        low, high = log(domain.min - half), log(domain.max + half)
        return (log(number) - low) / (high - low)
    if domain.size is None:
        return (number - domain.min) / (domain.max - domain.min)
    return (round((number - domain.min) / (domain.step or 1)) + 0.5) / domain.size
