"""A rule says the same in CEL and in Python, whatever Study it looks at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from espalier.api.checks.rules import check_rules, ruled
from espalier.api.plain_pruner import LEAVES
from espalier.api.pruner import PrunerSpec
from espalier.api.pruner_rules import EachPruner
from espalier.api.study import Study
from espalier.api.trial import TrialSpec
from espalier.declared.rule import AnyRule
from espalier.errors import SpecError
from tests.api.studies import BAD, changed, good_study

Plain = dict[str, Any]
TWO_VARIABLES = "exists(j, q, "
"""Macros of two variables are the API server's own: tests/integration/test_crd_rules.py runs the
rule that has one."""


def plain(study: Plain) -> Plain | None:
    """A Study as its rules see it: read, with its defaults; None if the schema refuses it."""
    try:
        read = Study.model_validate_json(json.dumps(study), strict=True)
    except ValidationError:
        return None
    return read.model_dump(mode="json", by_alias=True, exclude_none=True)


BY_THE_LIST = ("two parameters of one name", "a parameter mapped twice")
"""What the API server sees by the kind of list that it is, without a rule."""
SEEN = {name: seen for name, bad in BAD.items() if (seen := plain(changed(bad.change)))}


def rules_of(value: Plain) -> Iterator[tuple[AnyRule, Any]]:
    study = Study.model_validate_json(json.dumps(value), strict=True)
    for _, part, there in ruled(study, value, ""):
        for rule in part.rules:
            yield rule, there


def said_in_cel(rule: AnyRule, value: Any, old: Any = None) -> bool:
    return bool(cel.evaluate(rule.condition.cel(), {"self": value, "oldSelf": old}))


def about_changes(rule: AnyRule) -> bool:
    return "oldSelf" in rule.condition.cel()


def assert_both_say_the_same(value: Plain) -> int:
    broken = 0
    for rule, there in rules_of(value):
        if about_changes(rule):
            continue
        holds = rule.holds(there)
        said = list(rule.breaches(there))
        # The operator looks at combined pruners and shadows too.
        assert holds == (not said) or (holds and isinstance(rule, EachPruner))
        if TWO_VARIABLES not in rule.condition.cel():
            assert said_in_cel(rule, there) == holds, rule.condition.cel()
        broken += not holds
    return broken


@pytest.mark.parametrize("fault", SEEN)
def test_a_rule_says_the_same_of_every_bad_study_that_there_is(fault: str) -> None:
    broken = assert_both_say_the_same(SEEN[fault])
    assert (broken > 0) == (BAD[fault].server is not None and fault not in BY_THE_LIST)


def test_a_good_study_breaks_no_rule() -> None:
    value = plain(good_study())
    assert value is not None
    assert assert_both_say_the_same(value) == 0


def test_one_rule_alone_is_left_to_the_api_server() -> None:
    value = plain(good_study())
    assert value is not None
    left = [rule for rule, _ in rules_of(value) if TWO_VARIABLES in rule.condition.cel()]
    assert [rule.message.partition(";")[0] for rule in left] == [
        "when must name a parameter that comes before"
    ]


GIVEN = {"Patient": {"patience": 1}, "Percentile": {"percentile": 50}, "Plugin": {"name": "Mine"}}
STEPS = st.dictionaries(
    st.sampled_from(["warmupSteps", "minResource", "bootstrapCount", "minTrials", "lower"]),
    st.integers(1, 99),
    max_size=3,
)


@st.composite
def pruners(draw: st.DrawFn) -> Plain:
    """A type, and some sections, fitting or not."""
    chosen = draw(st.sampled_from([choice.type for choice in LEAVES]))
    part: Plain = {"type": chosen}
    for choice in draw(st.lists(st.sampled_from(LEAVES), max_size=3)):
        known = {field.alias for field in choice.settings.model_fields.values()}
        some = {name: value for name, value in draw(STEPS).items() if name in known}
        if "goal" in known:
            some["goal"] = draw(st.sampled_from(["KeepWinner", "TimeToTarget"]))
        part[choice.section] = {**GIVEN.get(choice.type, {}), **some}
    return part


@given(pruner=pruners(), shadow=pruners(), target=st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_rule_says_the_same_of_any_pruner(pruner: Plain, shadow: Plain, target: bool) -> None:
    def change(spec: Plain) -> None:
        spec.update(pruner=pruner, pruning={"shadows": [{**shadow, "name": "s"}]})
        if not target:
            del spec["objective"]["target"]

    value = plain(changed(change))
    if value is not None:
        assert_both_say_the_same(value)


STARTED = {**good_study(), "status": {"startTime": "2026-01-01T00:00:00Z"}}


@pytest.mark.parametrize("old", [good_study(), STARTED], ids=["waiting", "started"])
@pytest.mark.parametrize("fault", SEEN)
def test_a_rule_about_changes_says_the_same(fault: str, old: Plain) -> None:
    before = plain(old)
    for rule in filter(about_changes, Study.rules):
        holds = rule.holds(SEEN[fault], before)
        assert said_in_cel(rule, SEEN[fault], before) == holds
        assert holds or old is STARTED


def test_the_spec_of_a_trial_never_changes_in_both() -> None:
    (rule,) = TrialSpec.rules
    for new, old in (({"a": 1}, {"a": 1}), ({"a": 1}, {"a": 2})):
        assert said_in_cel(rule, new, old) == rule.holds(new, old) == (new == old)


def test_a_combined_pruner_and_a_shadow_are_looked_at_by_the_operator() -> None:
    pruner = {"type": "Any", "any": [{"type": "Nop"}, {"type": "Bandit", "median": {}}]}
    with pytest.raises(SpecError) as caught:
        check_rules(PrunerSpec.model_validate(pruner), "spec.pruner")
    assert caught.value.field == "spec.pruner.any[1].median"
