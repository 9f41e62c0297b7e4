"""What a 2xx answer must look like to be one of an API server's.

A proxy, a load balancer or a login page in between answers 200 as well. Nothing of that is an
object, and nothing may be concluded from it: whoever asked asks again later.
"""

from __future__ import annotations

from typing import Any

from espalier.errors import RetryLater
from espalier.kube.deep_json import read_json

Object = dict[str, Any]
Objects = list[Object]
_SHOWN = 80


def parse_object(what: str, data: bytes) -> Object:
    """Return the JSON object of an answer's body; an empty body is an empty object.

    Raises
    ------
    RetryLater
        If what came is something else: a proxy may have answered.
    """
    try:
        found = read_json(data) if data else {}
    except (ValueError, RecursionError) as error:
        raise unexpected(what, "JSON", data) from error
    if not isinstance(found, dict):
        raise unexpected(what, "a JSON object", data)
    return found


def named_object(what: str, found: Object) -> Object:
    """Return an object that has what every stored object has: metadata with name and uid.

    Raises
    ------
    RetryLater
        If what came is something else: a proxy may have answered.
    """
    if not is_named(found):
        raise unexpected(what, "an object with metadata.name and metadata.uid")
    return found


def page_of(what: str, found: Object) -> tuple[list[Object], str, str]:
    """Return a page's objects, the list's version, and how to go on ("" at the last page).

    Raises
    ------
    RetryLater
        If what came is something else: a proxy may have answered.
    """
    metadata, items = found.get("metadata"), found.get("items", [])
    if items is None:
        items = []
    if not isinstance(metadata, dict) or "items" not in found or not isinstance(items, list):
        raise unexpected(what, "a list with metadata and items")
    if not all(isinstance(item, dict) and is_named(item) for item in items):
        raise unexpected(what, "a list of objects with metadata.name and metadata.uid")
    version, cont = metadata.get("resourceVersion") or "", metadata.get("continue") or ""
    if not isinstance(version, str) or not isinstance(cont, str):
        raise unexpected(what, "a list whose resourceVersion and continue are strings")
    return items, version, cont


def is_named(found: Object) -> bool:
    """Whether an object has a name and a uid."""
    metadata = found.get("metadata")
    return isinstance(metadata, dict) and all(
        isinstance(metadata.get(key), str) and metadata[key] for key in ("name", "uid")
    )


def unexpected(what: str, expected: str, came: bytes | None = None) -> RetryLater:
    """Return the error for an answer of success that cannot be an API server's."""
    shown = "" if came is None else f" that begins with {came[:_SHOWN]!r}"
    return RetryLater(
        f"{what}: expected {expected}, came another answer{shown}; is a proxy in between?",
        after=2.0,
    )
