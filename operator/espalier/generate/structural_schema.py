"""From pydantic's JSON schema to a structural schema that the API server takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.api.base import LEVELS, Model

Schema = dict[str, Any]

_KEPT = frozenset(
    {
        "default",
        "description",
        "enum",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
    }
)
# The API server turns the bound of a whole number into an int64: a larger one would refuse all.
_INT64 = 2**63
# A structural schema says nothing about the names of a map's entries: the admission policy and the
# operator check those.
_DROPPED = frozenset(
    {
        "title",
        "$defs",
        "$ref",
        "anyOf",
        "const",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
    }
)

_ANY: Schema = {"x-kubernetes-preserve-unknown-fields": True, "nullable": True}


class UnfitError(TypeError):
    """A model has something that a structural schema cannot say; change the model."""


def nested(levels: int) -> Schema:
    """Return the schema of any value that is nested no deeper than so many levels.

    The API server takes 10,000 levels, at which readers of JSON give up, and with them on whatever
    list or stream the object is in. Lists of lists are left out: Kubernetes has none, and the
    schema would be as large again with them.
    """
    below = schema = listed = _bottom()
    for _ in range(levels):
        schema = {**_ANY, "additionalProperties": below, "items": listed}
        listed = {**_ANY, "additionalProperties": below, "maxItems": 0}
        below = schema
    return schema


def _bottom() -> Schema:
    return {**_ANY, "maxItems": 0, "maxProperties": 0}


def structural(model: type[Model]) -> Schema:
    """Return the structural schema of a model.

    References are inlined, optional fields lose their null, constants become enums, exclusive
    bounds become flags, and what Kubernetes does not know is left out. Defaults are written out in
    full: the API server checks them against the rules before it fills in nested ones.

    Raises
    ------
    UnfitError
        If a model refers to itself, is a union, or uses a keyword that is not known here.
    """
    document = model.model_json_schema(by_alias=True, mode="validation")
    return _convert(document, document.get("$defs", {}), (model.__name__,))


def _convert(
    node: Mapping[str, Any], definitions: Mapping[str, Any], path: tuple[str, ...]
) -> Schema:
    node = _resolve(node, definitions, path)
    schema: Schema = {}
    if LEVELS in node:
        described = {"type": "object", "description": " ".join(node["description"].split())}
        return described | {"additionalProperties": nested(node[LEVELS] - 1)}
    for key, value in node.items():
        if key in ("maximum", "minimum") and abs(value) >= _INT64:
            continue
        if key in _KEPT or key.startswith("x-kubernetes-"):
            schema[key] = value
        elif key in ("exclusiveMinimum", "exclusiveMaximum"):
            schema[key.removeprefix("exclusive").lower()] = value
            schema[key] = True
        elif key not in _DROPPED:
            raise UnfitError(f"{'.'.join(path)}: the keyword {key!r} has no structural form")
    if "const" in node:
        schema["enum"] = [node["const"]]
    if "default" in schema:
        default = _without_nulls(schema.pop("default"))
        if default is not None:
            schema["default"] = default
    if "description" in schema:
        schema["description"] = " ".join(str(schema["description"]).split())
    if not schema.get("properties", True):
        del schema["properties"]
    if "properties" in schema:
        schema["properties"] = {
            name: _convert(child, definitions, (*path, name))
            for name, child in schema["properties"].items()
        }
    elif schema.get("type") == "object":
        _convert_map(node, schema, definitions, path)
    if isinstance(schema.get("items"), Mapping):
        schema["items"] = _convert(schema["items"], definitions, (*path, "[]"))
    return schema


def _convert_map(
    node: Mapping[str, Any], schema: Schema, definitions: Mapping[str, Any], path: tuple[str, ...]
) -> None:
    values = node.get("additionalProperties")
    if "patternProperties" in node:
        (values,) = node["patternProperties"].values()
    if isinstance(values, Mapping):
        schema["additionalProperties"] = _convert(values, definitions, (*path, "{}"))
    elif values is True:
        schema["x-kubernetes-preserve-unknown-fields"] = True


def _resolve(
    node: Mapping[str, Any],
    definitions: Mapping[str, Any],
    path: tuple[str, ...],
    followed: int = 0,
) -> Mapping[str, Any]:
    """Follow references and drop the null of optional fields; the outer keywords win."""
    if followed > len(definitions) or len(path) > 40:
        raise UnfitError(f"{'.'.join(path)}: the model refers to itself")
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        target: Mapping[str, Any] = definitions[name]
        followed += 1
    elif "anyOf" in node:
        options = [option for option in node["anyOf"] if option.get("type") != "null"]
        if len(options) != 1:
            raise UnfitError(f"{'.'.join(path)}: a union of types has no structural form")
        target = options[0]
    else:
        return node
    outer = {key: value for key, value in node.items() if key not in ("$ref", "anyOf")}
    return _resolve({**target, **outer}, definitions, path, followed)


def _without_nulls(default: Any) -> Any:
    if isinstance(default, Mapping):
        return {key: _without_nulls(value) for key, value in default.items() if value is not None}
    return default
