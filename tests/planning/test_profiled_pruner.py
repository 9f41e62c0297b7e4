"""What a study keeps of a PrunerProfile, and which it refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.api import parse_study
from espalier.api.judging import JudgeSettings, exemption_of, judge_of, settings_of
from espalier.errors import SpecError
from espalier.planning.profiled_pruner import found_in_profile
from espalier.planning.world.pruner_lookup import ProfileLookup, pruner_lookup_of
from espalier.pruning.pruners.nop import Nop
from espalier.pruning.pruners.percentile import Median
from tests.api.studies import changed, good_study
from tests.api.test_rules import pruners

NAMING = {"type": "Profile", "profile": {"name": "strict"}}
MEDIAN = {"type": "Median", "median": {"warmupSteps": 3}}


def study(**other: Any) -> dict[str, Any]:
    return changed(lambda spec: spec.update({"pruner": NAMING, **other}))


def wanted(**other: Any) -> ProfileLookup:
    found = pruner_lookup_of(parse_study(study(**other)).spec)
    assert isinstance(found, ProfileLookup)
    return found


def profile(pruner: Any, **besides: Any) -> dict[str, Any]:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "PrunerProfile",
        "metadata": {"name": "strict", "uid": "u-1", "generation": 3, "resourceVersion": "9"},
        "spec": {"pruner": pruner, **besides},
    }


def acting(kept: JudgeSettings) -> Any:
    return judge_of(kept).pruner_state.pruner


def test_a_study_keeps_the_pruner_and_tells_whose_it_is() -> None:
    found = found_in_profile(wanted(), profile(MEDIAN, provenance={"saved": 0.4, "lost": 0.02}))
    told = {"name": "strict", "uid": "u-1", "generation": 3, "type": "Median"}
    assert found["told"] == {"profile": told}
    kept = replace(settings_of(parse_study(study())), found=found)
    stored = json.loads(json.dumps(kept.to_dict(), allow_nan=False))
    pruner = acting(JudgeSettings.from_dict(stored, "uid"))
    assert isinstance(pruner, Median)
    assert pruner.warmup_steps == 3


def test_until_it_is_found_nothing_prunes() -> None:
    assert isinstance(acting(settings_of(parse_study(study()))), Nop)


def test_what_a_study_found_counts_only_where_it_names_a_profile() -> None:
    found = found_in_profile(wanted(), profile(MEDIAN))
    other = replace(settings_of(parse_study(good_study())), found=found)
    assert acting(other).warmup_steps == 2


def test_the_goal_of_the_profile_says_how_many_are_exempt() -> None:
    """A pruner that spends a budget exempts none, also where it is a profile's."""
    many = {"trials": {"max": 200}, "pruning": {}}
    plain = settings_of(parse_study(study(**many)))
    budget = {"type": "Auto", "auto": {"goal": "BestUnderBudget"}}
    found = found_in_profile(wanted(**many), profile(budget))
    assert any(map(exemption_of(plain), range(200)))
    assert not any(map(exemption_of(replace(plain, found=found)), range(200)))


def test_it_is_looked_for_again_where_what_decides_whether_it_suits_has_changed() -> None:
    asked = {
        wanted().asked,
        wanted(resource={"max": 30}).asked,
        wanted(objective={"metric": "val_accuracy", "direction": "Maximize"}).asked,
        wanted(pruner={"type": "Profile", "profile": {"name": "lax"}}).asked,
    }
    assert len(asked) == 4
    assert wanted(suspend=True).asked == wanted().asked


BAD: dict[str, tuple[Any, str]] = {
    "a rule that never acts in so short a study": (
        {"type": "Median", "median": {"warmupSteps": 27}},
        "spec.pruner.median.warmupSteps: expected less than resource.max (27), or",
    ),
    "one that is combined": (
        {
            "type": "Any",
            "any": [{"type": "Nop"}, {"type": "Median", "median": {"warmupSteps": 99}}],
        },
        "spec.pruner.any[1].median.warmupSteps: expected less than resource.max (27), or",
    ),
    "another profile": (NAMING, "spec.pruner.type: expected one of"),
    "a prior": (
        {"type": "Auto", "auto": {"prior": {"studies": [{"name": "old"}]}}},
        "spec.pruner.auto.prior: expected one of",
    ),
    "settings of another type": ({"type": "Nop", "median": {}}, "remove median"),
    "a type that needs settings": ({"type": "Threshold"}, "add threshold"),
    "no type": ({}, "spec.pruner.type: expected a value, got nothing"),
    "no pruner at all": (None, "spec.pruner: expected"),
    "a text": ("Auto", "spec.pruner: expected an object"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_does_not_suit_is_said_of_the_study(what: str) -> None:
    pruner, message = BAD[what]
    with pytest.raises(SpecError) as caught:
        found_in_profile(wanted(), profile(pruner))
    assert caught.value.field == "spec.pruner.profile.name"
    assert message in str(caught.value)
    assert str(caught.value).endswith("; change the profile, or name another one")


@given(pruner=pruners(), target=st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_profile_suits_a_study_that_could_say_the_same_itself(
    pruner: dict[str, Any], target: bool
) -> None:
    aim: dict[str, Any] = {"metric": "val_accuracy", "direction": "Maximize"}
    aim |= {"target": 0.99} if target else {}
    try:
        own = settings_of(parse_study(study(pruner=pruner, objective=aim)))
    except SpecError:
        with pytest.raises(SpecError):
            found_in_profile(wanted(objective=aim), profile(pruner))
        return
    found = found_in_profile(wanted(objective=aim), profile(pruner))
    named = replace(settings_of(parse_study(study(objective=aim))), found=found)
    assert named.acting == own.acting


def test_a_goal_that_needs_a_target_is_refused_where_the_study_has_none() -> None:
    pruner = {"type": "Auto", "auto": {"goal": "TimeToTarget"}}
    found_in_profile(wanted(), profile(pruner))
    aim = {"metric": "val_accuracy", "direction": "Maximize"}
    with pytest.raises(SpecError, match="expected a target, since the pruner's goal is"):
        found_in_profile(wanted(objective=aim), profile(pruner))


@pytest.mark.parametrize("kept", [[], "Nop", None, 3])
def test_settings_whose_profile_cannot_be_read_are_said(kept: Any) -> None:
    stored = settings_of(parse_study(study())).to_dict()
    with pytest.raises(SpecError, match=r"settings\.found\.pruner: expected an object"):
        JudgeSettings.from_dict({**stored, "found": {"asked": 1, "pruner": kept}}, "uid")
