"""What an API server answers where it does not do what was asked: real bodies, real errors."""

from __future__ import annotations

import json
from typing import Any

from espalier.kube import Kind
from espalier.kube.errors import from_answer

UNSERVED = b"404 page not found\n"
"""The answer to anything about a version that is not served; it is about no object."""


def error(
    what: str,
    code: int,
    reason: str,
    message: str,
    kind: Kind | None = None,
    name: str = "",
    *,
    details: dict[str, Any] | None = None,
    retry_after: str | None = None,
) -> Exception:
    """Return the error that the operator makes of an answer with a Status."""
    about: dict[str, Any] = {}
    if kind is not None:
        about = {"name": name, "kind": kind.plural}
        about |= {"group": kind.group} if kind.group else {}
    status = {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": {**about, **(details or {})},
        "code": code,
    }
    return from_answer(what, code, json.dumps(status).encode(), retry_after)


def qualified(kind: Kind) -> str:
    """Return a kind as messages name it."""
    return f"{kind.plural}.{kind.group}" if kind.group else kind.plural


def not_found(what: str, kind: Kind, name: str) -> Exception:
    """There is no such object."""
    return error(what, 404, "NotFound", f'{qualified(kind)} "{name}" not found', kind, name)


def no_namespace(what: str, namespace: str) -> Exception:
    """There is no such namespace."""
    message = f'namespaces "{namespace}" not found'
    kind = Kind("", "v1", "namespaces", "Namespace")
    return error(what, 404, "NotFound", message, kind, namespace)


def unserved(what: str) -> Exception:
    """Nothing at this path."""
    return from_answer(what, 404, UNSERVED, None)


def exists(what: str, kind: Kind, name: str) -> Exception:
    """The name is taken."""
    message = f'{qualified(kind)} "{name}" already exists'
    return error(what, 409, "AlreadyExists", message, kind, name)


def another_uid(what: str, kind: Kind, name: str, meant: str, found: str) -> Exception:
    """The name belongs to another object by now."""
    message = (
        f'Operation cannot be fulfilled on {qualified(kind)} "{name}": Precondition failed: '
        f"UID in precondition: {meant}, UID in object meta: {found}"
    )
    return error(what, 409, "Conflict", message, kind, name)


def modified(what: str, kind: Kind, name: str) -> Exception:
    """Somebody else wrote at the same time; says nothing about whether the object is there."""
    message = (
        f'Operation cannot be fulfilled on {qualified(kind)} "{name}": the object has been '
        "modified; please apply your changes to the latest version and try again"
    )
    return error(what, 409, "Conflict", message, kind, name)


def terminating(what: str, kind: Kind, name: str, namespace: str) -> Exception:
    """Nothing can be created in a namespace that is being deleted."""
    said = f"namespace {namespace} is being terminated"
    message = f'{qualified(kind)} "{name}" is forbidden: unable to create new content in {said}'
    cause = {"reason": "NamespaceTerminating", "message": said, "field": "metadata.namespace"}
    details = {"causes": [cause]}
    return error(what, 403, "Forbidden", message, kind, name, details=details)


def busy(what: str) -> Exception:
    """Too many requests: nothing was done."""
    message = "the server has received too many requests and has asked us to try again later"
    return error(what, 429, "TooManyRequests", message, retry_after="1")
