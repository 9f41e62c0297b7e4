"""The Job of a trial: what a trainer gets, what the sidecar gets, what a template may not have."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api import parse_resources
from espalier.errors import SpecError
from espalier.planning.workload.building import build_workload
from espalier.planning.world.names import QUEUE_LABEL, label_value
from tests.planning.worlds import SETTINGS, study, trial

TRAINER = {"name": "trainer", "image": "digits"}


def built(settings=SETTINGS, parameters=None, labels=None, **spec):
    view = study(**spec)
    if labels:
        view = replace(view, labels=labels)
    return build_workload(view, trial(0, parameters=parameters or {"lr": 0.1}), 0, settings)


def pod_of(job):
    return job["spec"]["template"]["spec"]


def template(**pod):
    return {"spec": {"containers": [TRAINER], **pod}}


def expanded(text, known):
    """Expand ``$(NAME)`` as the kubelet does (k8s.io/kubernetes/third_party/forked/golang)."""
    return re.sub(
        r"\$(\$|\((\w+)\))",
        lambda m: "$" if m[1] == "$" else known.get(m[2], m[0]),
        text,
    )


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
def test_a_parameters_value_reaches_the_trainer_as_it_is(value):
    job = built(parameters={"x": value})
    known = {}
    for variable in pod_of(job)["containers"][0]["env"]:
        known[variable["name"]] = expanded(variable["value"], known)
    assert known["PARAM_x"] == value
    assert json.loads(known["ESPALIER_PARAMETERS"]) == {"x": value}


def test_variables_of_the_user_come_after_ours_so_that_they_can_refer_to_them():
    own = {"name": "ARGS", "value": "--lr=$(PARAM_lr)"}
    pod = pod_of(built(template={"spec": {"containers": [{**TRAINER, "env": [own]}]}}))
    env = pod["containers"][0]["env"]
    assert env[-1] == own
    assert "PARAM_lr" in [variable["name"] for variable in env[:-1]]


def test_the_users_own_init_containers_get_the_parameters_after_the_sidecar():
    pod = pod_of(built(template=template(initContainers=[{"name": "fetch", "image": "x"}])))
    assert [each["name"] for each in pod["initContainers"]] == ["espalier-sidecar", "fetch"]
    assert pod["initContainers"][1]["env"][0]["name"] == "PARAM_lr"


def test_only_the_sidecar_has_the_token():
    pod = pod_of(built(template=template(initContainers=[{"name": "fetch", "image": "x"}])))
    holders = [
        each["name"]
        for each in [*pod["initContainers"], *pod["containers"]]
        if any(mount["name"] == "espalier-token" for mount in each.get("volumeMounts", []))
    ]
    assert holders == ["espalier-sidecar"]


@pytest.mark.parametrize(
    ("of_the_operator", "of_the_study", "made"),
    [
        pytest.param(
            None,
            None,
            {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "64Mi"}},
            id="neither says anything",
        ),
        pytest.param(
            {"limits": {"cpu": "1"}}, None, {"limits": {"cpu": "1"}}, id="the operator's flag"
        ),
        pytest.param({"limits": {"cpu": "1"}}, {}, {}, id="a study that asks for nothing"),
        pytest.param(
            {"limits": {"cpu": "1"}},
            {"requests": {"memory": "40Mi"}},
            {"requests": {"memory": "40Mi"}},
            id="a study's own, all of them",
        ),
    ],
)
def test_the_sidecar_asks_for_what_study_or_operator_say(of_the_operator, of_the_study, made):
    sidecar = SETTINGS.sidecar
    if of_the_operator is not None:
        sidecar = replace(sidecar, resources=parse_resources(of_the_operator))
    spec = {} if of_the_study is None else {"sidecar": {"resources": of_the_study}}
    (first, *_) = pod_of(built(replace(SETTINGS, sidecar=sidecar), **spec))["initContainers"]
    assert first["resources"] == made


def test_the_sidecar_runs_under_the_restricted_profile_also_beside_a_root_trainer():
    pod = pod_of(built(template=template(securityContext={"runAsUser": 0})))
    security = pod["initContainers"][0]["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == 65532
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["allowPrivilegeEscalation"] is False
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.mark.parametrize(
    ("containers", "init_containers", "most"),
    [(1, 0, 4096), (1, 1, 4096), (2, 1, 3072), (3, 4, 1536)],
)
def test_a_sidecars_last_words_fit_into_its_share_of_the_pods_termination_messages(
    containers, init_containers, most
):
    more = [{"name": f"c{number}", "image": "x"} for number in range(1, containers)]
    init = [{"name": f"i{number}", "image": "x"} for number in range(init_containers)]
    pod = pod_of(built(template=template(containers=[TRAINER, *more], initContainers=init)))
    (said,) = [
        each["value"]
        for each in pod["initContainers"][0]["env"]
        if each["name"] == "ESPALIER_LAST_WORDS_BYTES"
    ]
    assert int(said) == most
    assert int(said) * (len(pod["containers"]) + len(pod["initContainers"])) <= 12 * 1024


def test_what_a_template_says_about_its_pod_is_kept():
    pod = pod_of(
        built(template=template(nodeSelector={"gpu": "a"}, automountServiceAccountToken=True))
    )
    assert pod["nodeSelector"] == {"gpu": "a"}
    assert pod["automountServiceAccountToken"] is True


def test_the_studys_template_itself_is_left_alone():
    view = study()
    before = json.dumps(view.spec.template)
    build_workload(view, trial(0), 0, SETTINGS)
    assert json.dumps(view.spec.template) == before


def test_a_queues_label_goes_to_the_job_and_not_to_the_pod():
    job = built(labels={QUEUE_LABEL: "team", "other": "x"})
    assert job["metadata"]["labels"][QUEUE_LABEL] == "team"
    assert "other" not in job["metadata"]["labels"]
    assert QUEUE_LABEL not in job["spec"]["template"]["metadata"]["labels"]


def test_retries_are_the_jobs_and_every_rule_of_its_failure_policy_names_what_it_means():
    spec = built(trials={"retries": 3})["spec"]
    assert spec["backoffLimit"] == 3
    for rule in spec["podFailurePolicy"]["rules"]:
        assert "onExitCodes" not in rule or rule["onExitCodes"].get("containerName")


def host(name, **pod):
    return pytest.param(name, template(**pod), id=name)


HOST = [
    host("hostNetwork", hostNetwork=True),
    host("hostPID", hostPID=True),
    host("hostIPC", hostIPC=True),
    host("nodeName", nodeName="n1"),
    host("hostPath", volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
    host("privileged", containers=[{**TRAINER, "securityContext": {"privileged": True}}]),
]


@pytest.mark.parametrize(("name", "reaching"), HOST)
def test_a_template_that_reaches_out_of_its_pod_is_refused_unless_it_is_allowed(name, reaching):
    with pytest.raises(SpecError, match=f"--allow-template-field={name}") as refused:
        built(template=reaching)
    assert refused.value.field.startswith("spec.template.spec.")
    assert built(replace(SETTINGS, allowed=frozenset({name})), template=reaching)


def test_a_privileged_init_container_is_found_too():
    init = {"name": "i", "image": "x", "securityContext": {"privileged": True}}
    with pytest.raises(SpecError, match=r"initContainers\[0\]"):
        built(template=template(initContainers=[init]))


@given(st.text("abc.-", min_size=1, max_size=300).map(lambda text: f"a{text}z"))
def test_a_label_is_always_legal_and_different_names_stay_different(name):
    value = label_value(name)
    assert len(value) <= 63
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", value)
    assert value == name or value != label_value(name + "x")
