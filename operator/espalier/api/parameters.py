"""The models of a study's parameters and of its sampler."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from espalier.api.base import Model
from espalier.api.declared_model import choice_of
from espalier.api.plugin import PLUGIN, PluginSettings
from espalier.api.scalar import Scalar
from espalier.api.sectioned import Sectioned, TypeChoice, sections
from espalier.declared.bounds import LARGEST_NUMBER
from espalier.declared.operands import At, Minus, Quotient
from espalier.declared.predicates import And, ExactlyOne, Or, absent, compare, not_chosen
from espalier.declared.rule import Rule
from espalier.declared.words import first_sentence
from espalier.search import (
    SAMPLERS,
    BranchRule,
    Choice,
    Domain,
    FloatRange,
    IntRange,
    Parameter,
    Sampler,
    Scale,
    Space,
    TellPruned,
    When,
    make_sampler,
)
from espalier.search.branches import LEAST_TRIALS

MAX_NAME = 63
NAME_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
LARGEST_INT = 2**53 - 1
MAX_PARAMETERS = 64
MAX_VALUES = 64
MAX_LATTICE = 1_000_000_000
KINDS = ("float", "int", "categorical")

ParameterName = Annotated[str, Field(pattern=NAME_PATTERN, max_length=MAX_NAME)]
BoundedInt = Annotated[int, Field(ge=-LARGEST_INT, le=LARGEST_INT)]

_STEPS = Minus(At("max"), At("min"))
_RANGE_RULES = (
    Rule(
        condition=compare("min", "<", At("max")),
        message="min must be less than max; swap them, or leave the parameter out if it has one"
        " value",
        expected=lambda given: f"min to be less than max ({given['max']}), got {given['min']}",
        field=".min",
    ),
    Rule(
        condition=Or(not_chosen("scale", "Log"), compare("min", ">", 0)),
        message="scale Log needs min greater than 0; raise min, or set scale: Linear",
        expected=lambda given: f"min greater than 0, since scale is Log, got {given['min']}",
        field=".min",
    ),
    Rule(
        condition=Or(absent("step"), not_chosen("scale", "Log")),
        message="step belongs to scale Linear; remove step, or set scale: Linear",
        expected=lambda given: f"no step, since scale is Log, got {given['step']}",
        field=".step",
    ),
)


def _step_fits(given: Mapping[str, Any]) -> str:
    return f"a step that fits between min and max, at most 1e9 times, got {given['step']}"


class FloatSpec(Model):
    """A range of real numbers, both ends included."""

    min: float
    max: float
    scale: Scale = Scale.LINEAR
    """Log covers each order of magnitude evenly."""
    step: Annotated[float, Field(gt=0)] | None = None
    """Only min, min + step, min + 2 step, ... up to max."""

    rules: ClassVar = (
        *_RANGE_RULES,
        Rule(
            condition=And(
                compare("min", ">=", -LARGEST_NUMBER), compare("max", "<=", LARGEST_NUMBER)
            ),
            message="min and max must lie between -1e300 and 1e300; choose a narrower range",
            expected=lambda given: (
                f"min and max between -1e300 and 1e300, got {given['min']} and {given['max']}"
            ),
        ),
        Rule(
            condition=Or(
                absent("step"),
                And(
                    compare("step", "<=", _STEPS),
                    compare(Quotient(_STEPS, At("step")), "<=", float(MAX_LATTICE)),
                ),
            ),
            message="step must fit between min and max, at most 1e9 times; choose another step",
            expected=_step_fits,
            field=".step",
        ),
    )

    def domain(self) -> Domain:
        """Return what the samplers draw from."""
        return FloatRange(self.min, self.max, self.scale, self.step)


class IntSpec(Model):
    """A range of integers, both ends included."""

    min: BoundedInt
    max: BoundedInt
    scale: Scale = Scale.LINEAR
    """Log covers each order of magnitude evenly."""
    step: Annotated[int, Field(ge=1, le=LARGEST_INT)] | None = None
    """Only min, min + step, min + 2 step, ... up to max."""

    rules: ClassVar = (
        *_RANGE_RULES,
        Rule(
            condition=Or(absent("step"), compare("step", "<=", _STEPS)),
            message="step must fit between min and max; choose a smaller step",
            expected=_step_fits,
            field=".step",
        ),
    )

    def domain(self) -> Domain:
        """Return what the samplers draw from."""
        return IntRange(self.min, self.max, self.scale, self.step)


class CategoricalSpec(Model):
    """One of several values."""

    values: Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=MAX_VALUES)]
    """Strings, numbers or booleans; no two with the same text."""

    def domain(self) -> Domain:
        """Return what the samplers draw from."""
        return Choice(self.values)


class WhenSpec(Model):
    """The parameter takes part only where another has certain values."""

    parameter: ParameterName
    """Name of a categorical or int parameter that comes before this one in the list."""
    in_: Annotated[tuple[Scalar, ...], Field(alias="in", min_length=1, max_length=MAX_VALUES)]
    """Values of that parameter with which this one takes part."""


class ParameterSpec(Model):
    """A parameter: name, exactly one of float, int and categorical, and when it takes part."""

    name: ParameterName
    """Reaches the trainer as the environment variable `PARAM_<name>`."""
    float_: Annotated[FloatSpec | None, Field(alias="float")] = None
    int_: Annotated[IntSpec | None, Field(alias="int")] = None
    categorical: CategoricalSpec | None = None
    when: WhenSpec | None = None

    rules: ClassVar = (
        Rule(
            condition=ExactlyOne(tuple(map(At, KINDS))),
            message="exactly one of float, int and categorical is needed; keep one of them",
            expected=lambda given: (
                "exactly one of float, int and categorical, got"
                f" {' and '.join(kind for kind in KINDS if kind in given) or 'none'}"
            ),
        ),
    )

    def domain(self) -> Domain:
        """Return what the samplers draw from.

        Raises
        ------
        ValueError
            If it has no kind.
        """
        kind = self.float_ or self.int_ or self.categorical
        if kind is None:
            raise ValueError(f"parameter {self.name!r} has no kind")
        return kind.domain()


def _offered(kind: type[Sampler]) -> TypeChoice:
    """Return what a Study is offered of a sampler; one without settings has no section."""
    words = first_sentence(kind)
    choice = choice_of(kind, words[0].lower() + words[1:])
    return choice if choice.settings.model_fields else replace(choice, settings=None)


_PLUGIN = TypeChoice(
    PLUGIN,
    PluginSettings,
    "Settings of type Plugin: a sampler that is installed beside the operator.",
    "the name of its entry point",
    "a sampler that is installed beside the operator, under an entry point of espalier.samplers",
)


class KeptBranch(Model):
    """Values of a parameter that stay open whatever has been seen of them."""

    parameter: ParameterName
    """Name of a categorical parameter on which others depend."""
    in_: Annotated[tuple[Scalar, ...], Field(alias="in", min_length=1, max_length=MAX_VALUES)]
    """Its values that stay open."""


class CloseBranchesSpec(Model):
    """When a value of a categorical parameter on which others depend is proposed no more.

    May be added, changed and removed at any time: the next proposal goes by it.
    """

    risk: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    """Largest probability that a value that is closed would have led to the best trial."""
    min_trials: Annotated[int, Field(ge=LEAST_TRIALS, le=10_000)] = 10
    """Trials with a value that must have come to a result before it may be closed."""
    keep: Annotated[tuple[KeptBranch, ...], Field(max_length=MAX_PARAMETERS)] = ()
    """What stays open, or is to be opened again."""

    def rule(self) -> BranchRule:
        """Return it as the search takes it."""
        keep = tuple((each.parameter, value) for each in self.keep for value in each.in_)
        return BranchRule(self.risk, self.min_trials, keep)


@sections((*map(_offered, SAMPLERS.values()), _PLUGIN))
class SamplerSpec(Sectioned):
    """How the trials' parameters are chosen."""

    type: str = next(iter(SAMPLERS))
    seed: Annotated[int, Field(ge=0, le=LARGEST_INT)] = 0
    """The same seed gives the same trials; where a sampler learns, as long as the same has come of
    them."""
    tell_pruned: TellPruned = TellPruned.FORECAST
    """What a sampler that learns is told of pruned trials: the value that each is expected to have
    ended with, that it was pruned, or nothing."""
    close_branches: CloseBranchesSpec | None = None
    """Close what has lost; without it everything stays open."""

    rules: ClassVar = (
        Rule(
            condition=Or(absent("closeBranches"), not_chosen("type", "Grid")),
            message="closeBranches is not for a Grid, which tries everything; choose another type"
            " or remove closeBranches",
            expected=lambda _: (
                "a sampler that chooses, got closeBranches with type Grid, which tries everything"
            ),
            field=".closeBranches",
            remedy="choose another type, or remove closeBranches",
        ),
    )

    def branch_rule(self) -> BranchRule | None:
        """Return when branches are closed; None: never."""
        return None if self.close_branches is None else self.close_branches.rule()

    def sampler(self) -> Sampler:
        """Return the sampler with its settings.

        Raises
        ------
        SamplerError
            If one that is to be installed is not, or does not take the settings.
        """
        if isinstance(self.settings, PluginSettings):
            return make_sampler(self.settings.name, self.settings.arguments())
        given = {} if self.settings is None else self.settings.model_dump(by_alias=False)
        return make_sampler(self.type, given)


def space_of(parameters: Sequence[ParameterSpec]) -> Space:
    """Return the space of checked parameters."""
    return Space(
        tuple(
            Parameter(
                spec.name,
                spec.domain(),
                When(spec.when.parameter, spec.when.in_) if spec.when else None,
            )
            for spec in parameters
        )
    )
