"""What is declared of settings: bounds in annotations, words in docstrings, names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import pytest
from annotated_types import Ge, Gt, Interval, Le

from espalier.declared.bounds import Count, annotations_of, first_outside, own_fields
from espalier.declared.names import camel, section_of, snake
from espalier.declared.words import first_sentence, meanings, plain, summary

if TYPE_CHECKING:
    from nowhere import Hidden  # type: ignore[import-not-found]


@dataclass
class Base:
    """Has `one_thing`.

    Parameters
    ----------
    one_thing
        So many, counted from
        ``warmup_steps``.
    share
        Some part.
    """

    one_thing: Count = 0
    share: Annotated[float, Interval(ge=0, le=100)] = 0.0


@dataclass
class Derived(Base):
    """Says more. Of the same.

    And goes on.

    Parameters
    ----------
    share
        Another part.
    risk
        What may be lost.
    """

    risk: Annotated[float, Interval(gt=0, le=0.5)] | None = None
    width: Annotated[float, Gt(0), Le(2)] = 1.0


@pytest.mark.parametrize(
    ("settings", "outside"),
    [
        ({}, None),
        ({"one_thing": -1}, ("one_thing", "at least 0")),
        ({"one_thing": 1_000_001}, ("one_thing", "at most 1000000")),
        ({"share": 100.5}, ("share", "between 0 and 100")),
        ({"share": math.nan}, ("share", "between 0 and 100")),
        ({"risk": 0.0}, ("risk", "in (0, 0.5]")),
        ({"risk": 0.5}, None),
        ({"width": 0.0}, ("width", "above 0")),
        ({"width": math.inf}, ("width", "at most 2")),
    ],
)
def test_the_first_setting_that_is_out_of_its_bounds_is_named_with_what_was_expected(
    settings: dict[str, float], outside: tuple[str, str] | None
) -> None:
    assert first_outside(Derived(**settings)) == outside


def test_what_cannot_be_read_has_declared_nothing_and_hides_no_base() -> None:
    @dataclass
    class Plugin(Base):
        hidden: Hidden | None = None

    assert set(annotations_of(Plugin)) == {"one_thing", "share"}
    assert first_outside(Plugin(one_thing=-1)) == ("one_thing", "at least 0")


def test_words_come_from_the_docstrings_and_the_class_has_the_last() -> None:
    assert meanings(Derived) == {
        "one_thing": "So many, counted from `warmupSteps`.",
        "share": "Another part.",
        "risk": "What may be lost.",
    }
    assert summary(Derived) == "Says more. Of the same.\n\nAnd goes on."
    assert first_sentence(Base) == "Has `oneThing`"
    assert plain(meanings(Derived)["one_thing"]) == "So many, counted from warmupSteps."
    assert own_fields(Derived) == ["risk", "width"]


@pytest.mark.parametrize("name", ["warmup_steps", "p_threshold", "points", "min_resource"])
def test_a_name_survives_the_way_to_a_study_and_back(name: str) -> None:
    assert snake(camel(name)) == name


def test_a_section_is_named_after_its_type() -> None:
    assert section_of("SuccessiveHalving") == "successiveHalving"


def test_a_bound_of_one_side_is_no_other() -> None:
    @dataclass
    class One:
        least: Annotated[int, Ge(3)] = 3

    assert first_outside(One(2)) == ("least", "at least 3")
    assert first_outside(One(10**30)) is None
