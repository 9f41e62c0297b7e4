"""helm install, upgrade and uninstall on a real API server: what stays and what goes."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.chart.apiserver import ApiServer
from tests.chart.rendering import CHART, helm, with_values
from tests.patience import WITH_PATIENCE

RELEASE = "install-espalier"
CA = {"tls.crt": base64.b64encode(b"certificate").decode()}
ALL_ON = {
    "dashboard.enabled": True,
    "networkPolicy.enabled": True,
    "image.tag": "dev",
}


class Release:
    """One release on a server."""

    def __init__(self, server: ApiServer, namespace: str) -> None:
        self.server = server
        self.namespace = namespace
        self.operator = f"--as=system:serviceaccount:{namespace}:{RELEASE}"

    def helm(self, command, *arguments):
        done = helm(
            command, RELEASE, *arguments, "-n", self.namespace, kubeconfig=self.server.kubeconfig
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def install(self, **values):
        arguments = ["--create-namespace", "--wait=false", *with_values(values)]
        return self.helm("upgrade", str(CHART), "--install", *arguments)

    def get(self, kind, name=RELEASE):
        return self.server.get(kind, name, "-n", self.namespace)

    def write_ca(self):
        """Fill the Secret as the operator does, with the operator's rights."""
        patch = json.dumps({"data": CA})
        where = ("-n", self.namespace)
        self.server.must("patch", "secret", f"{RELEASE}-ca", *where, f"-p={patch}", self.operator)


@contextmanager
def fresh(server: ApiServer, namespace: str) -> Iterator[Release]:
    """A release that is not installed yet; afterwards nothing is left of it."""
    yield Release(server, namespace)
    where = ("-n", namespace)
    helm("uninstall", RELEASE, *where, "--ignore-not-found", kubeconfig=server.kubeconfig)
    server.must("delete", "namespace", namespace, "--wait=false")
    crds = ("studies.espalier.dev", "trials.espalier.dev", "prunerprofiles.espalier.dev")
    server.must("delete", "crd", *crds, "--ignore-not-found")


@pytest.fixture
def release(bare_server, request) -> Iterator[Release]:
    """A release for a test of its own."""
    number = request.session.items.index(request.node)
    with fresh(bare_server, f"chart-install-{number}") as release:
        yield release


@pytest.fixture(scope="class")
def installed(bare_server) -> Iterator[tuple[Release, str]]:
    """A release that is installed and only looked at, and what helm said."""
    with fresh(bare_server, "chart-installed") as release:
        yield release, release.install(**ALL_ON)


class TestInstalled:
    def test_one_command_installs_and_tells_the_next(self, installed):
        release, said = installed
        assert "kubectl apply --namespace default -f study.yaml" in said
        assert "runs the Studies of all namespaces already" not in said
        assert release.get("deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
        assert release.server.get("crd", "studies.espalier.dev")

    def test_a_second_release_in_the_same_cluster_leaves_the_crds_to_the_first(self, installed):
        release, _ = installed
        second = helm(
            "install", "second", str(CHART), "-n", "chart-second", "--create-namespace",
            *with_values({"crds.enabled": False, "scope.namespaces": [release.namespace]}),
            kubeconfig=release.server.kubeconfig,
        )  # fmt: skip
        assert second.returncode == 0, second.stderr
        said = f"WARNING: release {RELEASE} runs the Studies of all namespaces"
        assert second.stdout.count(said) == 1
        helm("uninstall", "second", "-n", "chart-second", kubeconfig=release.server.kubeconfig)
        release.server.must("delete", "namespace", "chart-second", "--wait=false")

    def test_the_operator_may_read_its_own_secret_and_no_other(self, installed):
        release, _ = installed

        def may(*right):
            return release.server.kubectl("auth", "can-i", *right, release.operator).returncode == 0

        own = ("-n", release.namespace)
        assert may("get", f"secret/{RELEASE}-ca", *own)
        assert not may("get", "secret/another", *own)
        assert not may("list", "secrets", *own)
        assert not may("get", f"secret/{RELEASE}-ca", "-n", "default")
        assert may("create", "jobs.batch", "-n", "default")
        assert not may("create", "pods/exec", "-n", "default")
        assert not may("create", "pods", "-n", "default")
        assert not may("get", "nodes")

    def test_the_operators_pod_is_let_into_a_restricted_namespace(self, installed):
        """Pod Security admission itself judges the pod, and would refuse a worse one."""
        release, _ = installed
        label = "pod-security.kubernetes.io/enforce=restricted"
        release.server.must("label", "namespace", release.namespace, label)
        spec = release.get("deployment")["spec"]["template"]["spec"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "judged", "namespace": release.namespace},
            "spec": spec,
        }
        create = ("create", "--dry-run=server", "-f", "-")
        release.server.must(*create, stdin=pod)
        del spec["containers"][0]["securityContext"]["capabilities"]
        refused = release.server.kubectl(*create, stdin=pod)
        assert 'violates PodSecurity "restricted' in refused.stderr


def test_an_upgrade_leaves_the_certificate_authority_as_it_is(release):
    release.install()
    release.write_ca()
    release.install(**ALL_ON, logLevel="debug")
    assert release.get("secret", f"{RELEASE}-ca")["data"] == CA
    env = release.get("deployment")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "ESPALIER_LOG_LEVEL", "value": "debug"} in env


def test_uninstalling_keeps_studies_history_and_ca_and_a_new_install_takes_them_up(release):
    release.install()
    release.write_ca()
    release.helm("uninstall")
    assert release.get("deployment") is None
    assert release.get("clusterrole") is None
    assert (
        release.get("validatingadmissionpolicy", f"{RELEASE}-{release.namespace}-studies") is None
    )
    assert release.server.get("crd", "trials.espalier.dev")
    assert release.get("pvc", f"{RELEASE}-store")
    release.install()
    assert release.get("secret", f"{RELEASE}-ca")["data"] == CA


def test_uninstalling_takes_everything_where_that_was_asked_for(release):
    release.install(**{"crds.keep": False, "store.persistence.keep": False})
    release.helm("uninstall")
    release.server.must("wait", "--for=delete", "crd/studies.espalier.dev", WITH_PATIENCE)
    claim = release.get("pvc", f"{RELEASE}-store")
    assert claim is None or claim["metadata"].get("deletionTimestamp")
