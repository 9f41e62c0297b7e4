"""The chart's roles and policies on the tests' API server, in force in a few namespaces only."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chart.apiserver import ApiServer, wait_until
from tests.chart.rendering import render

RELEASE = "matrix"
_KINDS = (
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "ServiceAccount",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)


@dataclass(frozen=True)
class Guarded:
    """An API server with the chart's policies; other tests of the same server are left alone.

    Parameters
    ----------
    system
        Namespace of the release.
    own, other
        Namespaces for Studies; the users have rights in the first alone.
    """

    server: ApiServer
    system: str
    own: str
    other: str

    @property
    def operator(self) -> str:
        """User name of the operator's service account."""
        return f"system:serviceaccount:{self.system}:{RELEASE}-espalier"

    def as_operator(self, folder: Path) -> ApiServer:
        """Return the API server by the operator's token; its kubeconfig is put into a folder."""
        server = self.server
        config = json.loads(server.must("config", "view", "--raw", "--flatten", "-o", "json"))
        token = server.must("create", "token", f"{RELEASE}-espalier", "-n", self.system).strip()
        config["users"] = [{"name": "operator", "user": {"token": token}}]
        for context in config["contexts"]:
            context["context"]["user"] = "operator"
        path = folder / "kubeconfig"
        path.write_text(json.dumps(config))
        return ApiServer(path)

    def user(self, name: str) -> str:
        """Full name of a user, who is nobody in other tests."""
        return f"{name}-of-{self.own}"

    def bind(self, name: str, role: str, kind: str = "ClusterRole") -> None:
        """Give a user a role in his own namespace."""
        self.server.must("apply", "-f", "-", stdin=_bound(self.own, self.user(name), kind, role))


@contextmanager
def guarded(kubeconfig: Path, *, scoped: bool = False, **values: Any) -> Iterator[Guarded]:
    """Apply the chart's roles and policies; take them away again.

    Parameters
    ----------
    scoped
        Whether the release looks after Studies in its users' own namespace alone.
    """
    server, tag = ApiServer(kubeconfig), uuid.uuid4().hex[:6]
    made = Guarded(server, f"system-{tag}", f"own-{tag}", f"other-{tag}")
    for name in (made.system, made.own, made.other):
        server.namespace(name)
    if scoped:
        values["scope.namespaces"] = [made.own]
    objects = [
        _confined(found, made)
        for found in render(values, RELEASE, made.system)
        if found["kind"] in _KINDS
    ]
    try:
        server.must("apply", "--server-side", "-f", "-", stdin=objects)
        policies = [o["metadata"]["name"] for o in objects if o["kind"].endswith("Policy")]
        wait_until("the policies to be checked", lambda: _checked(server, policies))
        yield made
    finally:
        server.must("delete", "-f", "-", "--ignore-not-found", stdin=objects)
        server.must("delete", "namespace", made.system, made.own, made.other, "--wait=false")


def warnings(server: ApiServer, namespace: str) -> dict[str, Any]:
    """Return what the API server's type checker has against each policy of a release."""
    found = server.get("validatingadmissionpolicies") or {"items": []}
    return {
        policy["metadata"]["name"]: policy["status"]["typeChecking"]["expressionWarnings"]
        for policy in found["items"]
        if namespace in policy["metadata"]["name"]
        and policy["status"].get("typeChecking", {}).get("expressionWarnings")
    }


def _checked(server: ApiServer, names: list[str]) -> bool:
    found = server.get("validatingadmissionpolicies") or {"items": []}
    done = {
        policy["metadata"]["name"]
        for policy in found["items"]
        if policy.get("status", {}).get("observedGeneration") == policy["metadata"]["generation"]
    }
    return done >= set(names)


def _confined(found: dict[str, Any], where: Guarded) -> dict[str, Any]:
    """Bind a policy about people in the test's namespaces; the operator's are for it alone."""
    if found["kind"] != "ValidatingAdmissionPolicyBinding" or "-operator-" in str(
        found["spec"]["policyName"]
    ):
        return found
    names = {"key": "kubernetes.io/metadata.name", "operator": "In"}
    only = {**names, "values": [where.own, where.other, where.system]}
    made: dict[str, Any] = json.loads(json.dumps(found))
    made["spec"]["matchResources"] = {"namespaceSelector": {"matchExpressions": [only]}}
    return made


def _bound(namespace: str, user: str, kind: str, role: str) -> dict[str, Any]:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"{user}-{role}", "namespace": namespace},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }
