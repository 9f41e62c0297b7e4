"""The reference of the read API: docs/reference/read-api.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier import __version__
from espalier.generate.markdown import NOTE
from espalier.read_api.openapi import document

_HEAD = """{note}
# The read API

What is known of studies, as JSON over HTTPS, for whoever may `get` them in the cluster.
[How to read results from outside](../how-to/read-results-from-outside.md) has the ways to it;
[security](../explanation/security.md#who-may-read-results) says who sees what. The same as an
OpenAPI document is served at `/v1/openapi.json`.

- Numbers are never NaN: what was not finite is null. Times are RFC 3339.
- `/v1` stays: fields are added, none is taken away or changes its meaning.
- Each JSON answer has an `ETag`; who sends it back in `If-None-Match` gets 304 as long as nothing
  is new. Large answers come by gzip to who takes it.
- A list comes in pages: `items`, `total`, and `continue`, which the next question sends back; null
  on the last page.
- What is not answered has `{{"error": {{"code", "message"}}}}`: the code is for programs, the
  message for people.
- Of several studies of one name the newest is meant; `uid` names another one. One whose Study is
  gone is answered for as long as `store.keepClosedHours` says.
- A very large study may be known some seconds late: reading it takes at most a fifth of the time.

| status | |
| --- | --- |
{statuses}
"""


def read_api_page() -> str:
    """Write the reference of the read API, in Markdown."""
    found = document(__version__)
    any_of = found["paths"]["/v1/studies"]["get"]["responses"]
    statuses = "\n".join(f"| {code} | {said['description']} |" for code, said in any_of.items())
    parts = [_HEAD.format(note=NOTE, statuses=statuses)]
    parts += [_question(path, item["get"]) for path, item in found["paths"].items()]
    return "\n".join(parts)


def _question(path: str, asked: Mapping[str, Any]) -> str:
    lines = [f"## `GET {path}`", "", asked["summary"], ""]
    if "description" in asked:
        lines += [asked["description"], ""]
    query = [each for each in asked["parameters"] if each["in"] == "query"]
    lines += ["| parameter | | meaning |", "| --- | --- | --- |"]
    lines += [f"| `{e['name']}` | {_kind(e['schema'])} | {e['description']} |" for e in query]
    content = asked["responses"]["200"]["content"].get("application/json")
    if content is not None and "properties" in content["schema"]:
        lines += ["", "Answer:", "", *_fields(content["schema"])]
    return "\n".join(lines) + "\n"


def _fields(schema: Mapping[str, Any], depth: int = 0) -> list[str]:
    lines = []
    for name, field in schema["properties"].items():
        words = f": {field['description']}" if "description" in field else ""
        lines.append(f"{'  ' * depth}- `{name}`, {_kind(field)}{words}")
        inner = _inner(field)
        if inner is not None and depth < 2:
            lines += _fields(inner, depth + 1)
    return lines


def _inner(field: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the object that a field holds, or a list of."""
    for each in (field, field.get("items", {}), *field.get("anyOf", ())):
        if "properties" in each:
            return dict(each)
    return None


def _kind(schema: Mapping[str, Any]) -> str:
    """Return what a value may be, in few words."""
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"`{word}`" for word in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    kinds = schema.get("type", "string")
    text = (" or ".join(kinds) if isinstance(kinds, list) else str(kinds)).replace("array", "list")
    if "maximum" in schema:
        text += f" up to {schema['maximum']}"
    return text + (f", else {schema['default']}" if "default" in schema else "")
