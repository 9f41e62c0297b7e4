"""Rules about a study's parameters and its sampler together."""

from __future__ import annotations

from espalier.declared.operands import At, Scope
from espalier.declared.predicates import And, Compare, Not, Or, absent, has, not_chosen
from espalier.declared.quantifiers import Exists
from espalier.declared.rule import NoneOf

_ALL = At("parameters")
_PARENT = At("when.parameter", "p")
_IS_PARENT = Compare(At("name", "q"), "==", _PARENT)
_EARLIER = Exists(_ALL, "q", And(Compare(At(root="j"), "<", At(root="i")), _IS_PARENT), index="j")
_NOT_BEFORE = Exists(_ALL, "p", And(has("when", "p"), Not(_EARLIER)), index="i")
_ON_A_FLOAT = Exists(
    _ALL, "p", And(has("when", "p"), Exists(_ALL, "q", And(_IS_PARENT, has("float", "q"))))
)
_CONTINUUM = Exists(_ALL, "p", And(has("float", "p"), absent("float.step", "p")))


def parameter_rules() -> tuple[NoneOf, ...]:
    """Return the rules of a study's spec about its parameters."""
    return (
        NoneOf(
            entries=_NOT_BEFORE,
            message="when must name a parameter that comes before; put that parameter first in the"
            " list",
            about=(
                "when of ",
                " must name a parameter that comes before; put that parameter first in the list",
            ),
            expected=lambda scope: (
                f"the name of a parameter that comes before ({_before(scope)}),"
                f" got {_PARENT.value(scope)!r}"
            ),
            field=".parameters",
            operators_field=lambda scope: f".parameters[{scope['i']}].when.parameter",
            remedy=lambda _: "put that parameter first in the list, or correct the name",
        ),
        NoneOf(
            entries=_ON_A_FLOAT,
            message="when must name a categorical or int parameter; make that one categorical or"
            " int",
            about=(
                "when of ",
                " must name a categorical or int parameter, not a float one;"
                " make that one categorical or int",
            ),
            expected=lambda scope: (
                f"a categorical or int parameter, got {_PARENT.value(scope)!r}, which is a float"
                " one"
            ),
            field=".parameters",
            operators_field=lambda scope: f".parameters[{scope['i']}].when.parameter",
            remedy=lambda _: "make that one categorical or int",
        ),
        NoneOf(
            entries=_CONTINUUM,
            unless=Or(not_chosen("sampler.type", "Grid"), has("sampler.grid")),
            message="type Grid needs a finite number of values; give each float parameter a step,"
            " or set sampler.grid.points",
            about=(
                "type Grid needs a finite number of values; give ",
                " a step, or set sampler.grid.points",
            ),
            expected=lambda scope: (
                "a finite number of values, since type is Grid, got the continuum of"
                f" {scope['p']['name']}"
            ),
            field=".sampler",
            operators_field=lambda _: ".sampler",
            remedy=lambda _: "give it a step, or set sampler.grid.points",
        ),
    )


def _before(scope: Scope) -> str:
    names = [each["name"] for each in scope["self"]["parameters"][: scope["i"]]]
    return ", ".join(names) or "there is none"
