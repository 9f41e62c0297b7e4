"""What Optuna sees of a domain, and back: each value that it draws is one of the domain's own.

A float lattice is seen as the numbers of its values, a choice as the numbers of what there is to
choose. So a lattice stays the one that is reckoned in decimals, and ``True`` is not taken for 1.
"""

from __future__ import annotations

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial

from espalier.search.space import Choice, Domain, FloatRange, Scale, Value


def distribution_of(domain: Domain) -> BaseDistribution:
    """Return the distribution that Optuna draws a domain's values from."""
    if isinstance(domain, Choice):
        return CategoricalDistribution(tuple(range(domain.size)))
    log = domain.scale is Scale.LOG
    if not isinstance(domain, FloatRange):
        return IntDistribution(domain.min, domain.at(domain.size - 1), log, domain.step or 1)
    if domain.size is not None:
        return IntDistribution(0, domain.size - 1)
    return FloatDistribution(domain.min, domain.max, log)


def seen(domain: Domain, value: Value) -> float | int:
    """Return what Optuna sees of a legal value."""
    if isinstance(domain, Choice):
        return domain.index(value)
    if isinstance(domain, FloatRange) and domain.step is not None:
        return round((float(value) - domain.min) / domain.step)
    return float(value) if isinstance(domain, FloatRange) else int(value)


def suggested(trial: Trial, name: str, domain: Domain) -> Value:
    """Return the value of a parameter that Optuna suggests for a trial."""
    if isinstance(domain, Choice):
        return domain.at(trial.suggest_categorical(name, range(domain.size)))
    log = domain.scale is Scale.LOG
    if not isinstance(domain, FloatRange):
        high, step = domain.at(domain.size - 1), domain.step or 1
        return int(trial.suggest_int(name, domain.min, high, log=log, step=step))
    if domain.size is not None:
        return domain.at(int(trial.suggest_int(name, 0, domain.size - 1)))
    drawn = float(trial.suggest_float(name, domain.min, domain.max, log=log))
    return min(max(drawn, domain.min), domain.max)
