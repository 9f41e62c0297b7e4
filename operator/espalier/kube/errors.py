"""What the API server's answers mean for who asked."""

from __future__ import annotations

import json
from typing import Any

from espalier.errors import EspalierError, Outdated, RetryLater, SpecError

_LATER = {408, 425, 429, 500, 502, 503, 504}
_POLICY_NOT_READY = " denied request: failed to configure policy: "


class NotFound(Outdated):
    """Some object that the request named does not exist; `is_about` tells which.

    Parameters
    ----------
    plural, name
        The object that the API server says it has not; it may be the namespace.
    """

    def __init__(self, message: str, *, plural: str = "", name: str = "") -> None:
        super().__init__(message)
        self.plural = plural
        self.name = name

    def is_about(self, plural: str, name: str) -> bool:
        """Whether it is this very object that does not exist."""
        return (self.plural, self.name) == (plural, name)


class NotServed(RetryLater):
    """The API server does not serve this kind of object (now): that says nothing about objects."""


class Conflict(Outdated):
    """The object exists already, or is another one than was meant (uid, resourceVersion)."""

    def __init__(self, message: str, *, exists: bool) -> None:
        super().__init__(message)
        self.exists = exists


class Refused(SpecError):
    """The API server does not take the object as it is; the message is its own.

    It may take the same object later, when somebody has changed a policy, a role or a quota.
    """

    def __init__(self, message: str, *, code: int, causes: tuple[dict[str, Any], ...] = ()) -> None:
        fields = [str(cause["field"]) for cause in causes if cause.get("field")]
        super().__init__(fields[0] if fields else "", message)
        self.code = code
        self.causes = causes

    @property
    def namespace_terminating(self) -> bool:
        """Whether the namespace is being deleted, so that nothing can be created in it."""
        return any(cause.get("reason") == "NamespaceTerminating" for cause in self.causes)


def from_answer(what: str, code: int, body: bytes, retry_after: str | None) -> EspalierError:
    """Turn an answer that is not 2xx into the error that says what to do next."""
    status = _status(body)
    said = str(status.get("message") or f"the API server answered {code}")
    details = status.get("details") or {}
    if code == 404:
        if not details.get("name"):  # a path that is not served, or some proxy's answer
            return NotServed(f"{what}: {said}", after=2.0)
        return NotFound(
            f"{what}: {said}", plural=str(details.get("kind", "")), name=str(details["name"])
        )
    if code == 409:
        return Conflict(f"{what}: {said}", exists=status.get("reason") == "AlreadyExists")
    if code in _LATER:
        return RetryLater(f"{what}: {said}", after=_seconds(retry_after))
    if code == 401:
        return RetryLater(f"{what}: the credentials were refused: {said}", after=5)
    if status.get("kind") != "Status":
        return RetryLater(f"{what}: {said}, but not as an API server does; is a proxy in between?")
    if _POLICY_NOT_READY in said:
        return _policy_not_ready(what, said)
    return Refused(said, code=code, causes=tuple(details.get("causes") or ()))


def _policy_not_ready(what: str, said: str) -> RetryLater:
    """Return the error for an admission policy that cannot be asked: it forbids nothing yet.

    Up to half a minute after a definition was installed, the API server's admission does not know
    the kind that a policy names in ``paramKind``, and turns away all that the policy is about.
    """
    before, _, why = said.partition(_POLICY_NOT_READY)
    policy = before.rpartition(": ")[2]
    return RetryLater(
        f"{what}: the API server cannot apply {policy} ({why}), which passes by itself within a "
        "minute where what it names has just been installed",
        after=2.0,
        within=5.0,
    )


def _status(body: bytes) -> dict[str, Any]:
    """Return the Status of an answer, what is no Status left out: it may be a proxy's page."""
    try:
        status = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    status = status if isinstance(status, dict) else {}
    details = status.get("details")
    details = details if isinstance(details, dict) else {}
    causes = details.get("causes")
    causes = [each for each in causes if isinstance(each, dict)] if isinstance(causes, list) else []
    return status | {"details": details | {"causes": causes}}


def _seconds(retry_after: str | None) -> float:
    try:
        return min(60.0, max(0.0, float(retry_after or "1")))
    except ValueError:
        return 1.0
