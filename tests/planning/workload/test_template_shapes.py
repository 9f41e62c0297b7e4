"""Whatever a template holds: a Job, or a fault of the template that names its field."""

import copy
import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.api import parse_study
from espalier.errors import SpecError
from espalier.planning.workload.building import build_workload
from espalier.planning.world.observe import gpus_of
from tests.planning.worlds import SETTINGS, UID, spec_dict, study, trial

FULL = {
    "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
    "spec": {
        "containers": [
            {
                "name": "trainer",
                "image": "digits",
                "env": [{"name": "A", "value": "b"}],
                "volumeMounts": [{"name": "data", "mountPath": "/data"}],
                "resources": {"requests": {"cpu": 1}, "limits": {"nvidia.com/gpu": 2}},
                "securityContext": {"runAsUser": 1, "windowsOptions": {"hostProcess": False}},
                "terminationMessagePolicy": "File",
            },
        ],
        "initContainers": [{"name": "fetch", "image": "x", "env": [], "volumeMounts": []}],
        "volumes": [
            {"name": "data", "emptyDir": {}},
            {"name": "p", "projected": {"sources": [{"serviceAccountToken": {"audience": "a"}}]}},
        ],
        "securityContext": {"runAsUser": 1000},
        "restartPolicy": "Never",
        "nodeName": "",
        "hostNetwork": False,
        "automountServiceAccountToken": True,
        "nodeSelector": {"gpu": "a"},
    },
}
OWN = ("spec.template", "spec.trainerContainer")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "value", "labels", "mountPath", "limits", "hostPath", "x"],
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


def paths(node, path=()):
    """Every place in a nested object."""
    yield path
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from paths(child, (*path, key))


def put(template, path, value):
    """A copy of a template with one place overwritten."""
    if not path:
        return value
    made = copy.deepcopy(template)
    node = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return made


def read(template):
    """Read a Study with a template, and build a Job of it; return both."""
    parsed = parse_study(
        {
            "apiVersion": "espalier.dev/v1alpha1",
            "kind": "Study",
            "metadata": {"name": "s", "namespace": "n", "uid": UID},
            "spec": spec_dict(template=template),
        }
    )
    job = build_workload(replace(study(), spec=parsed.spec), trial(0), 0, SETTINGS)
    assert gpus_of(parsed.spec.template["spec"]) >= 0
    return parsed, job


def fault(template):
    """What is wrong with a template; None where a Job was built."""
    try:
        _, job = read(template)
    except SpecError as error:
        return error
    assert job["spec"]["template"]["spec"]["initContainers"][0]["name"] == "espalier-sidecar"
    return None


@given(path=st.sampled_from(list(paths(FULL))), junk=JSON)
@settings(max_examples=600, deadline=None)
def test_any_junk_in_any_place_builds_a_job_or_is_the_templates_own_fault(path, junk):
    refused = fault(put(FULL, path, junk))
    assert refused is None or refused.field.startswith(OWN)


@pytest.mark.parametrize("path", list(paths(FULL)), ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize("junk", [None, "x", 5, True, [], ["a"], [5], {}, {"a": 1}], ids=repr)
def test_every_kind_of_value_in_every_place_is_taken_or_named(path, junk):
    refused = fault(put(FULL, path, junk))
    assert refused is None or (refused.field.startswith(OWN) and "expected" in refused.message)


@pytest.mark.parametrize(
    ("path", "junk", "field"),
    [
        (("metadata",), "x", "spec.template.metadata"),
        (("metadata", "labels"), ["a"], "spec.template.metadata.labels"),
        (("metadata", "labels", "a"), 5, "spec.template.metadata.labels[a]"),
        (("metadata", "annotations"), "x", "spec.template.metadata.annotations"),
        (("spec",), [], "spec.template.spec"),
        (("spec", "volumes", 0), 7, "spec.template.spec.volumes[0]"),
        (("spec", "hostNetwork"), "true", "spec.template.spec.hostNetwork"),
        (("spec", "securityContext"), "x", "spec.template.spec.securityContext"),
        (
            ("spec", "containers", 0, "volumeMounts"),
            ["a"],
            "spec.template.spec.containers[0].volumeMounts[0]",
        ),
        (
            ("spec", "containers", 0, "volumeMounts", 0, "mountPath"),
            5,
            "spec.template.spec.containers[0].volumeMounts[0].mountPath",
        ),
        (
            ("spec", "containers", 0, "env", 0, "value"),
            5,
            "spec.template.spec.containers[0].env[0].value",
        ),
        (
            ("spec", "containers", 0, "securityContext"),
            "x",
            "spec.template.spec.containers[0].securityContext",
        ),
        (("spec", "containers", 0, "resources"), "x", "spec.template.spec.containers[0].resources"),
        (
            ("spec", "containers", 0, "resources", "limits"),
            [1],
            "spec.template.spec.containers[0].resources.limits",
        ),
        (
            ("spec", "containers", 0, "resources", "limits", "nvidia.com/gpu"),
            [1],
            "spec.template.spec.containers[0].resources.limits[nvidia.com/gpu]",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("spec") else "",
)
def test_a_field_of_the_wrong_type_is_named(path, junk, field):
    with pytest.raises(SpecError) as refused:
        read(put(FULL, path, junk))
    assert refused.value.field == field


@pytest.mark.parametrize(
    "name", ["finalizers", "ownerReferences", "namespace", "name", "generateName", "lables"]
)
def test_metadata_that_is_not_the_authors_to_write_is_refused_by_name(name):
    with pytest.raises(SpecError, match=f"got {name}; remove it") as refused:
        read(put(FULL, ("metadata", name), ["x"]))
    assert refused.value.field == f"spec.template.metadata.{name}"


def test_a_null_is_as_good_as_nothing_as_it_is_to_the_api_server():
    read(put(FULL, ("metadata", "creationTimestamp"), None))
    _, job = read(put(FULL, ("metadata",), None))
    assert job["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize("list_", ["containers", "initContainers"])
def test_nobody_but_the_sidecar_mounts_its_token(list_):
    mounts = [{"name": "espalier-token", "mountPath": "/t"}]
    with pytest.raises(SpecError, match="for the sidecar alone") as refused:
        read(put(FULL, ("spec", list_, 0, "volumeMounts"), mounts))
    assert refused.value.field == f"spec.template.spec.{list_}[0].volumeMounts[0].name"


def test_nobody_but_the_sidecar_gets_a_token_for_the_ingest():
    token = {"serviceAccountToken": {"audience": "espalier-ingest", "path": "t"}}
    with pytest.raises(SpecError, match="expected another audience") as refused:
        read(put(FULL, ("spec", "volumes", 1, "projected", "sources"), [{}, token]))
    assert refused.value.field == (
        "spec.template.spec.volumes[1].projected.sources[1].serviceAccountToken.audience"
    )


@pytest.mark.parametrize("name", ["espalier", "espalier-token"])
def test_a_volume_that_is_named_like_ours_is_refused(name):
    with pytest.raises(SpecError, match="expected another name"):
        read(put(FULL, ("spec", "volumes", 0, "name"), name))


class TestSize:
    def large(self, bytes_):
        env = [{"name": "A", "value": ""}]
        made = put(FULL, ("spec", "containers", 0, "env"), env)
        short = len(json.dumps(made, separators=(",", ":")).encode())
        return put(made, ("spec", "containers", 0, "env", 0, "value"), "x" * (bytes_ - short))

    def test_a_template_as_large_as_it_may_be_is_taken_and_one_byte_more_is_not(self):
        read(self.large(64 * 1024))
        with pytest.raises(SpecError, match=r"at most 65536 bytes of JSON, .* got 65537"):
            read(self.large(64 * 1024 + 1))

    def test_a_setting_says_how_large(self):
        view = replace(study(), spec=replace_template(self.large(2000)))
        with pytest.raises(SpecError, match="expected at most 1999 bytes"):
            build_workload(view, trial(0), 0, replace(SETTINGS, template_bytes=1999))
        assert build_workload(view, trial(0), 0, replace(SETTINGS, template_bytes=2000))

    def test_bytes_are_counted_and_not_characters(self):
        made = put(FULL, ("spec", "containers", 0, "env", 0, "value"), "ü" * 40_000)
        with pytest.raises(SpecError, match="expected at most 65536 bytes"):
            read(made)


def replace_template(template):
    return read(FULL)[0].spec.model_copy(update={"template": template})


@pytest.mark.parametrize("depth", [100, 900, 3000])
def test_a_template_nested_without_end_is_a_fault_of_the_spec(depth):
    nested = "x"
    for _ in range(depth):
        nested = [nested]
    refused = fault(put(FULL, ("spec", "x"), nested))
    assert refused is None or "expected" in refused.message
