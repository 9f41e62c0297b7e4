"""What a user writes into the template is in the pods as it was written, or refused by its name."""

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from espalier.api import parse_study
from espalier.errors import SpecError
from espalier.planning.workload.building import build_workload
from tests.planning.worlds import SETTINGS, UID, spec_dict, study, trial

OURS = [
    "espalier.dev/study",
    "espalier.dev/trial",
    "espalier.dev/new",
    "job-name",
    "controller-uid",
    "batch.kubernetes.io/job-name",
    "batch.kubernetes.io/controller-uid",
]
WORD = st.sampled_from(["a", "b", ""])
ANY = st.none() | st.booleans() | st.integers(0, 9) | WORD | st.dictionaries(WORD, WORD, max_size=2)


def some(**fields):
    """Objects with any of these fields."""
    return st.fixed_dictionaries({}, optional=fields)


def listed(each, most=2):
    return st.none() | st.lists(each, max_size=most)


MOUNT = some(
    name=st.sampled_from(["data", "espalier", "espalier-token"]),
    mountPath=st.sampled_from(
        ["/data", "/espalier", "/espalier/", "//espalier", "/espalier/.", "/espalier/checkpoints"]
    ),
    readOnly=st.booleans(),
    subPath=WORD,
)
ENV = some(
    name=st.sampled_from(["A", "PATH", "PARAM_lr", "PARAM_other", "ESPALIER_PORT", "ESPALIER_X"]),
    value=WORD,
    valueFrom=ANY,
)
PORT = some(
    containerPort=st.sampled_from([80, 9321]),
    protocol=st.sampled_from(["TCP", "UDP"]),
    name=WORD,
)


def container(*names):
    return st.builds(
        lambda name, rest: {"name": name, **rest},
        st.sampled_from(names),
        some(
            image=WORD,
            env=listed(ENV),
            envFrom=listed(ANY),
            volumeMounts=listed(MOUNT),
            ports=listed(PORT),
            args=listed(WORD),
            lifecycle=ANY,
            livenessProbe=ANY,
            resources=some(limits=st.just({"nvidia.com/gpu": 1}), claims=ANY),
            restartPolicy=st.sampled_from(["Always", "Never"]),
            terminationMessagePath=WORD,
            terminationMessagePolicy=st.none() | st.sampled_from(["File", "FallbackToLogsOnError"]),
            securityContext=some(runAsUser=st.integers(0, 1), privileged=st.booleans()),
            workingDir=WORD,
            fieldOfTomorrow=ANY,
        ),
    )


POD = some(
    activeDeadlineSeconds=st.integers(1, 9),
    affinity=ANY,
    automountServiceAccountToken=st.none() | st.booleans(),
    dnsPolicy=WORD,
    enableServiceLinks=st.none() | st.booleans(),
    ephemeralContainers=ANY,
    fieldOfTomorrow=ANY,
    hostname=WORD,
    hostNetwork=st.booleans(),
    imagePullSecrets=ANY,
    initContainers=listed(container("fetch", "espalier-sidecar")),
    nodeName=WORD,
    nodeSelector=ANY,
    overhead=ANY,
    priorityClassName=WORD,
    resources=ANY,
    restartPolicy=st.none() | st.sampled_from(["Never", "OnFailure", "Always"]),
    runtimeClassName=WORD,
    schedulerName=WORD,
    schedulingGates=ANY,
    securityContext=some(runAsUser=st.integers(0, 1), fsGroup=st.integers(0, 1)),
    serviceAccountName=WORD,
    shareProcessNamespace=st.booleans(),
    subdomain=WORD,
    terminationGracePeriodSeconds=st.none() | st.integers(0, 600),
    tolerations=ANY,
    topologySpreadConstraints=ANY,
    volumes=listed(
        some(name=st.sampled_from(["data", "espalier", "espalier-token"]), emptyDir=ANY)
    ),
)
LABELS = st.none() | st.dictionaries(
    st.sampled_from([*OURS, "team", "kueue.x-k8s.io/queue-name"]), WORD, max_size=2
)
TEMPLATE = st.builds(
    lambda metadata, pod, trainer, others, rest: {
        **metadata,
        **rest,
        "spec": {**pod, "containers": [trainer, *others]},
    },
    some(
        metadata=st.none()
        | some(
            labels=LABELS, annotations=LABELS, finalizers=ANY, name=ANY, creationTimestamp=st.none()
        )
    ),
    POD,
    container("trainer"),
    st.lists(container("logs", "espalier-sidecar"), max_size=1),
    some(fieldOfTomorrow=ANY),
)


def kept(given, got):
    """Whether all that was given is in what came, as it was given and in its order."""
    if isinstance(given, dict):
        return isinstance(got, dict) and all(
            value is None or kept(value, got.get(key)) for key, value in given.items()
        )
    if isinstance(given, list):
        places = range(len(got) - len(given) + 1) if isinstance(got, list) else ()
        return any(all(map(kept, given, got[place : place + len(given)])) for place in places)
    return type(given) is type(got) and given == got


def at(template, field):
    """Return what a template has at the path of a field."""
    node = {"spec": {"template": template}}
    for key in re.findall(r"\[([^\]]+)\]|([^.\[]+)", field):
        name = key[0] or key[1]
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node


def job_of(template):
    parsed = parse_study(
        {
            "apiVersion": "espalier.dev/v1alpha1",
            "kind": "Study",
            "metadata": {"name": "s", "namespace": "n", "uid": UID},
            "spec": spec_dict(template=template, pruning={"gracePeriodSeconds": 7}),
        }
    )
    return build_workload(replace(study(), spec=parsed.spec), trial(0), 0, SETTINGS)


def with_trainer(**more):
    return {"spec": {"containers": [{"name": "trainer", **more}]}}


@given(template=TEMPLATE)
@example(with_trainer() | {"metadata": {"labels": {"espalier.dev/trial": "a"}}})
@settings(max_examples=1500, deadline=None)
def test_every_field_of_a_template_is_in_the_pods_or_is_refused_by_name(template):
    refused = None
    try:
        job = job_of(template)
    except SpecError as error:
        refused = error
    if refused is None:
        assert kept(template, job["spec"]["template"]), job["spec"]["template"]
    else:
        assert at(template, refused.field) is not None, refused
        assert "expected" in refused.message


def pod(**more):
    return {"spec": {"containers": [{"name": "trainer"}], **more}}


REFUSED = {
    "spec.template.metadata.labels[espalier.dev/trial]": {
        **pod(),
        "metadata": {"labels": {"a": "b", "espalier.dev/trial": "x"}},
    },
    "spec.template.metadata.labels[job-name]": {
        **pod(),
        "metadata": {"labels": {"job-name": "s-0"}},
    },
    "spec.template.metadata.finalizers": {**pod(), "metadata": {"finalizers": ["x/y"]}},
    "spec.template.spec.restartPolicy": pod(restartPolicy="OnFailure"),
    "spec.template.spec.volumes[0].name": pod(volumes=[{"name": "espalier", "emptyDir": {}}]),
    "spec.template.spec.initContainers[0].name": pod(initContainers=[{"name": "espalier-sidecar"}]),
    "spec.template.spec.initContainers[0].env[1].name": pod(
        initContainers=[{"name": "i", "env": [{"name": "A"}, {"name": "PARAM_lr", "value": "1"}]}]
    ),
    "spec.template.spec.containers[0].env[0].name": with_trainer(
        env=[{"name": "ESPALIER_REPORT_URL", "value": "http://elsewhere"}]
    ),
    "spec.template.spec.containers[0].ports[0].containerPort": with_trainer(
        ports=[{"containerPort": 9321}]
    ),
    "spec.template.spec.containers[0].volumeMounts[0].mountPath": with_trainer(
        volumeMounts=[{"name": "data", "mountPath": "/espalier/"}]
    ),
}


@pytest.mark.parametrize(("field", "template"), REFUSED.items(), ids=REFUSED)
def test_what_is_espaliers_own_to_write_is_refused_with_a_remedy(field, template):
    with pytest.raises(SpecError, match=r"remove|rename|choose|mount it") as refused:
        job_of(template)
    assert refused.value.field == field


KEPT = {
    "a grace period": pod(terminationGracePeriodSeconds=300),
    "none at all": pod(terminationGracePeriodSeconds=0),
    "a variable like a parameter's": with_trainer(env=[{"name": "PARAM_other", "value": "1"}]),
    "the shared volume elsewhere": with_trainer(
        volumeMounts=[{"name": "espalier", "mountPath": "/reports"}]
    ),
    "the shared volume in its own place": with_trainer(
        volumeMounts=[{"name": "espalier", "mountPath": "/espalier", "readOnly": True}]
    ),
    "a volume below the shared one": with_trainer(
        volumeMounts=[{"name": "data", "mountPath": "/espalier/checkpoints"}]
    ),
    "the sidecar's port in another protocol": with_trainer(
        ports=[{"containerPort": 9321, "protocol": "UDP"}]
    ),
    "an annotation": {**pod(), "metadata": {"annotations": {"espalier.dev/note": "mine"}}},
}


@pytest.mark.parametrize("template", KEPT.values(), ids=KEPT)
def test_what_looks_like_ours_and_is_not_is_kept(template):
    assert kept(template, job_of(template)["spec"]["template"])


def test_a_null_leaves_the_default_in_place():
    made = job_of(
        pod(automountServiceAccountToken=None, enableServiceLinks=None)
        | {"metadata": {"labels": None}}
    )
    spec = made["spec"]["template"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
