"""The confused deputy, on a real API server: nobody gets through a Study what he may not do."""

import copy
from collections.abc import Iterator

import pytest
import yaml

from tests.chart.apiserver import ApiServer, wait_until
from tests.chart.rendering import ROOT, SYSTEM, render
from tests.patience import WITH_PATIENCE

NAMESPACE = "deputy"
OPERATOR = f"system:serviceaccount:{SYSTEM}:espalier"
POLICY_KINDS = {
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "ServiceAccount",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
}

# Who may do what in the namespace, besides what the chart's own edit role gives to all of them.
USERS = {
    "alice": [("batch", "jobs", ["create"], [])],
    "bob": [],
    "carol": [("batch", "jobs", ["create"], []), ("", "serviceaccounts", ["use"], ["robot"])],
    "dave": [
        ("batch", "jobs", ["create"], []),
        ("espalier.dev", "studies", ["create", "patch"], []),
        ("espalier.dev", "studies", ["get"], ["digits-1", "warm", "profiled"]),
        ("espalier.dev", "prunerprofiles", ["get"], ["strict"]),
        ("", "configmaps", ["get"], ["digits-log"]),
    ],
    "erin": [("batch", "jobs", ["create"], []), ("", "configmaps", ["get"], [])],
}
NARROW = {"dave"}
"""Users who have not the chart's roles besides."""


def role(user, rules):
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": user, "namespace": NAMESPACE},
        "rules": [
            {"apiGroups": [group], "resources": [resource], "verbs": verbs, "resourceNames": names}
            for group, resource, verbs, names in rules
        ],
    }


def bound(user, kind, name):
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": f"{user}-{name}", "namespace": NAMESPACE},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    }


@pytest.fixture(scope="module")
def server(bare_server) -> Iterator[ApiServer]:
    """An API server with the chart's definitions, roles and policies, and three users."""
    server = bare_server
    server.namespace(SYSTEM)
    server.namespace(NAMESPACE)
    install(server)
    people = [role(user, rules) for user, rules in USERS.items()]
    people += [bound(user, "Role", user) for user in USERS]
    people += [
        bound(user, "ClusterRole", f"espalier-{may}")
        for user in USERS.keys() - NARROW
        for may in ("view", "edit")
    ]
    server.must("apply", "-f", "-", stdin=people)
    server.must("wait", "--for=condition=Established", "crd", "--all", WITH_PATIENCE)
    wait_until(
        "the policies to be in force",
        lambda: "may not create Jobs" in server.create_as("bob", study()),
    )
    server.must("create", "-n", NAMESPACE, "-f", "-", stdin=study("there"))
    yield server
    server.must("delete", "namespace", NAMESPACE, "--wait=false")
    server.must("delete", "-f", "-", "--ignore-not-found", stdin=installed())


def installed(**values):
    return [found for found in render(values) if found["kind"] in POLICY_KINDS]


def install(server, **values):
    server.must("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=installed(**values))


_EXAMPLE = yaml.safe_load((ROOT / "tests/chart/study.yaml").read_text())


def study(name=None, **pod):
    """A Study whose pod template is the example's with some fields of the pod set."""
    made = copy.deepcopy(_EXAMPLE)
    made["metadata"] = {"namespace": NAMESPACE, **({"name": name} if name else {})}
    if not name:
        made["metadata"]["generateName"] = "study-"
    made["spec"]["template"]["spec"].update(pod)
    return made


def trial(name, of="there"):
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {"study": {"name": of}, "parameters": {"lr": 0.1}},
    }


def container(**more):
    return {"name": "c", "image": "registry.local/digits:dev", **more}


PRIVILEGED = container(securityContext={"privileged": True})
TRAINER = _EXAMPLE["spec"]["template"]["spec"]["containers"][0]


def test_one_who_may_create_jobs_may_create_a_study(server):
    assert server.create_as("alice", study()) == ""


def test_one_who_may_not_create_jobs_is_told_what_to_ask_for(server):
    said = server.create_as("bob", study())
    assert "bob may not create Jobs in namespace deputy" in said
    assert "ask for `create` on `jobs.batch`" in said


@pytest.mark.parametrize("namespace", ["kube-system", SYSTEM])
def test_no_study_is_made_where_none_is_run(server, namespace):
    made = study()
    made["metadata"]["namespace"] = namespace
    done = server.kubectl("create", "--dry-run=server", "-f", "-", stdin=made)
    assert f"Espalier runs no Studies in namespace {namespace}" in done.stderr
    assert "list it in scope.namespaces" in done.stderr


def test_the_api_server_finds_no_fault_with_the_policies(server):
    """Its type checker looks at every expression with the CRD's schema at hand."""

    def checked():
        return all(
            p.get("status", {}).get("observedGeneration") == p["metadata"]["generation"]
            for p in server.get("validatingadmissionpolicies")["items"]
        )

    wait_until("the policies to be type-checked", checked)
    for policy in server.get("validatingadmissionpolicies")["items"]:
        assert not policy["status"].get("typeChecking", {}).get("expressionWarnings")


@pytest.mark.parametrize("field", ["serviceAccountName", "serviceAccount"])
class TestServiceAccount:
    def test_one_who_may_use_it_may_name_it(self, server, field):
        assert server.create_as("carol", study(**{field: "robot"})) == ""

    def test_one_who_may_not_use_it_is_told_so(self, server, field):
        said = server.create_as("alice", study(**{field: "robot"}))
        assert f"spec.template.spec.{field} names robot, which alice may not use" in said
        assert "ask for the verb `use`" in said

    def test_the_right_is_for_that_one_alone(self, server, field):
        said = server.create_as("carol", study(**{field: "admin"}))
        assert f"spec.template.spec.{field} names admin, which carol may not use" in said

    def test_the_default_one_is_everybodys(self, server, field):
        assert server.create_as("alice", study(**{field: "default"})) == ""
        assert server.create_as("alice", study(**{field: ""})) == ""


def test_a_good_name_does_not_hide_a_bad_alias(server):
    said = server.create_as("carol", study(serviceAccountName="robot", serviceAccount="admin"))
    assert "spec.template.spec.serviceAccount names admin" in said


def warm(*studies, tables=()):
    """A Study that begins with what others have found."""
    made = study()
    from_ = [{"configMap": {"name": name, "key": "trials.jsonl"}} for name in tables]
    made["spec"]["warmStart"] = {"studies": list(studies), "from": from_}
    return made


class TestWarmStart:
    def test_one_who_may_read_studies_may_begin_with_any_of_them(self, server):
        studies = [{"name": f"digits-{n}"} for n in range(8)]
        assert server.create_as("alice", warm(*studies)) == ""
        chosen = {"selector": {"matchLabels": {"task": "digits"}}}
        assert server.create_as("alice", warm(chosen)) == ""

    def test_the_right_to_read_one_is_for_that_one_alone(self, server):
        assert server.create_as("dave", warm({"name": "digits-1"})) == ""
        said = server.create_as("dave", warm({"name": "digits-1"}, {"name": "digits-2"}))
        assert "begins with the trials of Study digits-2, which dave may not read" in said
        assert "ask for `get` on that one of the studies of namespace deputy" in said

    def test_one_who_may_not_list_studies_selects_none(self, server):
        said = server.create_as("dave", warm({"selector": {"matchLabels": {"a": "b"}}}))
        assert "dave may not list those of namespace deputy: ask for `list` on studies" in said

    def test_a_config_map_is_read_for_those_alone_who_may_read_it(self, server):
        assert server.create_as("dave", warm(tables=["digits-log"])) == ""
        assert server.create_as("erin", warm(tables=["a", "b", "c", "d"])) == ""
        said = server.create_as("dave", warm(tables=["digits-log", "keys"]))
        assert "reads ConfigMap keys, which dave may not read: ask for `get`" in said
        said = server.create_as("alice", warm(tables=["keys"]))
        assert "reads ConfigMap keys, which alice may not read" in said

    def test_as_many_as_a_study_may_name_are_asked_for_one_by_one(self, server):
        named = [{"name": "digits-1"}] * 8
        made = warm(*named, tables=["digits-log"] * 4)
        assert server.create_as("dave", made) == ""

    def test_it_is_asked_where_it_changes_and_not_again_for_the_rest(self, server):
        made = warm({"name": "digits-2"})
        made["metadata"] = {"namespace": NAMESPACE, "name": "warm"}
        assert server.create_as("alice", made) == ""
        more = {"spec": {"trials": {"max": 99}}}
        assert server.patch_as("dave", NAMESPACE, "study/warm", more) == ""
        other = {"spec": {"warmStart": {"studies": [{"name": "digits-3"}]}}}
        said = server.patch_as("dave", NAMESPACE, "study/warm", other)
        assert "Study digits-3, which dave may not read" in said


class TestPrior:
    @pytest.mark.parametrize(
        "asked", [{"name": "digits-1"}, {"selector": {"matchLabels": {"task": "digits"}}}]
    )
    def test_who_may_read_the_studies_of_the_namespace_may_begin_with_their_curves(
        self, server, asked
    ):
        made = study()
        made["spec"]["pruner"] = {"type": "Auto", "auto": {"prior": {"studies": [asked]}}}
        assert server.create_as("alice", made) == ""
        said = server.create_as("dave", made)
        assert "the curves of other Studies, and dave may not read those of namespace" in said
        assert "ask for `get` on studies there, or leave it out" in said


class TestProfile:
    def naming(self, profile, **metadata):
        made = study()
        made["metadata"] |= metadata
        made["spec"]["pruner"] = {"type": "Profile", "profile": {"name": profile}}
        return made

    def test_who_may_read_a_profile_may_name_it(self, server):
        assert server.create_as("dave", self.naming("strict")) == ""
        assert server.create_as("alice", self.naming("lax")) == ""

    def test_the_right_to_read_one_is_for_that_one_alone(self, server):
        said = server.create_as("dave", self.naming("lax"))
        assert "takes its pruner from PrunerProfile lax, which dave may not read" in said
        assert "ask for `get` on that one of the prunerprofiles of namespace deputy" in said

    def test_it_is_asked_where_the_pruner_changes_and_not_again_for_the_rest(self, server):
        made = self.naming("lax", name="profiled", namespace=NAMESPACE)
        assert server.create_as("alice", made) == ""
        more = {"spec": {"trials": {"max": 98}}}
        assert server.patch_as("dave", NAMESPACE, "study/profiled", more) == ""
        other = {"spec": {"pruner": {"profile": {"name": "other"}}}}
        said = server.patch_as("dave", NAMESPACE, "study/profiled", other)
        assert "PrunerProfile other, which dave may not read" in said


DENIED = [
    pytest.param({"hostNetwork": True}, "hostNetwork", id="hostNetwork"),
    pytest.param({"hostPID": True}, "hostPID", id="hostPID"),
    pytest.param({"hostIPC": True}, "hostIPC", id="hostIPC"),
    pytest.param({"nodeName": "node-1"}, "nodeName", id="nodeName"),
    pytest.param(
        {"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/"}}]},
        "hostPath",
        id="a hostPath behind another volume",
    ),
    pytest.param({"containers": [TRAINER, PRIVILEGED]}, "privileged", id="a second container"),
    pytest.param({"initContainers": [PRIVILEGED]}, "privileged", id="an init container"),
    pytest.param({"ephemeralContainers": [PRIVILEGED]}, "privileged", id="an ephemeral container"),
    pytest.param(
        {"securityContext": {"windowsOptions": {"hostProcess": True}}},
        "privileged",
        id="HostProcess of the pod",
    ),
    pytest.param(
        {
            "initContainers": [
                container(securityContext={"windowsOptions": {"hostProcess": True}}),
            ]
        },
        "privileged",
        id="HostProcess of an init container",
    ),
    pytest.param({"hostNetwork": "true"}, "hostNetwork", id="hostNetwork in quotes"),
    pytest.param(
        {"initContainers": [container(securityContext={"privileged": "true"})]},
        "privileged",
        id="privileged in quotes",
    ),
]


@pytest.mark.parametrize(("pod", "named"), DENIED)
def test_what_reaches_out_of_the_pod_is_denied_to_everybody(server, pod, named):
    for user in ("alice", "carol"):
        said = server.create_as(user, study(**pod))
        assert f"policy.allow: [{named}]" in said


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param({"hostNetwork": False, "hostPID": False, "nodeName": ""}, id="set to nothing"),
        pytest.param(
            {
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}],
                "securityContext": {"runAsNonRoot": True},
                "initContainers": [container(securityContext={"privileged": False})],
                "shareProcessNamespace": True,
            },
            id="volumes, init containers and security contexts as such",
        ),
    ],
)
def test_an_honest_template_is_let_through(server, pod):
    assert server.create_as("alice", study(**pod)) == ""


@pytest.mark.parametrize(
    "pod",
    [
        pytest.param({"containers": "none"}, id="containers that are a word"),
        pytest.param({"volumes": {"hostPath": {}}}, id="volumes that are a map"),
        pytest.param({"containers": [TRAINER, "x", 3, None]}, id="a container that is a word"),
        pytest.param({"volumes": [None, 7]}, id="a volume that is a number"),
        pytest.param(
            {"initContainers": [container(securityContext=None), PRIVILEGED]},
            id="a privileged one behind one without a security context",
        ),
        pytest.param(
            {"initContainers": [container(securityContext="no"), PRIVILEGED]},
            id="a privileged one behind one with a word for a security context",
        ),
        pytest.param({"serviceAccountName": 7}, id="a service account that is a number"),
        pytest.param({"serviceAccountName": {"a": 1}}, id="a service account that is a map"),
    ],
)
def test_a_template_of_the_wrong_shape_opens_nothing(server, pod):
    """It is refused here, or by the API server as a Job; it never starts what is denied."""
    said = server.create_as("alice", study(**pod))
    if said:
        return
    template = {"metadata": {}, **study(**pod)["spec"]["template"]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"generateName": "as-is-", "namespace": NAMESPACE},
        "spec": {"template": template},
    }
    assert server.kubectl("create", "--dry-run=server", "-f", "-", stdin=job).returncode != 0


class TestUpdate:
    def test_a_study_cannot_be_changed_into_what_could_not_be_created(self, server):
        assert server.create_as("alice", study("mine")) == ""
        patch = '{"spec": {"template": {"spec": {"serviceAccountName": "robot"}}}}'
        done = server.kubectl(
            "patch", "study", "mine", "-n", NAMESPACE, "--type=merge", f"-p={patch}", "--as=alice"
        )
        assert "names robot, which alice may not use" in done.stderr

    def test_labels_and_finalizers_can_be_changed_by_those_who_may_not_start_anything(self, server):
        for change in ("label", "annotate"):
            done = server.kubectl(change, "study", "there", "-n", NAMESPACE, "a=b", "--as=bob")
            assert done.returncode == 0, done.stderr


class TestTrialByHand:
    def test_one_who_may_create_jobs_and_change_the_study_may_enqueue(self, server):
        assert server.create_as("alice", trial("there-by-alice")) == ""

    def test_one_who_may_not_create_jobs_may_not(self, server):
        assert "bob may not create Jobs" in server.create_as("bob", trial("there-by-bob"))

    def test_one_who_may_not_change_the_study_may_not_run_its_template(self, server):
        """Else he would run it as its service account, which he may not use."""
        rules = [
            ("batch", "jobs", ["create"], []),
            ("espalier.dev", "trials", ["create"], []),
            ("espalier.dev", "studies", ["update"], ["another"]),
        ]
        server.must("apply", "-f", "-", stdin=[role("fred", rules), bound("fred", "Role", "fred")])
        said = server.create_as("fred", trial("there-by-fred"))
        assert "fred may not change Study there in namespace deputy: ask for `update` on it" in said

    def test_the_operator_makes_trials_for_all_that_their_study_controls(self, server):
        assert "only Trials whose controller is their Study" in server.create_as(
            OPERATOR, trial("there-by-operator")
        )
        owned = trial("there-by-operator")
        uid = server.get("study", "there", "-n", NAMESPACE)["metadata"]["uid"]
        owned["metadata"]["ownerReferences"] = [
            {
                "apiVersion": "espalier.dev/v1alpha1",
                "kind": "Study",
                "name": "there",
                "uid": uid,
                "controller": True,
            }
        ]
        assert server.create_as(OPERATOR, owned) == ""


class TestOpenedByAValue:
    """Last in this file: it changes the policy that the others test."""

    def test_what_a_value_opens_is_let_through_and_the_rest_is_not(self, server):
        install(server, **{"policy.allow": ["hostPath", "hostNetwork"]})
        disk = {"volumes": [{"name": "b", "hostPath": {"path": "/data"}}]}
        wait_until(
            "the opened policy to be in force",
            lambda: server.create_as("alice", study(**disk)) == "",
        )
        assert server.create_as("alice", study(hostNetwork=True)) == ""
        assert "hostPID" in server.create_as("alice", study(hostPID=True))
        assert "privileged" in server.create_as("alice", study(initContainers=[PRIVILEGED]))
        assert "may not create Jobs" in server.create_as("bob", study(**disk))
