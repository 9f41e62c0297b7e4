"""Who a token is, out of the API server's answer about it or of its own claims."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from espalier.errors import ReportError

POD_UID = "authentication.kubernetes.io/pod-uid"
POD_NAME = "authentication.kubernetes.io/pod-name"
_SERVICE_ACCOUNT = "system:serviceaccount:"
LONGEST_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """The pod that a token is bound to."""

    namespace: str
    """The pod's."""
    pod_name: str
    """Its name."""
    pod_uid: str
    """Its uid, which no other pod ever has."""


def bearer(header: str | None) -> str:
    """Return the token of an ``Authorization`` header.

    Raises
    ------
    ReportError
        If there is none, or it cannot be a projected token.
    """
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise unauthenticated("expected Authorization: Bearer and a token; came none")
    if len(token) > LONGEST_TOKEN or token.count(".") != 2 or not token.isascii():
        raise unauthenticated(
            "expected a projected service account token; came something else; "
            "read it from ESPALIER_TOKEN_FILE"
        )
    return token


def check_spelling(token: str) -> None:
    """Refuse a token that could be spelt otherwise and mean the same.

    Bits of a part's last character may mean nothing: one token would have many spellings, and
    each would have to be checked.

    Raises
    ------
    ReportError
        401: it is not canonical base64url.
    """
    if not all(_is_canonical(part) for part in token.split(".")):
        raise unauthenticated(
            "expected a token in its canonical spelling (base64url, unused bits 0); send it as "
            "the kubelet wrote it"
        )


def _is_canonical(part: str) -> bool:
    try:
        return base64.urlsafe_b64encode(_decoded(part)).rstrip(b"=").decode() == part
    except ValueError:
        return False


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def identify(status: Mapping[str, Any], audience: str) -> Identity:
    """Return who the API server says that a token is.

    Parameters
    ----------
    status : mapping
        ``status`` of a TokenReview.
    audience : str
        For whom the token must have been made.

    Raises
    ------
    ReportError
        401 with what is missing: the token is not vouched for, is for someone else, or belongs to
        no pod.
    """
    # An API server that does not know of audiences leaves them out: then it did not check them.
    if status.get("authenticated") is not True or audience not in (status.get("audiences") or ()):
        raise unauthenticated(
            f"expected a token of audience {audience} that the API server vouches for; "
            "read the projected one again for each post"
        )
    user = status.get("user") or {}
    extra = user.get("extra") or {}
    account = str(user.get("username") or "")
    namespace = account.removeprefix(_SERVICE_ACCOUNT).partition(":")[0]
    pod_uid = _only(extra.get(POD_UID))
    if not account.startswith(_SERVICE_ACCOUNT) or not namespace or not pod_uid:
        raise unbound()
    return Identity(namespace, _only(extra.get(POD_NAME)), pod_uid)


def identify_by_claims(claims: Mapping[str, Any]) -> Identity:
    """Return whose token it is whose signature and audience have been checked.

    Raises
    ------
    ReportError
        401: it belongs to no pod.
    """
    bound = claims.get("kubernetes.io")
    bound = bound if isinstance(bound, dict) else {}
    pod, account = bound.get("pod"), bound.get("serviceaccount")
    namespace = bound.get("namespace")
    if isinstance(pod, dict) and isinstance(account, dict) and isinstance(namespace, str):
        name, uid = pod.get("name"), pod.get("uid")
        subject = f"{_SERVICE_ACCOUNT}{namespace}:{account.get('name')}"
        named = isinstance(name, str) and isinstance(uid, str) and name and uid and namespace
        if named and claims.get("sub") == subject:
            return Identity(namespace, str(name), str(uid))
    raise unbound()


class Claimed(NamedTuple):
    """What a token says of itself; nobody has vouched for it."""

    pod_uid: str
    """The pod that the token names; empty if it names none."""
    ends: float | None
    """Seconds since the epoch at which it ends; None if it does not say."""


def claimed(token: str) -> Claimed:
    """Return which pod a token names, and when it ends, in seconds since the epoch.

    Read unverified: use it only to trust a token for less, or to count it with others.
    """
    try:
        claims = json.loads(_decoded(token.split(".")[1]))
    except (ValueError, LookupError, RecursionError):
        claims = None
    claims = claims if isinstance(claims, dict) else {}
    bound = claims.get("kubernetes.io")
    pod = bound.get("pod") if isinstance(bound, dict) else None
    uid = pod.get("uid") if isinstance(pod, dict) else None
    ends = claims.get("exp")
    return Claimed(uid if isinstance(uid, str) else "", seconds(ends))


def seconds(claim: Any) -> float | None:
    """Return a numeric claim as a float; None if it is none."""
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    try:
        found = float(claim)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def unbound() -> ReportError:
    """Return the error for a token that belongs to no pod."""
    return unauthenticated("expected a token that is bound to a pod; came one that is not")


def unauthenticated(message: str) -> ReportError:
    """Return the error for a token that does not do."""
    return ReportError("Unauthenticated", message, status=401)


def _only(values: Any) -> str:
    return str(values[0]) if isinstance(values, list) and len(values) == 1 else ""
