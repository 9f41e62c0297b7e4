"""Rules about what a study begins with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from espalier.declared.operands import At
from espalier.declared.predicates import Compare, Not, Or, absent
from espalier.declared.quantifiers import Exists
from espalier.declared.rule import Rule

_ALL = At("parameters")


def _is_one(name: At) -> Exists:
    return Exists(_ALL, "p", Compare(At("name", "p"), "==", name))


def continuing_rules() -> tuple[Rule, ...]:
    """Return the rules of a study's spec about its warm start.

    Of its own configurations the API server sees nothing: their values have no type.
    """
    return (
        Rule(
            condition=Or(
                absent("warmStart"),
                Not(Exists(At("warmStart.parameters"), "m", Not(_is_one(At("name", "m"))))),
            ),
            message="warmStart.parameters may name the study's parameters alone; say what the"
            " others were called with was",
            expected=lambda given: (
                f"the study's parameters ({', '.join(_names(given['parameters']))}), got"
                f" {', '.join(_unknown(given))}"
            ),
            field=".warmStart.parameters",
            remedy="correct the name, and say with was what it was called",
        ),
    )


def _names(parameters: Iterable[Mapping[str, Any]]) -> list[str]:
    return [each["name"] for each in parameters]


def _unknown(given: Mapping[str, Any]) -> list[str]:
    known = _names(given["parameters"])
    return [name for name in _names(given["warmStart"]["parameters"]) if name not in known]
