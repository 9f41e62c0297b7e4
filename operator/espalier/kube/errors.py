"""What the API server's answers mean for who asked."""

from __future__ import annotations

import json
from typing import Any

from espalier.errors import EspalierError, RetryLater, SpecError

_LATER = {408, 425, 429, 500, 502, 503, 504}


class NotFound(EspalierError):
    """There is no such object (any more): whoever wanted it gone has what he wanted."""


class Conflict(EspalierError):
    """The object exists already, or is another one than was meant (uid, resourceVersion)."""

    def __init__(self, message: str, *, exists: bool) -> None:
        super().__init__(message)
        self.exists = exists


class Refused(SpecError):
    """The API server does not take the object as it is; the message is its own."""

    def __init__(self, message: str, *, code: int, reason: str = "", causes: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.causes = causes

    @property
    def namespace_terminating(self) -> bool:
        """Whether the namespace is being deleted, so that nothing can be created in it."""
        return "NamespaceTerminating" in self.causes or "is being terminated" in str(self)


def from_answer(what: str, code: int, body: bytes, retry_after: str | None) -> EspalierError:
    """Turn an answer that is not 2xx into the error that says what to do next."""
    status = _status(body)
    reason = str(status.get("reason", ""))
    message = f"{what}: {status.get('message') or f'the API server answered {code}'}"
    if code == 404:
        return NotFound(message)
    if code == 409:
        return Conflict(message, exists=reason == "AlreadyExists")
    if code in _LATER:
        return RetryLater(message, _seconds(retry_after))
    if code == 401:
        return RetryLater(f"{message} (the operator's own credentials were not accepted)", 5.0)
    causes = json.dumps(status.get("details", {}).get("causes", []))
    return Refused(message, code=code, reason=reason, causes=causes)


def _status(body: bytes) -> dict[str, Any]:
    try:
        status = json.loads(body)
    except ValueError:
        return {}
    return status if isinstance(status, dict) else {}


def _seconds(retry_after: str | None) -> float | None:
    try:
        return min(60.0, max(0.0, float(retry_after))) if retry_after else None
    except ValueError:
        return None
