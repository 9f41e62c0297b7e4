"""From the dataclass of what is chosen by `type` to the model of its section in a Study."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection
from typing import Any, ClassVar, Protocol, get_args

from pydantic import Field, create_model

from espalier.api.base import Model
from espalier.declared.bounds import annotations_of
from espalier.declared.names import camel
from espalier.declared.rule import Rule
from espalier.declared.words import meanings, plain, summary


class Declared(Protocol):
    """A dataclass of settings: a pruner, or a sampler."""

    name: ClassVar[str]
    """The type that chooses it."""
    rules: ClassVar[tuple[Rule, ...]]
    """What must hold between its settings."""
    not_in_study: ClassVar[frozenset[str]]
    """Settings that a Study cannot give."""
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


def model_of(kind: type[Declared], needed: Collection[str] = ()) -> type[Model]:
    """Return the model of a section's settings, with their bounds, defaults, words and rules.

    Parameters
    ----------
    kind
        The class that has the settings.
    needed
        Settings that the section must have although the class goes without them, where there is no
        section.
    """
    annotations, words = annotations_of(kind), meanings(kind)
    fields: dict[str, Any] = {
        field.name: (
            _given(annotations[field.name]) if field.name in needed else annotations[field.name],
            Field(
                default=... if field.name in needed else _default(field),
                description=plain(words[field.name]),
            ),
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


def needed_by(kind: type[Declared]) -> str | None:
    """Return what it cannot do without; None if its defaults alone will do."""
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


def _given(annotation: Any) -> Any:
    """Return an annotation of an optional setting as it is where the setting is given."""
    (given,) = (each for each in get_args(annotation) if each is not type(None))
    return given


def _with_rules(kind: type[Declared]) -> type[Model]:
    return type(f"{kind.name}Rules", (Model,), {"rules": kind.rules, "__module__": __name__})


def _default(field: dataclasses.Field[Any]) -> Any:
    return ... if field.default is dataclasses.MISSING else field.default
