"""From the dataclass of a pruner, and what it declares, to the model of its section in a Study."""

from __future__ import annotations

import dataclasses
from typing import Any

from pydantic import Field, create_model

from espalier.api.base import Model
from espalier.declared.bounds import annotations_of
from espalier.declared.names import camel
from espalier.declared.words import meanings, plain, summary
from espalier.pruning.pruners.base import Scheduled


def model_of(kind: type[Scheduled]) -> type[Model]:
    """Return the model of a pruner's settings, with their bounds, defaults, words and rules."""
    annotations, words = annotations_of(kind), meanings(kind)
    fields: dict[str, Any] = {
        field.name: (
            annotations[field.name],
            Field(default=_default(field), description=plain(words[field.name])),
        )
        for field in dataclasses.fields(kind)
        if field.name not in kind.not_in_study
    }
    return create_model(
        f"{kind.name}Settings",
        __base__=_with_rules(kind),
        __module__=__name__,
        __doc__=plain(summary(kind)),
        **fields,
    )


def needed_by(kind: type[Scheduled]) -> str | None:
    """Return what a pruner cannot do without; None if its defaults alone will do."""
    required = [
        camel(field.name)
        for field in dataclasses.fields(kind)
        if field.default is dataclasses.MISSING
    ]
    if required:
        return " and ".join(required)
    defaults = {camel(field.name): field.default for field in dataclasses.fields(kind)}
    given = {name: value for name, value in defaults.items() if value is not None}
    for rule in kind.rules:
        for breach in rule.breaches(given):
            return breach.remedy.removeprefix("add ")
    return None


def _with_rules(kind: type[Scheduled]) -> type[Model]:
    return type(f"{kind.name}Rules", (Model,), {"rules": kind.rules, "__module__": __name__})


def _default(field: dataclasses.Field[Any]) -> Any:
    return ... if field.default is dataclasses.MISSING else field.default
