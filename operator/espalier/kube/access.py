"""What the API server says of people: whose a token is, and what they may do with Studies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from espalier.kube.cluster import Cluster
from espalier.kube.kinds import STUDY


async def user_of(cluster: Cluster, token: str) -> Mapping[str, Any] | None:
    """Return the user that a token of the API server's own audience is of; None where nobody.

    Raises
    ------
    RetryLater, Refused
        If the API server cannot be asked, or does not let the operator ask.
    """
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token},
    }
    path = "/apis/authentication.k8s.io/v1/tokenreviews"
    status = (await cluster.ask(path, body)).get("status")
    if not isinstance(status, dict) or status.get("authenticated") is not True:
        return None
    user = status.get("user")
    return user if isinstance(user, dict) and user.get("username") else None


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
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    status = (await cluster.ask(path, body)).get("status")
    return isinstance(status, dict) and status.get("allowed") is True
