"""What each value does to the rendered objects."""

import json
from urllib.parse import urlsplit

import pytest
import yaml

from espalier.api import parse_resources
from espalier.cli.run import command as run
from espalier.planning import HOST_FIELDS
from espalier.planning.world.settings import RESOURCES
from tests.chart.rendering import (
    CHART,
    ROOT,
    SYSTEM,
    container,
    environment,
    helm,
    of_kind,
    render,
)

KEEP = ("helm.sh/resource-policy", "keep")


@pytest.fixture(scope="module")
def default():
    return render()


def pod(objects):
    return of_kind(objects, "Deployment")["espalier"]["spec"]["template"]["spec"]


def test_lint_finds_nothing():
    done = helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stdout
    assert "WARNING" not in done.stdout


def test_every_namespaced_object_names_its_namespace_and_every_object_its_release(default):
    cluster_wide = {
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    }
    for found in default:
        if found["kind"] not in cluster_wide:
            # The right to read the CA of people's certificates lies where that is.
            ca = found["metadata"]["name"].endswith("-client-ca")
            assert found["metadata"]["namespace"] == ("kube-system" if ca else SYSTEM)
        if found["kind"] != "CustomResourceDefinition":
            labels = found["metadata"]["labels"]
            assert labels["app.kubernetes.io/instance"] == "espalier"


def test_no_two_objects_share_kind_name_and_namespace():
    objects = render(
        {
            "dashboard.enabled": True,
            "networkPolicy.enabled": True,
            "metrics.serviceMonitor.enabled": True,
            "metrics.prometheusRule.enabled": True,
            "scope.namespaces": ["a", "b", SYSTEM],
        }
    )
    keys = [(o["kind"], o["metadata"]["name"], o["metadata"].get("namespace", "")) for o in objects]
    assert len(set(keys)) == len(keys)


def test_the_pod_meets_the_restricted_profile(default):
    spec = pod(default)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for each in spec["containers"]:
        assert each["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    kinds = {next(iter(set(volume) - {"name"})) for volume in spec["volumes"]}
    assert kinds == {"persistentVolumeClaim", "emptyDir"}


def test_no_two_operators_ever_write_the_same_store(default):
    deployment = of_kind(default, "Deployment")["espalier"]["spec"]
    claim = of_kind(default, "PersistentVolumeClaim")["espalier-store"]["spec"]
    assert deployment["replicas"] == 1
    assert deployment["strategy"] == {"type": "Recreate"}
    assert claim["accessModes"] == ["ReadWriteOncePod"]


def test_the_three_probes_ask_the_metrics_port(default):
    found = container(default)
    assert found["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
    assert found["startupProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}
    assert found["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "metrics"}
    assert {port["name"] for port in found["ports"]} == {"ingest", "metrics"}


def test_services_select_the_pod_and_name_its_ports(default):
    labels = of_kind(default, "Deployment")["espalier"]["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for each in pod(default)["containers"] for port in each["ports"]}
    services = of_kind(default, "Service")
    assert set(services) == {"espalier", "espalier-metrics", "espalier-read"}
    for service in services.values():
        assert service["spec"]["selector"].items() <= labels.items()
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports


def test_sidecars_are_sent_to_the_ingest_service():
    objects = render({"ingest.port": 9443})
    assert environment(objects)["ESPALIER_INGEST_PORT"] == "9443"
    assert environment(objects)["ESPALIER_INGEST_URL"] == f"https://espalier.{SYSTEM}.svc:9443"
    assert of_kind(objects, "Service")["espalier"]["spec"]["ports"][0]["port"] == 9443


def test_service_links_cannot_set_the_operators_variables(default):
    assert pod(default)["enableServiceLinks"] is False


@pytest.mark.parametrize(
    ("values", "image"),
    [
        pytest.param({}, "espalier-operator:0.1.0", id="no tag: the chart's appVersion"),
        pytest.param({"image.tag": "dev"}, "espalier-operator:dev", id="a tag"),
        pytest.param(
            {"image.tag": "dev", "image.variant": "gp"},
            "espalier-operator:dev-gp",
            id="the variant with PyTorch",
        ),
        pytest.param(
            {"image.tag": "dev", "image.digest": "sha256:" + "0" * 64},
            "espalier-operator@sha256:" + "0" * 64,
            id="a digest wins over a tag",
        ),
    ],
)
def test_the_operators_image(values, image):
    assert container(render(values))["image"].endswith(image)


def test_the_operator_allows_what_the_policy_allows():
    values = {"policy.allow": ["hostPath", "privileged"]}
    assert environment(render(values))["ESPALIER_ALLOW_TEMPLATE_FIELD"] == "hostPath privileged"


def test_the_operator_understands_every_variable_that_the_chart_sets(monkeypatch):
    """`espalier run` reads them itself here, and each one ends up in a flag."""
    values = {"policy.allow": sorted(HOST_FIELDS), "scope.namespaces": ["a", "b"]}
    given = environment(render({**values, "sidecar.image.pullPolicy": "Never"}))
    given["ESPALIER_OWN_NAMESPACE"] = SYSTEM  # from the pod's own metadata
    assert given.pop("SQLITE_TMPDIR")  # read by SQLite
    assert {each["name"] for each in container(render(values))["env"]} - {"SQLITE_TMPDIR"} < set(
        given
    )
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    context = run.make_context("run", [])
    read = {
        p.name for p in run.params if context.get_parameter_source(p.name).name == "ENVIRONMENT"
    }
    assert len(read) == len(given), "a variable is no flag's"
    assert context.params["namespaces"] == ("a", "b")
    assert set(context.params["allowed"]) == HOST_FIELDS
    assert context.params["ingest_port"] == 8443
    assert context.params["sidecar_pull_policy"] == "Never"
    assert context.params["sidecar_resources"] == RESOURCES


def sidecar_resources(objects):
    """What the operator makes of the chart's variable."""
    text = environment(objects)["ESPALIER_SIDECAR_RESOURCES"]
    return parse_resources(json.loads(text) or {}).to_dict()


@pytest.mark.parametrize(
    ("values", "made"),
    [
        pytest.param(
            {},
            {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
            id="the defaults",
        ),
        pytest.param(
            {"sidecar.resources.limits.cpu": "200m"},
            {
                "requests": {"cpu": "10m", "memory": "32Mi"},
                "limits": {"memory": "64Mi", "cpu": "200m"},
            },
            id="a limit for a quota on limits.cpu",
        ),
        pytest.param(
            {"sidecar.resources.requests.cpu": None},
            {"requests": {"memory": "32Mi"}, "limits": {"memory": "64Mi"}},
            id="one taken away",
        ),
        pytest.param(
            {"sidecar.resources.limits": None},
            {"requests": {"cpu": "10m", "memory": "32Mi"}},
            id="all limits taken away",
        ),
        pytest.param({"sidecar.resources": None}, {}, id="nothing, for a queue of GPUs alone"),
        pytest.param(
            {"sidecar.resources.limits": {"memory": 134217728}},
            {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "134217728"}},
            id="bytes as a number",
        ),
    ],
)
def test_the_sidecars_resources_are_told_to_the_operator(values, made):
    assert sidecar_resources(render(values)) == made


def test_the_charts_resources_of_the_sidecar_are_the_operators_own():
    assert sidecar_resources(render()) == RESOURCES.to_dict()


PLACED = {
    "extraVolumes": [{"name": "more", "configMap": {"name": "more"}}],
    "extraVolumeMounts": [{"name": "more", "mountPath": "/more"}],
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "system", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "high",
    "imagePullSecrets": [{"name": "pull"}],
    "podAnnotations": {"a": "b"},
    "podLabels": {"c": "d"},
    "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    "resources.limits.cpu": "2",
    "serviceAccount.annotations": {"e": "f"},
}


def test_what_says_where_and_how_the_pod_runs_reaches_it():
    objects = render(PLACED)
    spec, first = pod(objects), container(objects)
    assert {"name": "more", "configMap": {"name": "more"}} in spec["volumes"]
    assert {"name": "more", "mountPath": "/more"} in first["volumeMounts"]
    for name in ("topologySpreadConstraints", "nodeSelector", "tolerations", "affinity"):
        assert spec[name] == PLACED[name]
    assert spec["priorityClassName"] == "high"
    assert spec["imagePullSecrets"] == [{"name": "pull"}]
    assert {"name": "HTTPS_PROXY", "value": "http://proxy:3128"} in first["env"]
    assert first["resources"]["limits"] == {"memory": "1Gi", "cpu": "2"}
    meta = of_kind(objects, "Deployment")["espalier"]["spec"]["template"]["metadata"]
    assert meta["annotations"] == {"a": "b"}
    assert meta["labels"]["c"] == "d"
    account = of_kind(objects, "ServiceAccount")["espalier"]
    assert account["metadata"]["annotations"] == {"e": "f"}


def test_a_cluster_that_chooses_the_user_is_left_to_choose_it():
    values = {f"podSecurityContext.{key}": None for key in ("runAsUser", "runAsGroup", "fsGroup")}
    objects = render({**values, "securityContext.readOnlyRootFilesystem": False})
    assert pod(objects)["securityContext"] == {
        "runAsNonRoot": True,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container(objects)["securityContext"]["readOnlyRootFilesystem"] is False


def test_the_probes_times_are_taken():
    found = container(render({"probes.startup.failureThreshold": 900}))
    assert found["startupProbe"]["failureThreshold"] == 900
    assert found["startupProbe"]["periodSeconds"] == 2
    assert found["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "metrics"}


@pytest.mark.parametrize("image", ["", "sidecar."])
def test_an_image_that_nobody_named_is_looked_for_at_nobody_elses_registry(image):
    """A name without a registry's host is a name at whichever registry the node asks first."""
    objects = render()
    name = environment(objects)["ESPALIER_SIDECAR_IMAGE"] if image else container(objects)["image"]
    assert name.startswith("localhost/")


def test_the_operators_own_default_for_the_sidecar_is_looked_for_nowhere_else_either():
    (option,) = [p for p in run.params if p.name == "sidecar_image"]
    assert option.default.startswith("localhost/")


def test_the_sidecars_image_is_told_to_the_operator():
    values = {"sidecar.image.repository": "registry.local/sidecar", "sidecar.image.tag": "dev"}
    assert environment(render(values))["ESPALIER_SIDECAR_IMAGE"] == "registry.local/sidecar:dev"


@pytest.mark.parametrize(
    ("release", "name"),
    [("espalier", "espalier"), ("my-espalier", "my-espalier"), ("a", "a-espalier")],
)
def test_names_carry_the_release_once(release, name):
    assert set(of_kind(render(release=release), "Deployment")) == {name}


class TestOfHelm:
    """The pod that `helm test` runs."""

    @pytest.fixture
    def asking(self, default):
        return of_kind(default, "Pod")["espalier-test"]

    def test_it_runs_only_when_asked_for_and_leaves_nothing(self, asking):
        assert asking["metadata"]["annotations"] == {
            "helm.sh/hook": "test",
            "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
        }
        assert asking["spec"]["restartPolicy"] == "Never"

    def test_no_service_of_the_operator_selects_it(self, default, asking):
        for service in of_kind(default, "Service").values():
            selector = service["spec"]["selector"]
            assert not selector.items() <= asking["metadata"]["labels"].items()

    def test_it_asks_the_services(self, default, asking):
        hosts = {urlsplit(url).hostname for url in asking["spec"]["containers"][0]["args"]}
        assert hosts == {f"{name}.{SYSTEM}.svc" for name in of_kind(default, "Service")}

    def test_it_meets_the_restricted_profile_and_a_quota_on_limits(self, default, asking):
        assert asking["spec"]["securityContext"] == pod(default)["securityContext"]
        (first,) = asking["spec"]["containers"]
        assert first["securityContext"] == container(default)["securityContext"]
        assert set(first["resources"]["limits"]) == {"cpu", "memory"}

    def test_a_closed_network_lets_it_through(self, asking):
        policy = of_kind(render({"networkPolicy.enabled": True}), "NetworkPolicy")["espalier"]
        let = [
            {port["port"] for port in rule["ports"]}
            for rule in policy["spec"]["ingress"]
            if rule.get("from", [{}])[0].get("podSelector", {}).get("matchLabels", {"": 0}).items()
            <= asking["metadata"]["labels"].items()
        ]
        assert {"ingest", "metrics"} in let


class TestStore:
    def test_an_existing_claim_is_used_and_none_is_made(self):
        objects = render({"store.persistence.existingClaim": "mine"})
        assert not of_kind(objects, "PersistentVolumeClaim")
        assert {"claimName": "mine"} in [
            v.get("persistentVolumeClaim") for v in pod(objects)["volumes"]
        ]

    def test_without_persistence_there_is_an_empty_dir_and_a_warning(self):
        objects = render({"store.persistence.enabled": False})
        assert not of_kind(objects, "PersistentVolumeClaim")
        assert {"name": "store", "emptyDir": {}} in pod(objects)["volumes"]

    @pytest.mark.parametrize("keep", [True, False])
    def test_uninstalling_leaves_the_claim_unless_told_otherwise(self, keep):
        objects = render({"store.persistence.keep": keep})
        claim = of_kind(objects, "PersistentVolumeClaim")["espalier-store"]
        assert (KEEP in claim["metadata"].get("annotations", {}).items()) is keep

    def test_size_and_class_are_taken(self):
        values = {"store.persistence.size": "50Gi", "store.persistence.storageClass": "fast"}
        claim = of_kind(render(values), "PersistentVolumeClaim")["espalier-store"]["spec"]
        assert claim["resources"]["requests"]["storage"] == "50Gi"
        assert claim["storageClassName"] == "fast"


class TestCertificateAuthority:
    def test_the_secret_is_empty_and_kept(self, default):
        secret = of_kind(default, "Secret")["espalier-ca"]
        assert not {"data", "stringData", "immutable"} & set(secret)
        assert KEEP in secret["metadata"]["annotations"].items()

    def test_its_name_is_told_to_the_operator_and_to_its_role(self):
        objects = render({"ingest.caSecret": "our-ca"})
        assert environment(objects)["ESPALIER_CA_SECRET"] == "our-ca"
        assert set(of_kind(objects, "Secret")) == {"our-ca"}
        rule = of_kind(objects, "Role")["espalier-ca"]["rules"][0]
        assert rule["resourceNames"] == ["our-ca"]


class TestCustomResourceDefinitions:
    @pytest.mark.parametrize("source", sorted((ROOT / "crds").glob("*.yaml")), ids=lambda p: p.name)
    def test_the_chart_carries_the_generated_ones(self, source):
        copy = CHART / "files" / "crds" / source.name
        assert copy.read_text() == source.read_text(), "run `make generate`"

    def test_the_chart_carries_no_others(self):
        ours = {path.name for path in (ROOT / "crds").glob("*.yaml")}
        assert {path.name for path in (CHART / "files" / "crds").glob("*.yaml")} == ours
        assert len(ours) == 3

    @pytest.mark.parametrize("keep", [True, False])
    def test_they_are_rendered_whole_and_kept_unless_told_otherwise(self, keep):
        rendered = of_kind(render({"crds.keep": keep}), "CustomResourceDefinition")
        for path in (ROOT / "crds").glob("*.yaml"):
            source = yaml.safe_load(path.read_text())
            found = rendered[source["metadata"]["name"]]
            annotations = found["metadata"].pop("annotations", {})
            assert (KEEP in annotations.items()) is keep
            assert found == source

    def test_they_can_be_left_to_another_release(self):
        assert not of_kind(render({"crds.enabled": False}), "CustomResourceDefinition")


class TestScope:
    def test_without_namespaces_the_operator_serves_all(self, default):
        assert environment(default)["ESPALIER_NAMESPACES"] == ""
        assert "espalier" in of_kind(default, "ClusterRole")
        assert set(of_kind(default, "Role")) == {"espalier-ca", "espalier-read"}

    def test_with_namespaces_there_is_a_role_in_each_and_only_reviews_for_the_cluster(self):
        objects = render({"scope.namespaces": ["team-a", "team-b"]})
        assert environment(objects)["ESPALIER_NAMESPACES"] == "team-a,team-b"
        bound = of_kind(objects, "ClusterRoleBinding")
        reviews = {"espalier-tokenreview", "espalier-accessreview"}
        assert set(bound) == {*reviews, "espalier-token-keys"}
        roles = {
            (o["metadata"]["namespace"], o["metadata"]["name"])
            for o in objects
            if o["kind"] == "Role"
        }
        own = {(SYSTEM, "espalier-ca"), (SYSTEM, "espalier-read")}
        assert roles == {("team-a", "espalier"), ("team-b", "espalier"), *own}

    def test_the_policies_apply_where_the_operator_works_and_those_about_itself_everywhere(self):
        objects = render({"scope.namespaces": ["team-a"]})
        for name, binding in of_kind(objects, "ValidatingAdmissionPolicyBinding").items():
            matched = binding["spec"].get("matchResources")
            if "-operator-" in name or name.endswith("-scope"):
                assert matched is None
            else:
                expressions = matched["namespaceSelector"]["matchExpressions"]
                assert expressions[0]["values"] == ["team-a"]

    def test_the_policies_about_the_operator_are_about_its_own_account(self):
        values = {"serviceAccount.create": False, "serviceAccount.name": "robot"}
        policies = of_kind(render(values), "ValidatingAdmissionPolicy")
        about = {name: policy for name, policy in policies.items() if "-operator-" in name}
        kinds = {"jobs", "leases", "pods", "trials", "workloads"}
        assert {name.rpartition("-")[2] for name in about} == kinds
        for policy in about.values():
            (condition,) = policy["spec"]["matchConditions"]
            user = f"system:serviceaccount:{SYSTEM}:robot"
            assert condition["expression"] == f"request.userInfo.username == '{user}'"

    def test_every_policy_is_bound_and_denies_where_it_cannot_tell(self, default):
        policies = of_kind(default, "ValidatingAdmissionPolicy")
        bindings = of_kind(default, "ValidatingAdmissionPolicyBinding")
        assert {binding["spec"]["policyName"] for binding in bindings.values()} == set(policies)
        for policy in policies.values():
            assert policy["spec"]["failurePolicy"] == "Fail"
        for binding in bindings.values():
            assert binding["spec"]["validationActions"] == ["Deny"]

    def test_who_makes_a_study_outside_of_the_scope_is_warned_and_not_kept_from_it(self):
        name = f"espalier-{SYSTEM}-scope"
        objects = render({"scope.namespaces": ["team-a"]})
        binding = of_kind(objects, "ValidatingAdmissionPolicyBinding")[name]
        assert binding["spec"]["validationActions"] == ["Warn"]
        assert (
            of_kind(objects, "ValidatingAdmissionPolicy")[name]["spec"]["failurePolicy"] == "Ignore"
        )
        for values in ({}, {"scope.namespaces": ["a"], "policy.warnOutsideScope": False}):
            assert name not in of_kind(render(values), "ValidatingAdmissionPolicy")

    def test_without_policies_there_are_none(self):
        kinds = {found["kind"] for found in render({"policy.enabled": False})}
        assert not {kind for kind in kinds if kind.startswith("ValidatingAdmission")}


class TestMonitoring:
    def test_nothing_of_it_is_made_unless_asked_for(self, default):
        kinds = {found["kind"] for found in default}
        assert not kinds & {"ServiceMonitor", "PrometheusRule", "ConfigMap", "NetworkPolicy"}

    def test_the_service_monitor_finds_the_metrics_service_alone(self):
        objects = render({"metrics.serviceMonitor.enabled": True})
        monitor = of_kind(objects, "ServiceMonitor")["espalier"]["spec"]
        matched = [
            name
            for name, service in of_kind(objects, "Service").items()
            if monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        ]
        assert matched == ["espalier-metrics"]
        assert monitor["endpoints"] == [{"port": "metrics", "interval": "30s", "honorLabels": True}]

    def test_the_dashboards_are_the_generated_files_under_grafanas_label(self):
        values = {"dashboard.enabled": True, "dashboard.namespace": "grafana"}
        config = of_kind(render(values), "ConfigMap")["espalier-dashboard"]
        assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
        assert config["metadata"]["namespace"] == "grafana"
        files = {file.name: file for file in (CHART / "files" / "dashboards").iterdir()}
        assert set(config["data"]) == set(files) == {"espalier.json", "espalier-study.json"}
        for name, file in files.items():
            assert json.loads(config["data"][name]) == json.loads(file.read_text())

    def test_the_dashboards_lead_to_pages_where_the_chart_is_told(self):
        values = {"dashboard.enabled": True, "dashboard.pagesUrl": "https://studies.corp.example"}
        config = of_kind(render(values), "ConfigMap")["espalier-dashboard"]
        for text in config["data"].values():
            boxes = json.loads(text)["templating"]["list"]
            (box,) = (each for each in boxes if each["name"] == "read_api_url")
            assert box["query"] == "https://studies.corp.example"

    def test_the_label_that_grafana_looks_for_can_be_another(self):
        values = {
            "dashboard.enabled": True,
            "dashboard.label": "dash",
            "dashboard.labelValue": "yes",
        }
        config = of_kind(render(values), "ConfigMap")["espalier-dashboard"]
        assert config["metadata"]["labels"]["dash"] == "yes"

    def test_the_alerts_are_rendered_as_they_are_tested(self):
        rule = of_kind(render({"metrics.prometheusRule.enabled": True}), "PrometheusRule")
        assert rule["espalier"]["spec"] == yaml.safe_load((CHART / "files/alerts.yaml").read_text())


class TestNetworkPolicy:
    def test_only_trials_may_report(self):
        policy = of_kind(render({"networkPolicy.enabled": True}), "NetworkPolicy")["espalier"][
            "spec"
        ]
        ingest = policy["ingress"][0]
        assert ingest["ports"] == [{"port": "ingest"}]
        (peer,) = ingest["from"]
        assert peer["namespaceSelector"] == {}
        assert peer["podSelector"]["matchExpressions"] == [
            {"key": "espalier.dev/trial", "operator": "Exists"}
        ]

    def test_only_the_named_namespaces_trials_with_a_scope(self):
        values = {"networkPolicy.enabled": True, "scope.namespaces": ["team-a"]}
        policy = of_kind(render(values), "NetworkPolicy")["espalier"]["spec"]
        selector = policy["ingress"][0]["from"][0]["namespaceSelector"]
        assert selector["matchExpressions"][0]["values"] == ["team-a"]

    def test_who_may_scrape_can_be_said(self):
        peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
        values = {"networkPolicy.enabled": True, "networkPolicy.metricsFrom": [peer]}
        policy = of_kind(render(values), "NetworkPolicy")["espalier"]["spec"]
        assert policy["ingress"][1] == {"from": [peer], "ports": [{"port": "metrics"}]}


def test_a_price_is_told_to_the_operator_and_none_where_there_is_none():
    def priced(values):
        told = {each["name"]: each.get("value") for each in container(render(values))["env"]}
        return told.get("ESPALIER_DEVICE_HOUR_PRICE"), told.get("ESPALIER_CURRENCY")

    assert priced({}) == (None, None)
    assert priced({"pricing.deviceHour": 2.5, "pricing.currency": "EUR"}) == ("2.5", "EUR")
    assert priced({"pricing.deviceHour": 0}) == ("0", "")
