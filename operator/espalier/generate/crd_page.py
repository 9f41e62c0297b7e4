"""The reference of the resources: docs/reference/crd.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from espalier.generate.crds import definitions
from espalier.generate.markdown import NOTE

_INTRODUCTION = """\
# Study, Trial and PrunerProfile

`espalier.dev/v1alpha1`, namespaced, category `espalier` (`kubectl get espalier`). The API server
fills in the defaults, refuses unknown fields and checks the rules below; what it cannot check, the
operator says in the condition `Accepted`. A field without a default may be left out unless it is
marked *required*. Why a condition is as it is: [reasons](reasons.md)."""
_HUGE = 1e15


def crd_page() -> str:
    """Return the page, in Markdown."""
    parts = [NOTE, _INTRODUCTION]
    for crd in definitions():
        parts.append("\n".join(_kind(crd["spec"])))
    return "\n\n".join(parts) + "\n"


def _kind(spec: Mapping[str, Any]) -> Iterator[str]:
    version = spec["versions"][0]
    schema = version["schema"]["openAPIV3Schema"]
    yield f"## {spec['names']['kind']}"
    yield ""
    yield schema["description"]
    if scale := version.get("subresources", {}).get("scale"):
        yield ""
        yield f"`kubectl scale` and autoscalers set `{scale['specReplicasPath'][1:]}`."
    selectable = ", ".join(f"`{field['jsonPath'][1:]}`" for field in version["selectableFields"])
    yield ""
    yield f"Field selectors: `metadata.name`, `metadata.namespace`, {selectable}."
    for part in ("spec", "status"):
        if part not in schema["properties"]:
            continue
        yield ""
        yield f"### {part}"
        yield ""
        yield "| field | type | default | meaning |"
        yield "| --- | --- | --- | --- |"
        yield from _rows(part, schema["properties"][part], {})
    yield ""
    yield "### Rules"
    yield ""
    yield from _rules("", schema, {})


def _rows(path: str, node: Mapping[str, Any], seen: dict[str, str]) -> Iterator[str]:
    """Describe the fields of an object; of objects with the same fields only the first in full."""
    deferred = []
    for name, child in node.get("properties", {}).items():
        below = f"{path}.{name}"
        inner = child.get("items", child)
        likeness = json.dumps(inner.get("properties"))
        same_as = seen.setdefault(likeness, below) if "properties" in inner else below
        meaning = _meaning(child) + ("" if same_as == below else f" Fields as in `{same_as}`.")
        default = _default(child, name in node.get("required", ()))
        yield f"| `{below}` | {_type(child)} | {default} | {meaning} |"
        if same_as != below:
            continue
        if inner is child:
            yield from _rows(below, child, seen)
        else:
            deferred.append((f"{below}[]", inner))
    for below, inner in deferred:
        yield from _rows(below, inner, seen)


def _rules(path: str, node: Mapping[str, Any], seen: dict[str, str]) -> Iterator[str]:
    """List the messages of the rules; of objects with the same rules only the first in full."""
    rules = node.get("x-kubernetes-validations", ())
    likeness = json.dumps([node.get("properties"), rules])
    if rules and seen.setdefault(likeness, path) != path:
        yield f"- `{path}`: as `{seen[likeness]}`"
        return
    for rule in rules:
        yield f"- {f'`{path}`: ' if path else ''}{rule['message']}"
    for name, child in node.get("properties", {}).items():
        below = f"{path}.{name}" if path else name
        yield from _rules(below, child, seen)
        if "items" in child:
            yield from _rules(f"{below}[]", child["items"], seen)


def _type(field: Mapping[str, Any]) -> str:
    if "enum" in field:
        return " \\| ".join(f"`{value}`" for value in field["enum"])
    if "items" in field:
        return f"list of {_type(field['items'])}{_bounds(field, 'Items')}"
    if "additionalProperties" in field and "nullable" in field["additionalProperties"]:
        return "object"
    if "additionalProperties" in field:
        values = _type(field["additionalProperties"])
        return f"map of {values}{_bounds(field, 'Properties')}"
    if "type" not in field:
        return "string, number or boolean"
    return f"{field['type']}{_bounds(field, 'Length')}{_range(field)}"


def _bounds(field: Mapping[str, Any], of: str) -> str:
    low, high = field.get(f"min{of}"), field.get(f"max{of}")
    if high is None:
        return ""
    return f" ({low} to {high})" if low is not None else f" (at most {high})"


def _range(field: Mapping[str, Any]) -> str:
    bounds = []
    for key, plain, strict in (("minimum", "≥", ">"), ("maximum", "≤", "<")):
        bound = field.get(key)
        if bound is not None and abs(bound) < _HUGE:
            flag = f"exclusive{key.capitalize()}"
            bounds.append(f"{strict if field.get(flag) else plain} {bound:,}")
    return f" ({', '.join(bounds)})" if bounds else ""


def _default(field: Mapping[str, Any], required: bool) -> str:
    if required:
        return "*required*"
    default = field.get("default")
    return "" if default is None or isinstance(default, dict) else f"`{json.dumps(default)}`"


def _meaning(field: Mapping[str, Any]) -> str:
    pattern = f" Pattern `{field['pattern']}`." if "pattern" in field else ""
    return (str(field.get("description", "")) + pattern).strip().replace("|", "\\|")
