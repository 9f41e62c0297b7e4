"""The parameters of a study's trials with the distributions that Optuna shows them by.

Unlike what samplers draw from, values stand here as the trainer was given them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from espalier.search.space import Choice, Domain, FloatRange, IntRange, Scale, Space, Value, text_of

Parameters = Mapping[str, Value]
_LARGEST = 1e300
"""Numbers are smaller, in what a Study may have."""


@dataclass(slots=True)
class Fitting:
    """A trial's parameters for Optuna."""

    values: dict[str, Value] = field(default_factory=dict)
    """Those that it can have."""
    distributions: dict[str, BaseDistribution] = field(default_factory=dict)
    """What each of them was drawn from, widened where somebody chose a value beyond it."""
    whole: bool = True
    """Whether these are all, as they were given: Optuna has no text for a number, nothing that is
    not positive on a log scale, and takes ``True`` for 1."""


@dataclass(frozen=True, slots=True)
class OptunaParameters:
    """What the parameters of a study are drawn from; one distribution a name for all its trials.

    Parameters
    ----------
    ranges
        The numeric ones, by name.
    choices
        The others: what there is to choose, as Optuna has it.
    """

    ranges: Mapping[str, FloatRange | IntRange]
    choices: Mapping[str, _Choices]

    @classmethod
    def of(cls, space: Space, trials: Sequence[Parameters]) -> OptunaParameters:
        """Take a study's space, and what its trials had of parameters that the space lacks."""
        domains = {each.name: each.domain for each in space.parameters}
        seen: dict[str, dict[tuple[bool, Value], Value]] = {}
        for trial in trials:
            for name, value in trial.items():
                if _is_value(value) and not isinstance(domains.get(name), FloatRange | IntRange):
                    seen.setdefault(name, {}).setdefault((isinstance(value, bool), value), value)
        found: dict[str, Domain] = {
            name: domains[name] if name in domains else _inferred(tuple(values.values()))
            for name, values in seen.items()
        } | {name: each for name, each in domains.items() if not isinstance(each, Choice)}
        return cls(
            {name: each for name, each in found.items() if not isinstance(each, Choice)},
            {
                name: _Choices.of((*each.values, *seen[name].values()))
                for name, each in found.items()
                if isinstance(each, Choice)
            },
        )

    def fit(self, parameters: Parameters) -> Fitting:
        """Return a trial's parameters for Optuna."""
        found = Fitting()
        for name, value in parameters.items():
            choices, numbers = self.choices.get(name), self.ranges.get(name)
            if choices is not None and _is_value(value):
                found.values[name] = choices.shown(value)
                found.distributions[name] = choices.distribution
                found.whole &= not choices.as_texts
            elif numbers is not None and (drawn := _range(numbers, value)) is not None:
                found.values[name] = numbers.parse(value)
                found.distributions[name] = drawn
            else:
                found.whole = False
        return found


@dataclass(frozen=True, slots=True)
class _Choices:
    """What there is to choose; as texts where Optuna would take two of them for one."""

    distribution: CategoricalDistribution
    as_texts: bool

    @classmethod
    def of(cls, values: Sequence[Value]) -> _Choices:
        own = {(isinstance(value, bool), value): value for value in values}.values()
        as_texts = len(set(own)) < len(own)
        shown = tuple(dict.fromkeys(map(text_of, own))) if as_texts else tuple(own)
        return cls(CategoricalDistribution(shown), as_texts)

    def shown(self, value: Value) -> Value:
        if self.as_texts:
            return text_of(value)
        return next(each for each in self.distribution.choices if each == value)


def _range(domain: FloatRange | IntRange, value: Value) -> BaseDistribution | None:
    """Return what a value was drawn from; None where Optuna cannot have it."""
    if isinstance(value, bool | str) or not _is_value(value):
        return None
    log, legal = domain.scale is Scale.LOG, domain.legal(value)
    low, high = min(domain.min, value), max(domain.max, value)
    if log and low <= 0:
        return None
    if isinstance(domain, FloatRange):
        if legal and domain.step is not None and domain.size is not None:
            return FloatDistribution(domain.min, domain.at(domain.size - 1), step=domain.step)
        return FloatDistribution(low, high, log)
    if int(value) != value:
        return None
    if legal:
        return IntDistribution(domain.min, domain.at(domain.size - 1), log, domain.step or 1)
    return IntDistribution(int(low), int(high), log)


def _inferred(values: Sequence[Value]) -> Domain:
    """Return what values may have been drawn from that no space knows."""
    numbers = [each for each in values if isinstance(each, int | float)]
    if len(numbers) < len(values) or any(isinstance(each, bool) for each in values):
        return Choice(tuple(values))
    low, high = min(numbers), max(numbers)
    if all(isinstance(each, int) for each in numbers):
        return IntRange(int(low), int(high))
    return FloatRange(float(low), float(high))


def _is_value(value: object) -> bool:
    """Whether Optuna can choose it; what an export holds need be none of ours."""
    if isinstance(value, int | float):
        return -_LARGEST < value < _LARGEST
    return isinstance(value, str)
