"""Whatever a sampler proposes, what comes of it is legal, or an error; and random in its place."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.proposing.checked import (
    MOST_BYTES,
    MOST_WORDS,
    is_instead,
    propose_again,
    propose_checked,
    propose_instead,
    versions_of,
    words_of,
)
from espalier.planning.world.study_search import Search
from espalier.search import (
    Choice,
    FloatRange,
    Grid,
    History,
    IntRange,
    Outcome,
    Parameter,
    PastTrial,
    Proposal,
    Random,
    Sampler,
    Space,
    When,
    key_of,
)
from espalier.search.contract import check_legal

SPACE = Space(
    (
        Parameter("x", FloatRange(0.0, 1.0)),
        Parameter("n", IntRange(1, 9, step=2)),
        Parameter("kind", Choice(("a", True, 3))),
        Parameter("only", FloatRange(1.0, 2.0), When("kind", ("a",))),
    )
)
FEW = Space((Parameter("n", IntRange(1, 3)),))
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda each: st.lists(each, max_size=2),
    max_leaves=4,
)
names = st.sampled_from(["x", "n", "kind", "only", "other", ""])
proposals = anything | st.dictionaries(names, anything) | st.dictionaries(st.integers(), anything)


@dataclass(frozen=True, kw_only=True)
class Proposes(Sampler):
    """Proposes what it is made with."""

    what: Any

    name: ClassVar[str] = "Proposes"
    learns: ClassVar[bool] = True

    def propose(self, space: Space, history: History, seed: int, number: int) -> Any:
        """Return it."""
        return self.what


def searching(sampler: Sampler, space: Space = SPACE, **more: Any) -> Search:
    return Search(space, sampler, 5, 9, **more)


@given(proposals)
def test_what_is_taken_is_legal_and_plain_and_all_else_is_an_error(what: Any) -> None:
    found, said = None, ""
    try:
        found = propose_checked(searching(Proposes(what=what)), [], 0)
    except Exception as error:
        said = words_of(error)
    if found is None:
        assert said
        return
    assert found.parameters is not None
    check_legal(SPACE, dict(found.parameters))
    assert json.loads(json.dumps(found.parameters, allow_nan=False)) == found.parameters


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"x": 2.0, "n": 1, "kind": 3}, "got 2.0"),
        ({"x": math.nan, "n": 1, "kind": 3}, "finite"),
        ({"x": 0.5, "n": 2, "kind": 3}, "got 2"),
        ({"x": 0.5, "n": 1, "kind": 1}, "got 1"),
        ({"x": 0.5, "n": 1, "kind": 3, "only": 1.5}, "only where"),
        ({"x": 0.5, "n": 1}, "expected a value"),
        ({"x": 0.5, "n": 1, "kind": 3, "z": 0}, "expected one of the study's parameters"),
    ],
)
def test_it_is_said_what_is_wrong(what: Any, said: str) -> None:
    with pytest.raises(Exception, match=r"spec\.parameters") as found:
        propose_checked(searching(Proposes(what=what)), [], 0)
    assert said in str(found.value)


def test_values_are_taken_in_the_order_and_the_types_of_the_space() -> None:
    found = propose_checked(searching(Proposes(what={"kind": 3, "n": 1.0, "x": 1})), [], 0)
    assert (
        json.dumps(found.parameters) == '{"x": 1, "n": 1, "kind": 3}'
        or json.dumps(found.parameters) == '{"x": 1.0, "n": 1, "kind": 3}'
    )


def test_a_configuration_that_is_too_large_is_refused() -> None:
    huge = "x" * MOST_BYTES
    space = Space((Parameter("kind", Choice((huge, "b"))),))
    with pytest.raises(Exception, match="at most"):
        propose_checked(searching(Proposes(what={"kind": huge}), space), [], 0)


@given(st.integers(0, 100), st.integers(0, 100))
def test_in_place_of_a_failed_sampler_is_drawn_what_random_draws(seed: int, number: int) -> None:
    search = Search(SPACE, Proposes(what=None), seed, 9)
    found = propose_instead(search, [], number)
    assert found.parameters == Random().propose(SPACE, (), seed, number)
    assert found.source == "Random instead of Proposes"
    assert is_instead(found.source)
    assert propose_again(search, [], number, found.source) == found


def test_what_the_study_lists_and_that_nothing_is_left_is_said_whatever_the_sampler_does() -> None:
    search = searching(Proposes(what=None), FEW, enqueued=({"n": 2},))
    past: list[PastTrial] = []
    sources = []
    for number in range(4):
        found = propose_instead(search, past, number)
        sources.append(found.source)
        if found.parameters is not None:
            past.append(PastTrial(number, found.parameters, Outcome.RUNNING))
    assert sources[0] == "Enqueued"
    assert sources[-1] == "NoneLeft"
    assert all(is_instead(each) for each in sources[1:-1])
    assert len({key_of(each.parameters) for each in past}) == 3


def test_a_source_is_as_short_as_the_store_has_it() -> None:
    class Long(Proposes):
        name: ClassVar[str] = "x" * 100

    source = propose_instead(searching(Long(what=None)), [], 0).source
    assert len(source) <= 63
    assert is_instead(source)


def test_words_are_one_line_and_short() -> None:
    assert words_of(ValueError("a\n  b")) == "ValueError: a b"
    assert words_of(KeyboardInterrupt()) == "KeyboardInterrupt"
    assert len(words_of(ValueError("x" * 10**6))) <= MOST_WORDS


def test_versions_are_told_where_the_sampler_has_chosen() -> None:
    class Using(Random):
        libraries: ClassVar[tuple[str, ...]] = ("hypothesis",)

    search = searching(Using())
    assert versions_of(search, Proposal({}, "Random")).startswith("hypothesis ")
    for source in ("Enqueued", "NoneLeft", "Random instead of Using"):
        assert versions_of(search, Proposal({}, source)) == ""
    assert versions_of(searching(Grid()), Proposal({}, "Grid")) == ""
