"""Which objects are meant, by their labels, as everywhere in Kubernetes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from espalier.api.base import Model
from espalier.declared.operands import At, Size
from espalier.declared.predicates import And, IfElse, Or, chosen, compare, has
from espalier.declared.rule import Rule

_LABEL_NAME = Annotated[str, Field(min_length=1, max_length=317)]
_LABEL_VALUE = Annotated[str, Field(max_length=63)]


class SelectorOperator(StrEnum):
    """How a label's value is compared."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


class SelectorRequirement(Model):
    """What one label must be like."""

    key: _LABEL_NAME
    """The label's name."""
    operator: SelectorOperator
    values: Annotated[tuple[_LABEL_VALUE, ...], Field(max_length=32)] = ()
    """What it is compared with; with In and NotIn alone."""

    rules: ClassVar = (
        Rule(
            condition=IfElse(
                Or(chosen("operator", "In"), chosen("operator", "NotIn")),
                compare(Size(At("values")), ">", 0),
                compare(Size(At("values")), "==", 0),
            ),
            message="In and NotIn need values, Exists and DoesNotExist have none; add or remove"
            " them",
            expected=lambda given: (
                f"{'values' if given['operator'] in ('In', 'NotIn') else 'no values'}, since"
                f" operator is {given['operator']}, got {len(given['values'])}"
            ),
            field=".values",
            remedy="add or remove them",
        ),
    )

    def meets(self, labels: Mapping[str, str]) -> bool:
        """Whether labels are so."""
        match self.operator:
            case SelectorOperator.IN:
                return labels.get(self.key) in self.values
            case SelectorOperator.NOT_IN:
                return labels.get(self.key) not in self.values
            case SelectorOperator.EXISTS:
                return self.key in labels
            case SelectorOperator.DOES_NOT_EXIST:
                return self.key not in labels


class LabelSelector(Model):
    """What the labels of an object must be like; all of it must hold."""

    match_labels: Annotated[dict[_LABEL_NAME, _LABEL_VALUE], Field(max_length=32)] = Field(
        default_factory=dict
    )
    """Labels with their values."""
    match_expressions: Annotated[tuple[SelectorRequirement, ...], Field(max_length=32)] = ()
    """What else labels must be like."""

    rules: ClassVar = (
        Rule(
            condition=Or(
                And(has("matchLabels"), compare(Size(At("matchLabels")), ">", 0)),
                compare(Size(At("matchExpressions")), ">", 0),
            ),
            message="a selector needs matchLabels or matchExpressions; add one, since an empty one"
            " would select everything",
            expected=lambda _: "matchLabels or matchExpressions, got neither",
            remedy="add one, since an empty one would select everything",
        ),
    )

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether an object with such labels is meant."""
        wanted = self.match_labels.items()
        return all(labels.get(key) == value for key, value in wanted) and all(
            each.meets(labels) for each in self.match_expressions
        )

    def __str__(self) -> str:
        """Return it as ``kubectl`` takes it."""
        parts = [f"{key}={value}" for key, value in self.match_labels.items()]
        for each in self.match_expressions:
            values = f"({','.join(each.values)})"
            parts.append(
                {
                    SelectorOperator.IN: f"{each.key} in {values}",
                    SelectorOperator.NOT_IN: f"{each.key} notin {values}",
                    SelectorOperator.EXISTS: each.key,
                    SelectorOperator.DOES_NOT_EXIST: f"!{each.key}",
                }[each.operator]
            )
        return ",".join(parts)
