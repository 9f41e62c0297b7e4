"""Walks over a model and checks the rules of all its parts, as the API server does at apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from espalier.api.base import Model
from espalier.api.checks.collecting import Faults, caught, raise_first
from espalier.errors import SpecError


def check_rules(model: Model, path: str) -> None:
    """Check the rules of a model and of all models in it, and what only the operator checks.

    Parameters
    ----------
    path
        Where the model stands, for the error; empty for a whole object.

    Raises
    ------
    SpecError
        For the first field at fault.
    """
    raise_first(rule_faults(model, path))


def rule_faults(model: Model, path: str) -> Faults:
    """Yield all that `check_rules` finds."""
    plain = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    for place, part, value in ruled(model, plain, path):
        for rule in part.rules:
            for breach in rule.breaches(value):
                yield SpecError(f"{place}{breach.field}".removeprefix("."), breach.sentence)
        yield from caught(part.check, place)


def ruled(model: Model, plain: Any, path: str) -> Iterator[tuple[str, Model, Any]]:
    """Iterate over a model and all models in it: where each stands, and its plain value."""
    yield path, model, plain
    for name, field in type(model).model_fields.items():
        alias = field.alias or name
        if alias in plain:
            yield from _within(
                getattr(model, name), plain[alias], f"{path}.{alias}".removeprefix(".")
            )


def _within(part: Any, plain: Any, path: str) -> Iterator[tuple[str, Model, Any]]:
    if isinstance(part, Model):
        yield from ruled(part, plain, path)
    elif isinstance(part, list | tuple):
        for index, (each, value) in enumerate(zip(part, plain, strict=True)):
            yield from _within(each, value, f"{path}[{index}]")
