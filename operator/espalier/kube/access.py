"""What the API server says of people: whose a token is, and what they may do with Studies."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from espalier.kube.answers import unexpected
from espalier.kube.cluster import Cluster
from espalier.kube.errors import NotFound, Refused
from espalier.kube.kinds import CONFIG_MAP, STUDY

_LOG = logging.getLogger(__name__)
AUDIENCE = "espalier-read"
"""For whom a token may be made that is good for the read API alone."""


async def user_of(cluster: Cluster, token: str) -> Mapping[str, Any] | None:
    """Return the user that a token of the API server's own audience, or of ours, is of.

    Anything else is nobody's: a token that was made for another server, such as the ones that
    trials' sidecars show to the ingest port, says nothing here.

    Raises
    ------
    RetryLater, Refused
        If the API server cannot be asked, or does not let the operator ask.
    """
    ours = [AUDIENCE] if _is_for(token, AUDIENCE) else []
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        # Without audiences the API server holds the token to its own.
        "spec": {"token": token} | ({"audiences": ours} if ours else {}),
    }
    status = await _status(cluster, "/apis/authentication.k8s.io/v1/tokenreviews", body)
    if status.get("authenticated") is not True:
        return None
    # An authenticator that knows no audiences vouches for none of them.
    if ours and AUDIENCE not in (status.get("audiences") or ()):
        return None
    user = status.get("user")
    return user if isinstance(user, dict) and user.get("username") else None


def _is_for(token: str, audience: str) -> bool:
    """Return whether a token says that it is for this audience; the API server says if it is so."""
    try:
        claims = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))).get("aud")
    except (IndexError, ValueError, AttributeError, RecursionError):
        return False
    return audience in (said if isinstance(said, list) else [said])


async def client_authorities(cluster: Cluster) -> str | None:
    """Return the certificates of the CAs that vouch for people, as PEM; None where there are none.

    Raises
    ------
    RetryLater
        If the API server cannot be asked.
    """
    try:
        found = await cluster.get(CONFIG_MAP, "kube-system", "extension-apiserver-authentication")
    except (NotFound, Refused) as error:
        _LOG.warning("client certificates are not taken: %s", error)
        return None
    text = (found.get("data") or {}).get("client-ca-file")
    return text if isinstance(text, str) and text.strip() else None


async def allowed(
    cluster: Cluster,
    user: str,
    groups: Sequence[str],
    uid: str,
    extra: Mapping[str, Sequence[str]],
    *,
    verb: str,
    namespace: str,
    name: str,
) -> bool:
    """Return whether a user may do this with Studies; empty names mean all.

    Raises
    ------
    RetryLater, Refused
        If the API server cannot be asked, or does not let the operator ask.
    """
    wanted = {"group": STUDY.group, "resource": STUDY.plural, "verb": verb}
    wanted |= {"namespace": namespace} if namespace else {}
    wanted |= {"name": name} if name else {}
    body = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "groups": list(groups),
            "uid": uid,
            "extra": {key: list(values) for key, values in extra.items()},
            "resourceAttributes": wanted,
        },
    }
    status = await _status(cluster, "/apis/authorization.k8s.io/v1/subjectaccessreviews", body)
    return status.get("allowed") is True


async def _status(cluster: Cluster, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is answered to a review; what is no answer says nothing of anybody."""
    status = (await cluster.ask(path, body)).get("status")
    if not isinstance(status, dict):
        raise unexpected(f"create {path}", "a review with a status")
    return status
