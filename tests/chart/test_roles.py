"""What the operator and people may do: little, and no more than is said here."""

import itertools

import pytest

from tests.chart.rendering import CHART, SYSTEM, helm, of_kind, render, with_values

FORBIDDEN_VERBS = {"*", "escalate", "bind", "impersonate", "deletecollection", "use"}
FORBIDDEN_RESOURCES = {
    "*",
    "pods/exec",
    "pods/attach",
    "pods/portforward",
    "pods/ephemeralcontainers",
    "pods/log",
    "serviceaccounts",
    "serviceaccounts/token",
    "configmaps",
    "nodes",
    "nodes/proxy",
    "namespaces",
    "roles",
    "rolebindings",
    "clusterroles",
    "clusterrolebindings",
}
SCOPES = [[], ["team-a", "team-b"]]

every_scope = pytest.mark.parametrize("namespaces", SCOPES, ids=["cluster", "namespaces"])


KEYS = "system:service-account-issuer-discovery"
"""A role of Kubernetes' own: the issuer and the public keys of service account tokens."""
CLIENT_CA = "extension-apiserver-authentication-reader"
"""Another one: the public CA of people's certificates, in kube-system."""
WAY_IN = "espalier-read"
"""The role that people have: the way to the read port through the API server."""


def operators_rules(namespaces, **values):
    """Every rule of the chart's that is bound to the operator's service account, and where."""
    objects = render({"scope.namespaces": namespaces, **values})
    operator = {"kind": "ServiceAccount", "name": "espalier", "namespace": SYSTEM}
    roles = {
        (o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]): o["rules"]
        for o in objects
        if o["kind"] in ("Role", "ClusterRole")
    }
    for found in objects:
        if found["kind"] in ("RoleBinding", "ClusterRoleBinding"):
            ref, where = found["roleRef"], found["metadata"].get("namespace")
            if ref["name"] == WAY_IN:
                continue
            assert found["subjects"] == [operator], "only the operator is bound"
            if ref["name"] in (KEYS, CLIENT_CA):
                continue
            key = (ref["kind"], where if ref["kind"] == "Role" else None, ref["name"])
            for rule in roles[key]:
                yield (where, rule)


@every_scope
def test_no_verb_of_the_operator_lets_it_become_more(namespaces):
    for _, rule in operators_rules(namespaces):
        assert not set(rule["verbs"]) & FORBIDDEN_VERBS
        assert not set(rule["resources"]) & FORBIDDEN_RESOURCES
        assert "*" not in rule["apiGroups"]
        assert "nonResourceURLs" not in rule


@every_scope
def test_leases_are_read_and_taken_by_one_name(namespaces):
    leases = [rule for _, rule in operators_rules(namespaces) if "leases" in rule["resources"]]
    for rule in leases:
        assert rule["verbs"] == ["create"] or rule["resourceNames"] == ["espalier"]


@every_scope
def test_the_one_secret_is_its_own_by_name_and_cannot_be_listed(namespaces):
    secrets = [(ns, r) for ns, r in operators_rules(namespaces) if "secrets" in r["resources"]]
    assert secrets == [
        (
            SYSTEM,
            {
                "apiGroups": [""],
                "resources": ["secrets"],
                "resourceNames": ["espalier-ca"],
                "verbs": ["get", "patch"],
            },
        )
    ]


@every_scope
def test_the_operators_rights_are_these_and_no_others(namespaces):
    """A right that is added has to be added here too, with its reason."""
    rights = {
        (resource, verb)
        for _, rule in operators_rules(namespaces)
        for resource, verb in itertools.product(rule["resources"], rule["verbs"])
    }
    expected = {
        "studies": "get list watch",
        "studies/status": "patch",
        "studies/finalizers": "update",  # owner references that block deletion
        "trials": "get list watch create patch",
        "trials/status": "patch",
        "trials/finalizers": "update",
        "prunerprofiles": "get",  # the one that a Study names
        "jobs": "get list watch create patch delete",  # patch: suspend
        "pods": "get list watch delete",
        "events": "create list",  # list: why a pod does not start
        "workloads": "get list patch",  # list: why a queue waits; patch: spec.active, to suspend
        "localqueues": "get",  # whether the queue is held
        "leases": "create get patch",  # by one name, but for create; the policy sees to that
        "tokenreviews": "create",
        "subjectaccessreviews": "create",  # what who asks the read API may see
        "secrets": "get patch",
    }
    assert rights == {(r, verb) for r, verbs in expected.items() for verb in verbs.split()}


@every_scope
def test_config_maps_are_read_one_by_one_and_where_a_value_says_so_alone(namespaces):
    values = {"warmStart.readConfigMaps": True}
    before = list(operators_rules(namespaces))
    after = list(operators_rules(namespaces, **values))
    new = [rule for _, rule in after if "configmaps" in rule["resources"]]
    assert new
    assert all(rule["verbs"] == ["get"] for rule in new)
    assert len(after) == len(before) + len(new)


def test_config_maps_are_not_read_where_nobody_asks_who_names_them():
    done = helm("template", "e", str(CHART), *with_values(
        {"warmStart.readConfigMaps": True, "policy.enabled": False}
    ))  # fmt: skip
    assert done.returncode != 0
    assert "warmStart.readConfigMaps needs policy.enabled" in done.stderr


def test_with_a_list_of_namespaces_nothing_reaches_beyond_them():
    reached = {(ns, *rule["resources"]) for ns, rule in operators_rules(["team-a"])}
    reviews = {(None, "tokenreviews"), (None, "subjectaccessreviews")}
    assert {rights for rights in reached if rights[0] is None} == reviews
    assert {ns for ns, *_ in reached} == {None, "team-a", SYSTEM}


def test_the_keys_of_tokens_can_be_read_unless_a_value_says_no():
    def bound(**values):
        return [o for o in of_kind(render(values), "ClusterRoleBinding").values()
                if o["roleRef"]["name"] == KEYS]  # fmt: skip

    (binding,) = bound()
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": "espalier", "namespace": SYSTEM}
    ]
    assert bound(**{"ingest.verifyTokensLocally": False}) == []


class TestTheReadPort:
    def test_people_reach_it_through_the_api_server_and_nothing_else(self):
        objects = render()
        (rule,) = of_kind(objects, "Role")[WAY_IN]["rules"]
        assert (rule["resources"], rule["verbs"]) == (["services/proxy"], ["get"])
        assert all(name.startswith("https:espalier-read:") for name in rule["resourceNames"])
        assert of_kind(objects, "RoleBinding")[WAY_IN]["subjects"] == [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Group",
                "name": "system:authenticated",
            }
        ]

    def test_nobody_does_where_no_group_is_named(self):
        objects = render({"readApi.proxy.groups": []})
        assert WAY_IN not in of_kind(objects, "Role")
        assert WAY_IN not in of_kind(objects, "RoleBinding")

    @pytest.mark.parametrize(
        ("values", "bound"),
        [
            ({}, True),
            ({"readApi.certificates": False}, False),
            ({"scope.namespaces": ["team-a"]}, False),
            ({"readApi.enabled": False}, False),
        ],
    )
    def test_the_ca_of_certificates_is_read_where_they_are_taken(self, values, bound):
        found = [
            each["metadata"]["namespace"]
            for each in of_kind(render(values), "RoleBinding").values()
            if each["roleRef"]["name"] == CLIENT_CA
        ]
        assert found == (["kube-system"] if bound else [])

    def test_without_it_nothing_of_it_is_there(self):
        objects = render({"readApi.enabled": False, "networkPolicy.enabled": True})
        assert "espalier-read" not in of_kind(objects, "Service")
        assert "espalier-accessreview" not in of_kind(objects, "ClusterRole")
        spec = of_kind(objects, "Deployment")["espalier"]["spec"]["template"]["spec"]
        assert [each["name"] for each in spec["containers"]] == ["operator"]
        rules = of_kind(objects, "NetworkPolicy")["espalier"]["spec"]["ingress"]
        assert all("from" in rule for rule in rules)


class TestPeople:
    def roles(self):
        return of_kind(render(), "ClusterRole")

    def test_those_who_may_view_may_only_look(self):
        (rule,) = self.roles()["espalier-view"]["rules"]
        assert rule["verbs"] == ["get", "list", "watch"]
        assert {"studies", "trials", "prunerprofiles"} <= set(rule["resources"])

    def test_those_who_may_edit_start_protect_and_stop_but_write_no_status(self):
        rules = self.roles()["espalier-edit"]["rules"]
        assert not any("/status" in name for rule in rules for name in rule["resources"])
        assert not any("*" in rule["verbs"] for rule in rules)
        verbs = {name: rule["verbs"] for rule in rules for name in rule["resources"]}
        assert {"create", "update", "delete"} <= set(verbs["studies"])
        assert {"create", "patch", "delete"} <= set(verbs["trials"])
        assert {"create", "patch", "delete"} <= set(verbs["prunerprofiles"])

    def test_they_are_added_to_the_clusters_own_roles(self):
        to = "rbac.authorization.k8s.io/aggregate-to-"
        labels = {name: role["metadata"]["labels"] for name, role in self.roles().items()}
        assert {f"{to}{r}" for r in ("view", "edit", "admin")} <= set(labels["espalier-view"])
        assert {f"{to}{r}" for r in ("edit", "admin")} <= set(labels["espalier-edit"])
        assert f"{to}view" not in labels["espalier-edit"]
        assert not any(key.startswith(to) for key in labels["espalier"])

    def test_they_can_be_left_out(self):
        names = set(of_kind(render({"rbac.aggregate": False}), "ClusterRole"))
        assert names == {"espalier", "espalier-tokenreview", "espalier-accessreview"}
