"""From a class of settings, and what it declares, to the model of its section in a Study."""

from __future__ import annotations

import dataclasses
from typing import Any

from pydantic import Field, create_model

from espalier.api.base import Model
from espalier.api.sectioned import TypeChoice
from espalier.declared.bounds import Given, annotations_of, metadata_of
from espalier.declared.names import camel
from espalier.declared.settings import Declared
from espalier.declared.words import meanings, plain, summary


def choice_of(kind: type[Declared], meaning: str = "") -> TypeChoice:
    """Return what a Study is offered of a class of settings: its type and its section.

    Parameters
    ----------
    meaning
        What the type stands for, for the description of `type`.
    """
    model = model_of(kind)
    words = "Settings of type {}." if model.model_fields else "Type {} has no settings."
    return TypeChoice(kind.name, model, words.format(kind.name), needed_by(kind), meaning)


def model_of(kind: type[Declared]) -> type[Model]:
    """Return the model of a class's settings, with their bounds, defaults, words and rules."""
    annotations, words = annotations_of(kind), meanings(kind)
    fields: dict[str, Any] = {
        field.name: (
            annotations[field.name],
            Field(
                default=_default(field, annotations[field.name]),
                description=plain(words[field.name]),
            ),
        )
        for field in _settings(kind)
    }
    return create_model(
        f"{kind.name}Settings",
        __base__=_with_rules(kind),
        __module__=__name__,
        __doc__=plain(summary(kind)),
        **fields,
    )


def needed_by(kind: type[Declared]) -> str | None:
    """Return what a class cannot do without; None if its defaults alone will do."""
    required = [camel(each.name) for each in _settings(kind) if _is_required(each)]
    if required:
        return " and ".join(required)
    defaults = {camel(field.name): field.default for field in _settings(kind)}
    given = {name: value for name, value in defaults.items() if value is not None}
    for rule in kind.rules:
        for breach in rule.breaches(given):
            return breach.remedy.removeprefix("add ")
    return None


def _settings(kind: Any) -> list[dataclasses.Field[Any]]:
    return [each for each in dataclasses.fields(kind) if each.name not in kind.not_in_study]


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING


def _default(field: dataclasses.Field[Any], annotation: Any) -> Any:
    given = any(isinstance(each, Given) for each in metadata_of(annotation))
    return ... if given or _is_required(field) else field.default


def _with_rules(kind: type[Declared]) -> type[Model]:
    return type(f"{kind.name}Rules", (Model,), {"rules": kind.rules, "__module__": __name__})
