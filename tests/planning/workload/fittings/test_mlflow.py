"""MLflow's client talks to the sidecar, and the sidecar to the team's server, if there is one."""

import pytest

from espalier.errors import SpecError
from tests.planning.workload.test_job import built, expanded, pod_of
from tests.planning.worlds import SETTINGS

OURS = "http://localhost:9321/mlflow"
TEAM = "https://mlflow.example/tracking"
SECRET = {"valueFrom": {"secretKeyRef": {"name": "mlflow", "key": "uri"}}}
AUTO, MLFLOW = {"type": "Auto"}, {"type": "MLflow"}
NAMED = {"type": "MLflow", "mlflow": {"trackingUri": TEAM}}


def variables(**values):
    return [
        {"name": name, **(value if isinstance(value, dict) else {"value": value})}
        for name, value in values.items()
    ]


def containers(collector, **container):
    """Return the trainer's container and the sidecar's."""
    trainer = {"name": "trainer", "image": "x", **container}
    job = built(SETTINGS, collector=collector, template={"spec": {"containers": [trainer]}})
    pod = pod_of(job)
    (sidecar,) = (each for each in pod["initContainers"] if each["name"] == "espalier-sidecar")
    return pod["containers"][0], sidecar


def seen(container):
    """Return what a container's process finds in its environment; of a Secret, where it is from."""
    known = {}
    for each in container["env"]:
        known[each["name"]] = each.get("valueFrom") or expanded(each["value"], known)
    return known


@pytest.mark.parametrize("collector", [AUTO, MLFLOW])
def test_without_a_server_the_sidecar_answers_itself(collector):
    trainer, sidecar = containers(collector)
    assert seen(trainer)["MLFLOW_TRACKING_URI"] == OURS
    assert "MLFLOW_TRACKING_URI" not in seen(sidecar)


@pytest.mark.parametrize("collector", [AUTO, MLFLOW])
@pytest.mark.parametrize(
    ("env", "team"),
    [
        pytest.param(variables(MLFLOW_TRACKING_URI=TEAM), TEAM, id="literal"),
        pytest.param(variables(MLFLOW_TRACKING_URI=SECRET), SECRET["valueFrom"], id="a Secret"),
        pytest.param(
            variables(
                ZONE="b", HOST="m.$(ZONE)", MLFLOW_TRACKING_URI="http://$(HOST)/$(ESPALIER_TRIAL)"
            ),
            "http://m.b/n/s-0",
            id="refers to others",
        ),
    ],
)
def test_a_server_that_the_template_names_becomes_the_sidecars(collector, env, team):
    trainer, sidecar = containers(collector, env=env)
    assert seen(trainer)["MLFLOW_TRACKING_URI"] == OURS
    assert [each["name"] for each in trainer["env"]].count("MLFLOW_TRACKING_URI") == 1
    assert seen(sidecar)["MLFLOW_TRACKING_URI"] == team


def test_a_server_that_the_study_names_comes_before_the_templates():
    trainer, sidecar = containers(NAMED, env=variables(MLFLOW_TRACKING_URI="http://other"))
    assert seen(trainer)["MLFLOW_TRACKING_URI"] == OURS
    assert "MLFLOW_TRACKING_URI" not in seen(sidecar)
    assert TEAM in seen(sidecar)["ESPALIER_COLLECTORS"]


@pytest.mark.parametrize(
    ("container", "words"),
    [
        *(
            pytest.param({"env": variables(MLFLOW_TRACKING_URI=uri)}, "http", id=f"{uri!r}")
            for uri in ("file:/mlruns", "sqlite:///x.db", "databricks", "", "./mlruns")
        ),
        pytest.param({"envFrom": [{"secretRef": {"name": "all"}}]}, "trackingUri", id="envFrom"),
        pytest.param(
            {"env": variables(MLFLOW_TRACKING_URI=TEAM, MLFLOW_TRACKING_AWS_SIGV4="true")},
            "signed",
            id="signed",
        ),
        pytest.param(
            {"env": variables(HTTPS_PROXY="http://proxy", NO_PROXY="corp")},
            "localhost",
            id="a proxy for localhost",
        ),
        pytest.param(
            {
                "env": variables(
                    MLFLOW_TRACKING_URI=TEAM, MLFLOW_TRACKING_SERVER_CERT_PATH="/etc/team.pem"
                )
            },
            "volumes",
            id="a certificate in the image",
        ),
        pytest.param(
            {"env": variables(PATH="/bin", MLFLOW_TRACKING_URI="http://$(PATH)")},
            "reference",
            id="a reference to what the sidecar needs otherwise",
        ),
    ],
)
def test_a_template_that_does_not_allow_it_is_left_alone_unless_the_study_asks_for_it(
    container, words
):
    trainer, sidecar = containers(AUTO, **container)
    given = seen({"env": container.get("env", [])}).get("MLFLOW_TRACKING_URI")
    assert seen(trainer).get("MLFLOW_TRACKING_URI") == given != OURS
    assert not [name for name in seen(sidecar) if "MLFLOW" in name]
    with pytest.raises(SpecError, match=words):
        containers(MLFLOW, **container)


def test_with_envfrom_a_server_that_is_named_is_forwarded_to():
    every = {"envFrom": [{"secretRef": {"name": "all"}}]}
    _, sidecar = containers(AUTO, env=variables(MLFLOW_TRACKING_URI=TEAM), **every)
    assert seen(sidecar)["MLFLOW_TRACKING_URI"] == TEAM
    trainer, _ = containers(NAMED, **every)
    assert seen(trainer)["MLFLOW_TRACKING_URI"] == OURS


@pytest.mark.parametrize(
    ("mount", "path", "found"),
    [
        ({"mountPath": "/certs"}, "/certs/a/ca.pem", "/var/run/espalier/tracking-0/a/ca.pem"),
        (
            {"mountPath": "/certs/ca.pem", "subPath": "ca.pem"},
            "/certs/ca.pem",
            "/var/run/espalier/tracking-0",
        ),
        ({"mountPath": "/"}, "/x.pem", "/var/run/espalier/tracking-0/x.pem"),
    ],
)
def test_a_certificate_in_a_volume_is_mounted_into_the_sidecar(mount, path, found):
    other = {"name": "data", "mountPath": "/cert"}
    env = variables(
        MLFLOW_TRACKING_URI=TEAM,
        MLFLOW_TRACKING_SERVER_CERT_PATH=path,
        MLFLOW_TRACKING_TOKEN=SECRET,
        HTTPS_PROXY="http://proxy",
        NO_PROXY="localhost",
    )
    _, sidecar = containers(AUTO, env=env, volumeMounts=[other, {"name": "certs", **mount}])
    assert seen(sidecar)["MLFLOW_TRACKING_SERVER_CERT_PATH"] == found
    (added,) = (each for each in sidecar["volumeMounts"] if each["name"] == "certs")
    assert added == {
        **mount,
        "name": "certs",
        "mountPath": "/var/run/espalier/tracking-0",
        "readOnly": True,
    }
    assert seen(sidecar)["HTTPS_PROXY"] == "http://proxy"
    assert "MLFLOW_TRACKING_TOKEN" not in seen(sidecar)


def test_a_certificate_in_the_shared_volume_needs_no_mount():
    env = variables(
        MLFLOW_TRACKING_URI=TEAM, MLFLOW_TRACKING_SERVER_CERT_PATH="/espalier/../espalier/ca.pem"
    )
    _, sidecar = containers(AUTO, env=env)
    assert seen(sidecar)["MLFLOW_TRACKING_SERVER_CERT_PATH"] == "/espalier/ca.pem"
    assert len(sidecar["volumeMounts"]) == 2
