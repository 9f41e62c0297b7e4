"""All that is wrong is said at once, and what is first is what was said before."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.api.parse import parse_study, study_faults
from espalier.errors import SpecError
from tests.ingest.serving import study_of


def good() -> dict[str, Any]:
    study = study_of().model_dump(mode="json", by_alias=True, exclude_none=True)
    del study["status"]
    return study


SPOILT: dict[str, Any] = {
    "spec.objective.direction": "minimize",
    "spec.resource.max": 0,
    "spec.trials.max": -1,
    "spec.pruner.type": "ASHA",
    "spec.template.spec.restartPolicy": "Always",
    "spec.parameters": [{"name": "lr", "float": {"min": 2.0, "max": 1.0}}],
    "spec.enqueue": [{"no-such": 1}],
    "spec.trails": {"max": 3},
}


def spoilt(paths: list[str]) -> dict[str, Any]:
    study = copy.deepcopy(good())
    for path in paths:
        *above, name = path.split(".")
        part = study
        for each in above:
            part = part.setdefault(each, {})
        part[name] = SPOILT[path]
    return study


def test_of_a_good_study_nothing_is_said() -> None:
    assert study_faults(good()) == []


def test_what_is_wrong_in_different_parts_is_said_together() -> None:
    paths = [each for each in SPOILT if each not in ("spec.enqueue", "spec.parameters")]
    fields = {each.field for each in study_faults(spoilt(paths))}
    assert set(paths) <= fields
    (bounds,) = [
        each.message
        for each in study_faults(spoilt(["spec.resource.max", "spec.parameters"]))
        if each.field.startswith("spec.parameters[0]")
    ]
    assert "max" in bounds


@given(st.lists(st.sampled_from(sorted(SPOILT)), unique=True))
def test_there_are_faults_where_and_only_where_a_study_is_refused(paths: list[str]) -> None:
    study = spoilt(paths)
    faults = study_faults(study)
    assert bool(faults) == bool(paths)
    if not paths:
        parse_study(study)
        return
    with pytest.raises(SpecError) as refused:
        parse_study(study)
    assert str(refused.value) in {str(each) for each in faults}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["spec", "template", "parameters", "metadata", "containers", "x"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_whatever_stands_there_is_answered_in_words(value: Any) -> None:
    study = value if isinstance(value, dict) else {"spec": value}
    assert all(str(each) for each in study_faults(study))
