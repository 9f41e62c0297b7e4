"""Bayesian optimization with a Gaussian process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from math import isfinite
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from espalier.search.history import History, PastTrial, Told
from espalier.search.samplers.base import Sampler, check_number, sampler_seed
from espalier.search.space import Space, Value

_BROUGHT = ("torch", "greenlet")
"""What the plain image is without. Optuna does without greenlet too, but slower and otherwise."""
_LARGEST = 1e100
"""Scores are cut at this size: their squares are summed."""


@dataclass(frozen=True, kw_only=True)
class GP(Sampler):
    """Fits a Gaussian process to the values, and tries what is expected to improve most.

    Optuna's Gaussian process with a Matérn kernel and the logarithm of the expected improvement
    (Ament et al., *Unexpected Improvements to Expected Improvement*, 2023), running trials included
    as a batch, and the probability that a configuration works (Gardner et al., *Bayesian
    Optimization with Inequality Constraints*, 2014). Conditional parameters are drawn at random.
    Needs PyTorch, which the image has by `image.variant: gp` of the chart.

    Parameters
    ----------
    startup_trials
        How many trials must have ended before it learns from them; until then it draws at random.
    deterministic
        Whether the same configuration always gives the same value: nothing is taken for noise.
    """

    startup_trials: Annotated[int, Ge(1), Le(10_000)] = 10
    deterministic: bool = False

    name: ClassVar[str] = "GP"
    learns: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("optuna", *_BROUGHT, "scipy", "numpy")

    def objection(self, space: Space) -> str | None:
        """Return why a space cannot be sampled: PyTorch is not there, or nothing to model."""
        missing = " and ".join(each for each in _BROUGHT if find_spec(each) is None)
        if missing:
            return (
                f"expected another type, since GP needs {missing}, not installed here, got GP; "
                "choose TPE, or run the operator's image that has them (image.variant: gp of the "
                "chart)"
            )
        if all(each.when is not None or each.domain.size == 1 for each in space.parameters):
            return (
                "expected another type, since GP models parameters that always take part, of "
                "which there is none to vary, got GP; choose TPE"
            )
        return None

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return what a new sampler of Optuna proposes after the history."""
        check_number(number)
        # Imported only where needed: few studies use it, and PyTorch is large.
        import warnings

        from optuna.exceptions import ExperimentalWarning
        from optuna.samplers import GPSampler

        from espalier.search.samplers.optuna_study.proposed import ask

        warnings.filterwarnings("ignore", "Argument ``determin", ExperimentalWarning)
        sampler = GPSampler(
            seed=sampler_seed(seed, number),
            n_startup_trials=self.startup_trials,
            deterministic_objective=self.deterministic,
            warn_independent_sampling=False,
        )
        # Where one point is by far the most promising, Optuna divides nothing by nothing, and goes
        # on from that point alone.
        with np.errstate(invalid="ignore"):
            return ask(space, _as_values(_whole(space, history)), sampler)


def _whole(space: Space, history: History) -> History:
    """Return the trials that have all parameters which always take part.

    Optuna models what its trials have in common: one that lacks a parameter would take it away from
    all.
    """
    always = [each for each in space.parameters if each.when is None]
    return [
        trial
        for trial in history
        if all(
            each.name in trial.parameters and each.domain.legal(trial.parameters[each.name])
            for each in always
        )
    ]


def _as_values(history: History) -> History:
    """Return the trials with those told as pruned at the worst value, since a GP knows no ranks."""
    scores = [
        each.score
        for each in history
        if each.told is Told.VALUE and each.score is not None and isfinite(each.score)
    ]
    worst = min(scores, default=0.0)
    return [_as_value(each, worst) for each in history]


def _as_value(trial: PastTrial, worst: float) -> PastTrial:
    if trial.told is Told.PRUNED:
        return replace(trial, told=Told.VALUE, score=_cut(worst))
    if trial.told is Told.VALUE and trial.score is not None and isfinite(trial.score):
        return replace(trial, score=_cut(trial.score))
    return trial


def _cut(score: float) -> float:
    return min(max(score, -_LARGEST), _LARGEST)
