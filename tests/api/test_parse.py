"""A bad Study is refused with the field, what was expected, what came and the remedy."""

import copy
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.api import check_values, parse_study, parse_trial, space_of
from espalier.api.judging import JudgeSettings, judge_of, settings_of
from espalier.errors import SpecError
from espalier.pruning import Direction
from espalier.search import NO_HISTORY
from tests.api.studies import BAD, changed, good_study


@pytest.mark.parametrize("fault", BAD)
def test_a_fault_is_named_with_its_field_and_the_remedy(fault):
    field, says = BAD[fault].operator
    with pytest.raises(SpecError) as caught:
        parse_study(changed(BAD[fault].change))
    assert caught.value.field == field
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"{field}: expected ")
    assert "; " in str(caught.value)


def test_a_good_study_is_read_with_its_defaults():
    study = parse_study(good_study())
    assert study.spec.objective.direction is Direction.MAXIMIZE
    assert study.spec.parameters[2].when.in_ == ("sgd",)
    assert study.spec.trials.time_limit_seconds is None
    assert study.spec.suspend is False


def test_a_study_of_the_required_fields_alone_has_good_defaults():
    small = changed(
        lambda spec: [spec.pop(field) for field in ("sampler", "pruner", "pruning", "collector")]
    )
    small["spec"]["trials"] = {"max": 10}
    spec = parse_study(small).spec
    assert (spec.sampler.type, spec.sampler.seed) == ("Random", 0)
    assert spec.pruner.type == "Auto"
    assert spec.pruning.grace_period_seconds == 10
    assert (spec.trials.parallelism, spec.trials.max_failed, spec.trials.retries) == (1, 5, 1)
    assert [each.type for each in spec.sources] == ["Auto"]


@pytest.mark.parametrize("name", ["x" * 53, "a.b"])
def test_a_study_whose_name_leaves_no_room_for_its_trials_is_refused(name):
    with pytest.raises(SpecError, match="choose another name") as caught:
        parse_study(good_study(name))
    assert caught.value.field == "metadata.name"


def test_a_status_of_another_version_of_the_operator_is_read():
    study = good_study()
    study["status"] = {"conditions": [], "somethingNew": {"x": 1}}
    assert parse_study(study).status.conditions == ()


def test_a_value_that_json_cannot_hold_is_refused():
    with pytest.raises(SpecError, match="JSON"):
        parse_study(changed(lambda spec: spec["objective"].update(target=float("nan"))))


PYDANTICS = re.compile(
    r"validation error|input should|valid (dictionary|string|integer|list|tuple|boolean)|pydantic"
    r"|\[type=|instance of|unable to parse|after validation|extra inputs",
    re.IGNORECASE,
)


def assert_our_own_words(error: SpecError) -> None:
    """Field, what was expected, what came, what to do; none of it in a library's words."""
    said = str(error)
    assert re.match(r"([^\s:]+: )?expected ", said)
    assert ", got " in said or "; " in said
    assert "expected another value" not in said, "a kind of error that validation.py does not know"
    assert not PYDANTICS.search(said.split(", got ")[0])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "spec", "min", "max", "values", "in", "type", "x"]),
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


PATHS = [path for path in paths(good_study()) if path]


@given(path=st.sampled_from(PATHS), junk=JSON)
@settings(max_examples=400, deadline=None)
def test_whatever_stands_in_a_field_it_is_read_or_refused_as_a_fault_of_the_spec(path, junk):
    study = copy.deepcopy(good_study())
    node = study
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    try:
        spec = parse_study(study).spec
    except SpecError as error:
        assert_our_own_words(error)
        return
    space, sampler = space_of(spec.parameters), spec.sampler.sampler()
    drawn = sampler.propose(space, NO_HISTORY, spec.sampler.seed, 0)
    assert check_values(space, json.loads(json.dumps(drawn))) == drawn


def trial(**spec):
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Trial",
        "metadata": {"name": "my-idea"},
        "spec": {"study": {"name": "digits"}, **spec},
    }


def test_a_trial_made_by_hand_is_read():
    read = parse_trial(trial(parameters={"lr": 1, "optimizer": "adam", "layers": 2}))
    assert read.spec.number is None
    space = space_of(parse_study(good_study()).spec.parameters)
    values = check_values(space, read.spec.parameters)
    assert values == {"lr": 1.0, "optimizer": "adam", "layers": 2}
    assert isinstance(values["lr"], float)


@pytest.mark.parametrize(
    ("parameters", "field", "says"),
    [
        pytest.param({"optimizer": "adam", "layers": 2}, "lr", "got nothing", id="one is missing"),
        pytest.param(
            {"lr": 2, "optimizer": "adam", "layers": 2},
            "lr",
            "from 0.0001 to 1.0 on a log scale, got 2",
            id="one is out of range",
        ),
        pytest.param(
            {"lr": 0.1, "optimizer": "adam", "layers": 2, "momentum": 0.5},
            "momentum",
            "only where optimizer is sgd, got 0.5; remove it",
            id="one does not take part",
        ),
        pytest.param(
            {"lr": 0.1, "optimizer": "adam", "layers": 2, "depth": 3},
            "depth",
            "(lr, optimizer, momentum, layers)",
            id="one is unknown",
        ),
        pytest.param(
            {"lr": 0.1, "optimizer": "adam", "layers": 2.5}, "layers", "got 2.5", id="half a layer"
        ),
        pytest.param(
            {"lr": True, "optimizer": "adam", "layers": 2}, "lr", "got True", id="a boolean"
        ),
    ],
)
def test_a_configuration_made_by_hand_that_is_not_in_the_space_is_refused(parameters, field, says):
    space = space_of(parse_study(good_study()).spec.parameters)
    with pytest.raises(SpecError) as caught:
        check_values(space, parameters)
    assert caught.value.field == f"spec.parameters.{field}"
    assert says in str(caught.value)


SPACE = space_of(parse_study(good_study()).spec.parameters)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
)


@given(
    st.dictionaries(
        st.sampled_from(["lr", "optimizer", "layers", "momentum"]) | st.text(max_size=5), ANYTHING
    )
)
@settings(max_examples=300)
def test_a_configuration_of_any_shape_is_one_of_the_space_or_a_fault_of_the_trial(values):
    try:
        chosen = check_values(SPACE, values)
    except SpecError as error:
        field = error.field
    else:
        field = "spec.parameters"
        assert set(chosen) == set(values)
    assert field.startswith("spec.parameters")


@pytest.mark.parametrize("name", ["x=y", "", "a b", "lr\n", "-", "x" * 5000])
def test_a_name_that_no_parameter_can_have_is_named_in_short(name):
    with pytest.raises(SpecError, match=r"expected one of the study's parameters") as refused:
        check_values(SPACE, {"lr": 0.1, "optimizer": "adam", "layers": 2, name: 1})
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"number": -1}, "spec.number"),
        ({"number": 1_000_000}, "spec.number"),
        ({"number": 10**19}, "spec.number"),
        ({"number": "5"}, "spec.number"),
        ({"study": {"name": "Digits"}}, "spec.study.name"),
        ({"study": {"name": "a/b"}}, "spec.study.name"),
        ({"study": {"name": ""}}, "spec.study.name"),
        ({"study": {"name": "digits", "uid": "a b"}}, "spec.study.uid"),
        ({"parameters": {"x=y": 1}}, "spec.parameters.x=y.[key]"),
        ({"parameters": {"x": "a\0b"}}, "spec.parameters.x"),
        ({"parameters": {"x": "a\nb"}}, "spec.parameters.x"),
        ({"parameters": {"x": "y" * 257}}, "spec.parameters.x"),
        ({"parameters": {"x": None}}, "spec.parameters.x"),
        ({"parameters": {"x": {}}}, "spec.parameters.x"),
        ({"parameters": {f"x{number}": 1 for number in range(65)}}, "spec.parameters"),
    ],
    ids=str,
)
def test_a_trial_that_no_study_could_have_is_refused(change, field):
    with pytest.raises(SpecError) as refused:
        parse_trial(trial(**{"parameters": {"lr": 1}, **change}))
    assert refused.value.field == field


@pytest.mark.parametrize("scale", ["Linear", "Log"])
def test_a_grid_of_more_points_than_a_narrow_range_has_numbers_is_refused(scale):
    def change(spec):
        narrow = {"min": 1.0, "max": 1.0 + 5e-15, "scale": scale}
        spec["parameters"] = [{"name": "x", "float": narrow}]
        spec["sampler"] = {"type": "Grid", "grid": {"points": 100}}

    with pytest.raises(SpecError, match="no more different numbers between 1") as caught:
        parse_study(changed(change))
    assert caught.value.field == "spec.sampler.grid.points"


@pytest.mark.parametrize(
    ("path", "wrote", "meant"),
    [
        (("pruner", "type"), "ASHA", "SuccessiveHalving"),
        (("pruner", "type"), "median", "Median"),
        (("pruner", "type"), "median-stop", "Median"),
        (("pruner", "type"), "none", "Nop"),
        (("pruner", "type"), "succesive_halving", "SuccessiveHalving"),
        (("objective", "direction"), "minimize", "Minimize"),
        (("objective", "direction"), "max", "Maximize"),
        (("sampler", "type"), "GRID", "Grid"),
        (("sampler", "type"), "random_search", "Random"),
    ],
)
def test_a_value_as_other_tools_call_it_is_refused_with_ours(path, wrote, meant):
    def change(spec):
        spec.setdefault(path[0], {})[path[1]] = wrote

    with pytest.raises(SpecError, match=rf"did you mean {meant}\?") as caught:
        parse_study(changed(change))
    assert_our_own_words(caught.value)


def test_what_has_no_like_here_is_refused_with_the_list_alone():
    with pytest.raises(SpecError, match=r"one of .*'Plugin', got \"DEHB\"; correct the value"):
        parse_study(changed(lambda spec: spec.update(sampler={"type": "DEHB"})))


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("pruner", {"type": "Median", "median": {"warmUp": 3}}, "settings.pruner.median.warmUp"),
        ("pruner", 5, "settings.pruner"),
        ("pruning", {"keepBest": "many"}, "settings.pruning.keepBest"),
        ("direction", "Sideways", "settings.direction"),
        ("horizon", "long", "settings.horizon"),
        ("seed", None, "settings.seed"),
        ("trials", 1.5, "settings.trials"),
        ("target", "high", "settings.target"),
    ],
)
def test_stored_settings_that_are_none_are_named_in_our_words(key, value, field):
    good = settings_of(parse_study(good_study())).to_dict()
    judge_of(JudgeSettings.from_dict(good, "uid"))
    with pytest.raises(SpecError) as caught:
        judge_of(JudgeSettings.from_dict(good | {key: value}, "uid"))
    assert caught.value.field == field
    assert_our_own_words(caught.value)
    without = {name: each for name, each in good.items() if name != key}
    with pytest.raises(SpecError, match="got nothing"):
        judge_of(JudgeSettings.from_dict(without, "uid"))
