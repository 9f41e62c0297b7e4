"""What a real API server says to Studies and Trials, good and bad."""

import copy
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from espalier.api import parse_study
from espalier.api.parameters import SamplerSpec
from espalier.api.study import FIXED_FIELDS
from espalier.declared.names import camel
from espalier.kube import Refused
from tests.api.studies import BAD, changed, good_study
from tests.integration.api_server import ROOT, ApiServer, api_server, causes

NAMES = (f"numbered-{number}" for number in itertools.count())
DEFINITIONS = [f"{plural}.espalier.dev" for plural in ("studies", "trials", "prunerprofiles")]
NOW = "2026-01-01T00:00:00Z"
FENCE = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN = {
    f"{path.relative_to(ROOT)}: {document['kind']} {document['metadata']['name']}": document
    for path in [
        ROOT / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").rglob("*.yaml")),
    ]
    for text in ([path.read_text()] if path.suffix == ".yaml" else FENCE.findall(path.read_text()))
    for document in yaml.safe_load_all(text)
    if isinstance(document, dict) and document.get("kind") in ("Study", "Trial", "PrunerProfile")
}


@pytest.fixture(scope="module")
def server(control_plane: Path) -> Iterator[ApiServer]:
    with api_server(control_plane) as server:
        yield server


def trial(name: str, **spec) -> dict:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": name},
        "spec": {"study": {"name": "digits"}, "parameters": {"lr": 0.1, "n": 2}, **spec},
    }


def status(**fields) -> dict:
    return {"status": fields}


CONDITION = {
    "type": "Accepted",
    "status": "True",
    "observedGeneration": 1,
    "lastTransitionTime": NOW,
    "reason": "SpecAccepted",
    "message": "",
}


# --- the definitions themselves -------------------------------------------------------------------


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_is_established_and_structural(server, name):
    crd = json.loads(server.kubectl("get", "crd", name, "-o", "json"))
    conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}
    assert conditions["Established"] == conditions["NamesAccepted"] == "True"
    assert "NonStructuralSchema" not in conditions
    assert "NonStructural" not in conditions


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_api_server_keeps_the_whole_definition(server, name):
    crd = json.loads(server.kubectl("get", "crd", name, "-o", "json"))
    ours = yaml.safe_load((ROOT / "crds" / f"espalier.dev_{name.split('.')[0]}.yaml").read_text())
    assert crd["spec"]["versions"] == ours["spec"]["versions"]


# --- PrunerProfiles -------------------------------------------------------------------------------


def profile(pruner, **provenance) -> dict:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "PrunerProfile",
        "metadata": {"name": next(NAMES)},
        "spec": {"pruner": pruner, "provenance": provenance},
    }


def test_a_profile_is_taken_with_its_provenance_and_changed(server):
    known = {"name": "digits", "namespace": "research", "uid": "u", "trials": 60, "steps": 20}
    told = {"studies": [known], "time": NOW, "saved": 0.4, "lost": 0.03, "lostHigh": 0.38}
    made = profile({"type": "Any", "any": [{"type": "Median"}, {"type": "Nop"}]}, **told)
    server.create(made)
    name = made["metadata"]["name"]
    patch = json.dumps({"spec": {"pruner": {"type": "Nop", "any": None}}})
    server.kubectl("patch", "prunerprofile", name, "--type=merge", f"-p={patch}")
    kept = json.loads(server.kubectl("get", "prunerprofile", name, "-o", "json"))
    assert kept["metadata"]["generation"] == 2
    assert kept["spec"]["provenance"]["studies"] == [known]
    assert server.kubectl("get", "prunerprofile", name, "--no-headers").split()[1:4] == [
        "Nop",
        "0.4",
        "0.03",
    ]


BAD_PROFILES = {
    "another profile": ({"type": "Profile"}, {}, "Unsupported value"),
    "no type": ({"median": {}}, {}, "Required value"),
    "another type's settings": ({"type": "Nop", "median": {}}, {}, "median belongs to type"),
    "a type without what it needs": ({"type": "Threshold"}, {}, "needs settings"),
    "a share above 1": ({"type": "Nop"}, {"lost": 1.5}, "less than or equal to 1"),
    "a time that is none": ({"type": "Nop"}, {"time": "yesterday"}, "date-time"),
}


@pytest.mark.parametrize("fault", BAD_PROFILES)
def test_a_bad_profile_is_refused_at_apply(server, fault):
    pruner, provenance, says = BAD_PROFILES[fault]
    refusal = server.refusal(profile(pruner, **provenance))
    assert any(says in message for _, message in refusal), refusal


def test_a_study_that_names_a_profile_names_one_and_has_no_other_settings(server):
    def naming(**pruner):
        return changed(lambda spec: spec.update(pruner={"type": "Profile", **pruner}))

    assert server.refusal(naming(profile={"name": "strict"})) == []
    for bad in (naming(), naming(profile={}), naming(profile={"name": "a"}, median={})):
        assert server.refusal(bad) != []


# --- bad Studies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [name for name, bad in BAD.items() if bad.server])
def test_a_fault_is_refused_at_apply_with_its_field_and_the_remedy(server, fault):
    field, says = BAD[fault].server
    if field == "":
        said = server.kubectl(
            "apply", "-f", "-", stdin=json.dumps(changed(BAD[fault].change)), check=False
        )
        assert says in said
        return
    refusal = server.refusal(changed(BAD[fault].change))
    assert any(at == field and says in message for at, message in refusal), refusal


@pytest.mark.parametrize("fault", [name for name, bad in BAD.items() if not bad.server])
def test_what_the_api_server_cannot_see_it_takes_and_the_operator_names(server, fault):
    assert server.refusal(changed(BAD[fault].change)) == []


def test_the_deepest_field_of_a_pod_is_taken_and_one_level_more_is_not(server):
    def deep(value):
        expression = {"key": "a", "operator": "In", "values": [value]}
        bundle = {"labelSelector": {"matchExpressions": [expression]}, "path": "a"}
        volume = {"name": "v", "projected": {"sources": [{"clusterTrustBundle": bundle}]}}
        return changed(lambda spec: spec["template"]["spec"].update(volumes=[volume]))

    assert server.refusal(deep("x")) == []
    (refused, *_) = server.refusal(deep({"a": 1}))
    assert refused[0].endswith(".clusterTrustBundle.labelSelector.matchExpressions[0].values[0]")
    assert "must have at most 0" in refused[1]


@pytest.mark.parametrize("depth", [13, 500, 4500])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_a_template_that_readers_of_json_give_up_on_is_not_stored(
    server, tmp_path, depth, opening, closing
):
    text = json.dumps(changed(lambda spec: spec["template"].update(x="@"), "deep"))
    path = tmp_path / "deep.json"
    path.write_text(text.replace('"@"', opening * depth + "1" + closing * depth))
    where = f"/apis/espalier.dev/v1alpha1/namespaces/{server.namespace}/studies"
    said = server.kubectl("create", "--raw", where, "-f", str(path), check=False)
    assert "must have at most 0" in said


@pytest.mark.parametrize("name", ["x" * 53, "a.b"])
def test_a_name_that_leaves_no_room_for_trials_is_refused(server, name):
    assert any(
        "trials are named after the study: at most 52 characters and no dot" in message
        for _, message in server.refusal(good_study(name))
    )


METRICS = json.loads((ROOT / "tests/golden/metric-names/names.json").read_text())


def measured_by(metric):
    return changed(lambda spec: spec["objective"].update(metric=metric))


def test_metrics_may_be_called_as_training_code_calls_them(server):
    refusals = {name: server.refusal(measured_by(name)) for name in METRICS["accepted"]}
    assert {name: refusal for name, refusal in refusals.items() if refusal} == {}


def test_names_of_metrics_that_would_trouble_a_reader_are_refused(server):
    for name in METRICS["refused"]:
        fields = [field for field, _ in server.refusal(measured_by(name))]
        assert "spec.objective.metric" in fields, ascii(name)


# --- good Studies ---------------------------------------------------------------------------------

GOOD = {
    "the good study": lambda spec: None,
    "a grid over steps, ints and values": lambda spec: spec.update(
        sampler={"type": "Grid"},
        parameters=[
            {"name": "x", "float": {"min": 0, "max": 1, "step": 0.1}},
            {"name": "n", "int": {"min": 1, "max": 9}},
            {"name": "b", "categorical": {"values": [True, 1.5, 3, "a"]}},
            {"name": "m", "int": {"min": 1, "max": 2}, "when": {"parameter": "n", "in": [1, 2]}},
        ],
    ),
    "a grid of points over a continuum": lambda spec: spec.update(
        sampler={"type": "Grid", "grid": {"points": 5}}
    ),
    "a Sobol sequence": lambda spec: spec.update(sampler={"type": "Sobol", "seed": 2**53 - 1}),
    "a log to read": lambda spec: spec.update(
        collector={"type": "Log", "log": {"pattern": r"(?P<step>\d+): loss=(?P<value>\S+)"}}
    ),
    "a file to read": lambda spec: spec.update(
        collector={"type": "File", "file": {"path": "/espalier/values.jsonl"}}
    ),
    "64 parameters": lambda spec: spec.update(
        parameters=[{"name": f"p{i}", "float": {"min": 0, "max": 1}} for i in range(64)]
    ),
    "64 parameters each of which depends on the one before": lambda spec: spec.update(
        parameters=[
            {
                "name": f"p{i}",
                "int": {"min": 0, "max": 1},
                **({"when": {"parameter": f"p{i - 1}", "in": [1]}} if i else {}),
            }
            for i in range(64)
        ]
    ),
    "whole numbers as the bounds of floats": lambda spec: spec["parameters"].__setitem__(
        0, {"name": "lr", "float": {"min": 0, "max": 1}}
    ),
    "bounds near the largest": lambda spec: spec["parameters"].__setitem__(
        0, {"name": "lr", "float": {"min": -1e300, "max": 1e300}}
    ),
    "a pod template with what only a newer cluster knows": lambda spec: spec["template"][
        "spec"
    ].update(somethingNew={"x": [1]}),
}


@pytest.mark.parametrize("study", GOOD)
def test_a_good_study_is_taken_by_the_api_server_and_by_the_operator(server, study):
    body = changed(GOOD[study])
    taken = server.create(body, dry_run=True)
    assert taken["spec"]["template"] == body["spec"]["template"]
    assert parse_study(taken).spec == parse_study(body).spec


def test_the_defaults_that_the_operator_takes_are_shown_by_the_api_server(server):
    small = changed(
        lambda spec: [spec.pop(name) for name in ("sampler", "pruner", "pruning", "collector")]
    )
    small["spec"]["trials"] = {"max": 3}
    taken = server.create(small, dry_run=True)
    shown = parse_study(small).spec.model_dump(mode="json", exclude_none=True, by_alias=True)
    assert taken["spec"] == json.loads(json.dumps(shown))
    defaults = {"parallelism": 1, "maxFailed": 5, "retries": 1, "startPatienceSeconds": 600}
    assert taken["spec"]["trials"] == {"max": 3, **defaults}
    assert taken["spec"]["sampler"] == {"type": "Random", "seed": 0, "tellPruned": "Forecast"}
    assert taken["spec"]["suspend"] is False


# --- updates --------------------------------------------------------------------------------------

OTHER = {
    "objective": {"metric": "loss"},
    "resource": {"max": 28},
    "parameters": [{"name": "lr", "float": {"min": 0.1, "max": 0.2}}],
    "warmStart": {"studies": [{"name": "other"}]},
    "sampler.type": "Sobol",
    "sampler.seed": 8,
    "sampler.tellPruned": "Ignore",
    "sampler.grid": {"points": 3},
    "sampler.tpe": {"startupTrials": 3},
    "sampler.cmaEs": {"startupTrials": 3},
    "sampler.gp": {"startupTrials": 3},
    "sampler.auto": {"startupTrials": 3},
    "sampler.plugin": {"name": "mine"},
    "pruner": {"median": {"startupTrials": 5}},
    "pruning.exemptPercent": 7,
    "pruning.nanPatience": 7,
    "pruning.minimumAcceptable": {"value": 0.1},
    "pruning.breaker": {"minTrials": 7},
    "pruning.window": 70,
    "pruning.shadows": [{"name": "other", "type": "Nop"}],
}


TYPES = {f"sampler.{camel(each.field)}": type_ for type_, each in SamplerSpec.choices.items()}


def changing(field):
    body = OTHER[field]
    for name in reversed(field.split(".")):
        body = {name: body}
    if field in TYPES:  # a section belongs to its type alone
        body["sampler"]["type"] = TYPES[field]
    return {"spec": body}


def test_every_fixed_field_has_a_change_to_try():
    assert set(OTHER) == set(FIXED_FIELDS)


@pytest.fixture(scope="module")
def started(server: ApiServer) -> str:
    server.create(good_study("started"))
    server.patch("Study", "started", status(startTime=NOW), subresource="status")
    return "started"


@pytest.mark.parametrize("field", OTHER)
def test_what_defines_a_study_is_fixed_once_it_has_started(server, started, field):
    with pytest.raises(Refused) as refused:
        server.patch("Study", started, changing(field))
    message = f"spec.{field} is fixed once the study has started; make another Study to change it"
    assert any(at == f"spec.{field}" and message in said for at, said in causes(refused.value)), (
        refused.value
    )


def test_when_branches_are_closed_may_change_while_a_study_runs(server, started):
    for section in ({"risk": 0.1}, {"keep": [{"parameter": "optimizer", "in": ["sgd"]}]}, None):
        taken = server.patch("Study", started, {"spec": {"sampler": {"closeBranches": section}}})
        assert ("closeBranches" in taken["spec"]["sampler"]) == (section is not None)


@pytest.mark.parametrize("field", OTHER)
def test_what_defines_a_study_can_be_corrected_before_it_starts(server, field):
    name = f"waiting-{field.replace('.', '-').lower()}"
    server.create(good_study(name))
    server.patch("Study", name, status(conditions=[CONDITION]), subresource="status")
    server.patch("Study", name, changing(field))


@pytest.mark.parametrize(
    "change",
    [
        {"trials": {"max": 60, "parallelism": 8, "maxFailed": 9, "retries": 0}},
        {"trials": {"max": 5, "timeLimitSeconds": 60}},
        {"suspend": True},
        {"finalists": {"count": 2, "repeats": 3}},
        {"collector": {"type": "File", "file": {"path": "/espalier/values.jsonl"}}},
        {"template": {"spec": {"containers": [{"name": "trainer", "image": "other"}]}}},
        {"trainerContainer": "trainer"},
        {"pruning": {"paused": True}},
        {"pruning": {"gracePeriodSeconds": 77}},
        {"pruning": {"keepBest": 7}},
        {"pruning": {"paused": False, "gracePeriodSeconds": 0, "keepBest": 0}},
    ],
    ids=lambda change: ", ".join(change),
)
def test_what_does_not_define_a_study_can_change_while_it_runs(server, started, change):
    server.patch("Study", started, {"spec": change})


@pytest.mark.parametrize("change", [{"count": 3}, {"repeats": 6}, None], ids=str)
def test_finalists_are_fixed_once_they_are_chosen(server, change):
    name = next(NAMES)
    study = good_study(name)
    server.create({**study, "spec": {**study["spec"], "finalists": {"count": 2, "repeats": 5}}})
    server.patch("Study", name, status(startTime=NOW), subresource="status")
    server.patch("Study", name, {"spec": {"finalists": {"count": 1}}})
    told = status(finalists=[{"number": 7, "trial": f"{name}-7"}])
    server.patch("Study", name, told, subresource="status")
    with pytest.raises(Refused) as refused:
        server.patch("Study", name, {"spec": {"finalists": change}})
    message = "spec.finalists is fixed once the finalists are chosen; make another Study"
    assert any(at == "spec.finalists" and message in said for at, said in causes(refused.value))


def test_a_study_is_not_called_started_by_writing_its_status_through_the_spec(server):
    body = {**good_study("honest"), **status(startTime=NOW, active=3)}
    assert "status" not in server.create(body, dry_run=True)


@pytest.mark.parametrize(
    "change",
    [
        {"parameters": {"lr": 0.2}},
        {"parameters": {"extra": 1}},
        {"parameters": {"lr": None}},
        {"number": 5},
        {"study": {"name": "other"}},
        {"study": {"uid": "x"}},
    ],
    ids=str,
)
def test_the_spec_of_a_trial_never_changes(server, change):
    name = next(NAMES)
    server.create(trial(name))
    with pytest.raises(Refused) as refused:
        server.patch("Trial", name, {"spec": change})
    assert (
        "spec",
        "Invalid value: the spec of a Trial never changes; make another Trial with the other "
        "parameters",
    ) in [(at, said.replace('"object": ', "")) for at, said in causes(refused.value)]


def test_labels_of_a_trial_can_change(server):
    server.create(trial("labelled"))
    server.patch("Trial", "labelled", {"metadata": {"labels": {"espalier.dev/study": "digits"}}})


@pytest.mark.parametrize("name", ["x" * 64, "a.b"])
def test_a_trial_whose_name_cannot_be_a_label_is_refused(server, name):
    assert any(
        "the name becomes a label: at most 63 characters and no dot" in message
        for _, message in server.refusal(trial(name))
    )


BAD_TRIALS = [
    ({"number": -1}, "spec.number", "should be greater than or equal to 0"),
    ({"number": 1_000_000}, "spec.number", "should be less than or equal to 999999"),
    ({"number": 10**18}, "spec.number", "should be less than or equal to 999999"),
    ({"number": 12_345_678_901_234_567_890}, "spec.number", ""),
    ({"number": "5"}, "spec.number", "must be of type integer"),
    ({"repeat": {"of": 0, "index": 21}}, "spec.repeat.index", "less than or equal to 20"),
    ({"repeat": {"of": 10**7, "index": 1}}, "spec.repeat.of", "less than or equal to 9999999"),
    ({"study": {"name": "Digits"}}, "spec.study.name", "should match"),
    ({"study": {"name": "a/b"}}, "spec.study.name", "should match"),
    ({"study": {"name": "digits\n"}}, "spec.study.name", "should match"),
    ({"study": {"name": ""}}, "spec.study.name", "should match"),
    ({"study": {"name": "x" * 53}}, "spec.study.name", "may not be more than 52"),
    ({"study": {"name": "digits", "uid": "a b"}}, "spec.study.uid", "should match"),
    ({"parameters": {"x": "a\0b"}}, "spec.parameters.x", "should match"),
    ({"parameters": {"x": "a\nb"}}, "spec.parameters.x", "should match"),
    ({"parameters": {"x": "\x1b[31m"}}, "spec.parameters.x", "should match"),
    ({"parameters": {"x": "y" * 257}}, "spec.parameters.x", "may not be more than 256"),
    ({"parameters": {"x": [1]}}, "spec.parameters.x", "must have at most 0 items"),
    ({"parameters": {"x": {"a": 1}}}, "spec.parameters.x", "must have at most 0 items"),
    ({"parameters": {f"x{n}": 1 for n in range(65)}}, "spec.parameters", "at most 64"),
    ({"parameters": "x"}, "spec.parameters", "must be of type object"),
]


@pytest.mark.parametrize(("change", "field", "says"), BAD_TRIALS, ids=str)
def test_a_trial_that_no_study_could_have_is_refused_with_its_field(server, change, field, says):
    refusal = server.refusal(trial("bad", **change))
    assert any(at == field and says in message for at, message in refusal), refusal


def test_nobody_gives_a_trial_a_status_by_creating_it(server):
    body = {**trial("honest"), **full_trial_status()}
    assert "status" not in server.create(body)


# --- status ---------------------------------------------------------------------------------------


def full_trial_status() -> dict:
    """A status with every field at its largest, and messages as long as a long sentence."""
    text = "m" * 512
    return status(
        observedGeneration=1,
        conditions=[
            {**CONDITION, "type": type_, "reason": "R" * 63, "message": text}
            for type_ in ("Started", "Finished")
        ],
        phase="Pruned",
        number=2**31 - 1,
        attempt=100,
        parameters="p" * 128,
        rank="999999/999999",
        exempt=True,
        protected=True,
        trialSeconds=1e12,
        trialSecondsSaved=1e12,
        step=2**53 - 1,
        latest=-1.2345678901234567e-300,
        best=1.2345678901234567e300,
        decision={
            "action": "Prune",
            "reason": "R" * 63,
            "message": text,
            "step": 2**53 - 1,
            "rung": 10,
            "bracket": 3,
            "pruner": "p" * 63,
            "evidence": {f"evidence-{i}": 1.2345678901234567e-300 for i in range(16)},
        },
        startTime=NOW,
        completionTime=NOW,
        gpuSeconds=1e12,
        gpuSecondsSaved=1e12,
        reason="R" * 63,
    )


def test_a_trial_with_everything_in_it_stays_under_ten_kilobytes(server):
    parameters = {f"parameter_{i:02}": -1.2345678901234567e-100 for i in range(64)}
    server.create(trial("full", parameters=parameters))
    written = server.patch("Trial", "full", full_trial_status(), subresource="status")
    for field, value in full_trial_status()["status"].items():
        assert written["status"][field] == value
    assert len(json.dumps(written)) < 10_000


def test_a_condition_of_a_type_is_there_once(server):
    server.create(good_study("conditions"))
    with pytest.raises(Refused) as refused:
        server.patch("Study", "conditions", status(conditions=[CONDITION] * 2), "status")
    assert "Duplicate value" in str(refused.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "m" * 1025},
        {"reason": "not a word"},
        {"reason": ""},
        {"status": "Maybe"},
        {"lastTransitionTime": "yesterday"},
    ],
    ids=str,
)
def test_a_condition_that_the_conventions_forbid_is_refused(server, fields):
    name = next(NAMES)
    server.create(good_study(name))
    with pytest.raises(Refused):
        server.patch("Study", name, status(conditions=[{**CONDITION, **fields}]), "status")


def test_writing_a_status_does_not_count_as_a_change_of_the_spec(server):
    server.create(good_study("generation"))
    after = server.patch("Study", "generation", status(active=2), "status")
    assert after["metadata"]["generation"] == 1
    after = server.patch("Study", "generation", {"spec": {"suspend": True}})
    assert after["metadata"]["generation"] == 2


# --- what kubectl does with them ------------------------------------------------------------------


def test_kubectl_scale_sets_the_parallelism_and_reads_the_active_trials(server):
    server.create(good_study("scaled"))
    selector = "espalier.dev/study=scaled"
    server.patch("Study", "scaled", status(active=3, selector=selector), "status")
    server.kubectl("scale", "study/scaled", "--replicas=8")
    assert server.get("Study", "scaled")["spec"]["trials"]["parallelism"] == 8
    scale = json.loads(server.kubectl("get", "study/scaled", "--subresource=scale", "-o", "json"))
    assert scale["spec"]["replicas"] == 8
    assert scale["status"] == {"replicas": 3, "selector": selector}


def test_trials_are_selected_by_study_and_phase(server):
    for name, phase in (("sel-0", "Running"), ("sel-1", "Pruned")):
        server.create(trial(name, study={"name": "selected"}))
        server.patch("Trial", name, status(phase=phase), "status")
    both = server.kubectl("get", "trials", "--field-selector=spec.study.name=selected", "-o=name")
    assert both.split() == ["trial.espalier.dev/sel-0", "trial.espalier.dev/sel-1"]
    one = server.kubectl(
        "get",
        "trials",
        "--field-selector=spec.study.name=selected,status.phase=Pruned",
        "-o=name",
    )
    assert one.split() == ["trial.espalier.dev/sel-1"]


def test_studies_are_selected_by_pruner_and_suspension(server):
    server.create(changed(lambda spec: spec.update(suspend=True), "suspended"))
    selector = "--field-selector=spec.suspend=true,spec.pruner.type=Median"
    assert "suspended" in server.kubectl("get", "studies", selector, "-o=name")


def test_kubectl_shows_a_study_and_a_trial_in_columns(server):
    server.create(good_study("shown"))
    fields = status(
        state="Running",
        degraded="Unschedulable",
        ended="12/20",
        active=4,
        counts={"completed": 5, "pruned": 6, "failed": 1},
        best={"number": 3, "trial": "shown-3", "value": 0.97},
    )
    server.patch("Study", "shown", fields, "status")
    head, row = server.kubectl("get", "study", "shown").splitlines()
    counts = ["ACTIVE", "COMPLETED", "PRUNED", "FAILED"]
    assert head.split() == ["NAME", "STATE", "DEGRADED", "ENDED", *counts, "BEST", "AGE"]
    assert row.split()[:4] == ["shown", "Running", "Unschedulable", "12/20"]
    assert row.split()[4:-1] == ["4", "5", "6", "1", "0.97"]

    server.create(trial("shown-3", study={"name": "shown"}))
    server.patch("Trial", "shown-3", full_trial_status(), "status")
    head, row = server.kubectl("get", "trial", "shown-3").splitlines()
    columns = ["NAME", "PHASE", "STEP", "VALUE", "BEST SO FAR", "REASON", "AGE"]
    assert re.split(r"\s{2,}", head.strip()) == columns
    assert row.split()[1] == "Pruned"
    told = full_trial_status()["status"]
    wide = columns_of(server.kubectl("get", "trial", "shown-3", "-o", "wide"))
    assert list(wide)[len(columns) - 1 :] == [
        *("RANK", "PARAMETERS", "EXEMPT", "PROTECTED", "STUDY", "TRIAL-S USED", "TRIAL-S SAVED"),
        *("ATTEMPT", "DECISION", "AGE"),
    ]
    assert (wide["RANK"], wide["PARAMETERS"]) == (told["rank"], told["parameters"])
    assert (wide["EXEMPT"], wide["STUDY"]) == ("true", "shown")


def columns_of(table: str) -> dict[str, str]:
    """Return the cells of a table's only row by their headings; none may be empty."""
    head, row = table.splitlines()
    starts = [found.start() for found in re.finditer(r"(?<!\S)(?:\S+ ?)*\S", head)]
    ends = [*starts[1:], None]
    return {
        head[start:end].strip(): row[start:end].strip()
        for start, end in zip(starts, ends, strict=True)
    }


def test_the_category_lists_both_kinds(server):
    server.create(good_study("in-category"))
    server.create(trial("in-category-0"))
    listed = server.kubectl("get", "espalier", "-o=name").split()
    assert {"study.espalier.dev/in-category", "trial.espalier.dev/in-category-0"} <= set(listed)


def test_kubectl_explains_a_field(server):
    explained = server.kubectl("explain", "study.spec.parameters.when.parameter")
    assert "comes before this one" in " ".join(explained.split())


def test_an_unknown_field_is_named_by_kubectl_and_pruned_by_the_api_server(server):
    odd = changed(lambda spec: spec.update(prunning={}), "odd")
    said = server.kubectl("apply", "-f", "-", stdin=json.dumps(odd), check=False)
    assert 'unknown field "spec.prunning"' in said
    assert "prunning" not in server.create(odd)["spec"]


@pytest.mark.parametrize("place", SHOWN)
def test_what_the_documentation_shows_is_applied_and_applied_again(server, place):
    shown = copy.deepcopy(SHOWN[place])
    kind, name = shown["kind"], f"documented-{list(SHOWN).index(place)}"
    shown["metadata"].pop("namespace", None)
    shown["metadata"]["name"] = name
    text = yaml.safe_dump(shown)
    assert "created" in server.kubectl("apply", "-f", "-", stdin=text)
    first = server.get(kind, name)
    server.kubectl("apply", "-f", "-", stdin=text)
    assert server.get(kind, name) == first


def test_parameters_merge_by_name_under_server_side_apply(server):
    study = good_study("merged")
    text = json.dumps(study)
    server.kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", stdin=text)
    other = copy.deepcopy(study)
    other["spec"] = {"parameters": [{"name": "extra", "int": {"min": 1, "max": 2}}]}
    text = json.dumps(other)
    server.kubectl("apply", "--server-side", "--field-manager=two", "-f", "-", stdin=text)
    names = [each["name"] for each in server.get("Study", "merged")["spec"]["parameters"]]
    assert names == ["lr", "optimizer", "momentum", "layers", "extra"]
