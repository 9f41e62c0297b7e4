"""A PrunerProfile is read, or refused with field, what was expected, what came and the remedy."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.api import parse_profile
from espalier.api.profile import MOST_PROFILED_STUDIES
from espalier.errors import SpecError
from tests.api.test_parse import JSON, assert_our_own_words, paths


def good() -> dict[str, Any]:
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "PrunerProfile",
        "metadata": {"name": "strict"},
        "spec": {
            "pruner": {"type": "Any", "any": [{"type": "Median", "median": {"warmupSteps": 2}}]},
            "provenance": {
                "studies": [{"name": "digits", "namespace": "research", "uid": "u", "trials": 60}],
                "command": "espalier recommend digits.jsonl",
                "version": "0.1.0",
                "time": "2026-11-30T11:00:00Z",
                "saved": 0.4,
                "lost": 0.03,
                "note": "Take it.",
            },
        },
    }


PATHS = [path for path in paths(good()) if path]


@given(path=st.sampled_from(PATHS), junk=JSON)
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_a_field_it_is_read_or_refused_as_a_fault(path: Any, junk: Any) -> None:
    made = copy.deepcopy(good())
    node: Any = made
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = junk
    try:
        parse_profile(made)
    except SpecError as error:
        assert_our_own_words(error)


def test_a_pruner_is_all_that_it_needs() -> None:
    made = good()
    del made["spec"]["provenance"]
    made["spec"]["pruner"] = {"type": "Auto"}
    assert parse_profile(made).spec.provenance.studies == ()


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "more studies than a manifest should hold": (
        {"studies": [{"name": "s"}] * (MOST_PROFILED_STUDIES + 1)},
        "spec.provenance.studies",
        f"at most {MOST_PROFILED_STUDIES} items",
    ),
    "a note that is a book": ({"note": "x" * 5000}, "spec.provenance.note", "at most 4096"),
    "more lost than all": ({"lost": 1.5}, "spec.provenance.lost", "less than or equal to 1"),
    "something else": ({"author": "me"}, "spec.provenance.author", "an unknown field"),
}


@pytest.mark.parametrize("what", BAD)
def test_provenance_is_bounded_and_typed(what: str) -> None:
    provenance, field, says = BAD[what]
    made = good()
    made["spec"]["provenance"] = provenance
    with pytest.raises(SpecError, match=says) as caught:
        parse_profile(made)
    assert caught.value.field == field
