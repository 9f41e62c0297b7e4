"""No configuration is run twice, whatever the sampler proposes, as long as there is another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    Value,
    finite_size,
    key_of,
    propose_untried,
)
from espalier.search.contract import check_legal
from espalier.search.proposal import ENQUEUED, NONE_LEFT, UNTRIED
from espalier.search.untried import REDRAWS
from tests.search.spaces import choices, float_ranges, int_ranges, spaces

CONTINUUM = Space((Parameter("x", FloatRange(0.0, 1.0)),))
FEW = Space((Parameter("a", IntRange(1, 3)), Parameter("b", Choice((True, "1", 1)))))
outcomes = st.sampled_from(Outcome)


@dataclass(frozen=True, kw_only=True)
class Stubborn(Sampler):
    """Proposes the same again and again."""

    name: ClassVar[str] = "Stubborn"

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return the first trial's."""
        return Random().propose(space, (), 0, 0)


def past(number: int, parameters: dict[str, Value], outcome: Outcome) -> PastTrial:
    return PastTrial(number, parameters, outcome)


def search_all(sampler: Sampler, space: Space, history: list[PastTrial]) -> list[Proposal]:
    """Propose until nothing is left."""
    found = []
    for number in range(1000):
        proposal = propose_untried(sampler, space, history, 5, number)
        found.append(proposal)
        if proposal.parameters is None:
            return found
        check_legal(space, dict(proposal.parameters))
        history = [*history, past(number, dict(proposal.parameters), Outcome.RUNNING)]
    raise AssertionError("there is no end to it")


@pytest.mark.parametrize("sampler", [Random(), Grid(), Stubborn()])
def test_a_finite_space_is_tried_once_and_then_nothing_is_left(sampler: Sampler) -> None:
    *found, last = search_all(sampler, FEW, [])
    assert last.source == NONE_LEFT
    assert len({key_of(each.parameters or {}) for each in found}) == len(found) == finite_size(FEW)
    assert not any(each.repeats for each in found)


@pytest.mark.parametrize("sampler", [Random(), Grid(), Stubborn()])
@given(data=st.data())
def test_what_others_have_tried_is_passed_over(sampler: Sampler, data: st.DataObject) -> None:
    taken = data.draw(st.sets(st.integers(0, 8)))
    history = [
        past(10**6 + point, Grid().propose(FEW, (), 0, point), data.draw(outcomes))
        for point in sorted(taken)
    ]
    known = {key_of(each.parameters) for each in history if each.outcome is not Outcome.LOST}
    *found, last = search_all(sampler, FEW, history)
    assert last.parameters is None
    assert {key_of(each.parameters or {}) for each in found}.isdisjoint(known)
    assert len(found) == 9 - len(known)


def test_a_grid_over_a_continuum_never_leaves_its_points() -> None:
    sampler, space = Grid(points=4), CONTINUUM
    first = sampler.propose(space, (), 5, 2)
    *found, last = search_all(sampler, space, [past(10**6, first, Outcome.COMPLETED)])
    tried = [key_of(each.parameters or {}) for each in found]
    points = {key_of(sampler.propose(space, (), 5, point)) for point in range(4)}
    assert set(tried) == points - {key_of(first)}
    assert len(tried) == 3
    assert last == Proposal(None, NONE_LEFT)


def test_a_stubborn_sampler_is_asked_so_often_and_then_something_else_is_taken() -> None:
    first = Stubborn().propose(CONTINUUM, (), 0, 0)
    proposal = propose_untried(Stubborn(), CONTINUUM, [past(0, first, Outcome.PRUNED)], 5, 1)
    assert proposal.source == Random.name
    assert proposal.redrawn == REDRAWS + 1
    assert not proposal.repeats
    small = propose_untried(
        Stubborn(),
        FEW,
        [past(0, Stubborn().propose(FEW, (), 0, 0), Outcome.FAILED)],
        5,
        1,
    )
    assert (small.source, small.redrawn) == (UNTRIED, REDRAWS + 1)


def test_where_nothing_else_is_found_it_is_said_that_it_repeats() -> None:
    # Two neighbouring numbers are no finite space, and there is nothing else between them.
    space = Space((Parameter("x", FloatRange(1.0, 1.0000000000000002)),))
    history = [past(n, {"x": x}, Outcome.RUNNING) for n, x in enumerate((1.0, 1.0000000000000002))]
    proposal = propose_untried(Random(), space, history, 5, 2)
    assert proposal.repeats
    assert proposal.redrawn == 2 * REDRAWS


@given(spaces(float_ranges() | int_ranges() | choices), st.integers(0, 50), st.data())
def test_what_is_enqueued_comes_first_in_its_order_and_once(
    space: Space, seed: int, data: st.DataObject
) -> None:
    listed = [
        Random().propose(space, (), seed, number)
        for number in data.draw(st.lists(st.integers(0, 5), max_size=4))
    ]
    history: list[PastTrial] = []
    sources = []
    for number in range(6):
        proposal = propose_untried(Random(), space, history, seed + 1, number, listed)
        if proposal.parameters is None:
            break
        sources.append(proposal.source)
        history.append(past(number, dict(proposal.parameters), Outcome.COMPLETED))
    different = list(dict.fromkeys(key_of(each) for each in listed))
    assert [key_of(each.parameters) for each in history[: len(different)]] == different
    assert sources.count(ENQUEUED) == len(different)


@pytest.mark.parametrize("sampler", [Random(), Grid()])
def test_no_trial_has_a_negative_number(sampler: Sampler) -> None:
    with pytest.raises(IndexError):
        propose_untried(sampler, FEW, (), 5, -1)
