"""Who a token is, out of the API server's answer about it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from espalier.errors import ReportError

POD_UID = "authentication.kubernetes.io/pod-uid"
POD_NAME = "authentication.kubernetes.io/pod-name"
_SERVICE_ACCOUNT = "system:serviceaccount:"
LONGEST_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class Identity:
    """The pod that a token is bound to."""

    namespace: str
    pod_name: str
    pod_uid: str


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
        raise unauthenticated("expected a token that is bound to a pod; came one that is not")
    return Identity(namespace, _only(extra.get(POD_NAME)), pod_uid)


def expiry(token: str) -> float | None:
    """Return when a token says that it ends, in seconds since the epoch; None if it does not.

    The claim is read unverified: use it only to trust a token for a shorter time.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return None


def unauthenticated(message: str) -> ReportError:
    """Return the error for a token that does not do."""
    return ReportError("Unauthenticated", message, status=401)


def _only(values: Any) -> str:
    return str(values[0]) if isinstance(values, list) and len(values) == 1 else ""
