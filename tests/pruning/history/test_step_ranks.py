"""What peers are ranked by at a step: columns or a tree, both as counting finds it."""

from __future__ import annotations

import math
from array import array
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.pruning import Curve, Direction, Ledger, Match, Peers, Report, Terms, TrialState
from espalier.pruning.history import step_ranks
from espalier.pruning.history.columns import column_of, first_place, place_of
from espalier.pruning.history.ranking import Ranking
from espalier.pruning.history.step_ranks import SCORES_A_VALUE, StepRanks
from espalier.pruning.history.step_tree import LEAVES, SORTED_AT_ONCE, Layers, nodes, window

UP = Direction.MAXIMIZE
KINDS = [(peers, match) for peers in Peers for match in Match]
SCORES = st.sampled_from([0.0, 0.5, 1.0, 1.5, 2.0, math.nan])


@pytest.mark.parametrize("spare", [-(10**9), 5, 10**9], ids=["tree", "both", "columns"])
@pytest.mark.parametrize(("peers", "match"), KINDS)
@settings(max_examples=30, deadline=None)
@given(data=st.data(), window=st.sampled_from([None, 3]), far=st.booleans())
def test_step_ranks_hold_what_counting_finds(
    peers: Peers, match: Match, spare: int, data: st.DataObject, window: int | None, far: bool
) -> None:
    with mock.patch.object(step_ranks, "SCORES_BESIDES", spare):
        ledger = Ledger(Terms(UP, None, window=window))
        made = data.draw(st.integers(0, 20))
        steps = [2040 if far else 0] * 5
        for i in range(data.draw(st.integers(1, 60))):
            trial = data.draw(st.integers(0, 4))
            if data.draw(st.integers(0, 9)) == 0:
                ledger.close(trial, data.draw(st.sampled_from(TrialState)))
                continue
            steps[trial] += data.draw(st.integers(1, 4))
            ledger.append(Report(trial, 1, steps[trial], data.draw(SCORES)))
            curve = ledger.curve(trial)
            if i >= made and curve.state is TrialState.RUNNING:
                column = StepRanks.of(ledger, peers, match).column(curve, -1)
                assert column is not None
                assert said(column) == counted(ledger, peers, match, column_of(curve.last_step))


def said(column: Ranking | Layers) -> tuple[list[float], int]:
    return list(column.scores), column.nans


def counted(ledger: Ledger, peers: Peers, match: Match, step: int) -> tuple[list[float], int]:
    states = {TrialState.COMPLETED}
    if peers is Peers.REACHED:
        states |= {TrialState.RUNNING, TrialState.PRUNED}
    found = [
        score
        for curve in ledger.curves()
        if curve.state in states and not curve.left and curve.last_step >= step
        if (score := at(curve, match, step)) is not None
    ]
    known = [score for score in found if not math.isnan(score)]
    return sorted(known), len(found) - len(known)


def at(curve: Curve, match: Match, step: int) -> float | None:
    return curve.at(step) if match is Match.EXACT else curve.at_or_before(step)


values = st.floats(allow_nan=False) | st.sampled_from([0.0, 1.0])


@settings(max_examples=100, deadline=None)
@given(
    layers=st.lists(st.lists(values, max_size=60), min_size=1, max_size=6),
    copies=st.integers(1, 12),
    data=st.data(),
)
def test_a_window_is_what_sorting_everything_gives(
    layers: list[list[float]], copies: int, data: st.DataObject
) -> None:
    held = [array("d", sorted(layer * copies)) for layer in layers]
    everything = sorted(score for layer in held for score in layer)
    if everything:
        first = data.draw(st.integers(0, len(everything) - 1))
        assert window(held, first, 3) == everything[first : first + 3]


def test_a_window_of_many_scores() -> None:
    rng = np.random.default_rng(3)
    layers = [
        array("d", np.sort(rng.normal(at, width, size))) for at, width, size in
        [(0, 1, 5000), (0, 1, 900), (5, 0.1, 3000), (-1e6, 1e9, 200), (0.5, 0, 4000)]
    ]  # fmt: skip
    everything = sorted(score for layer in layers for score in layer)
    assert len(everything) > 50 * SORTED_AT_ONCE
    for first in range(0, len(everything), 97):
        assert window(layers, first, 3) == everything[first : first + 3]
    column = Layers(layers, 2)
    whole = Ranking(everything)
    for q in (0.0, 0.1, 0.37, 0.5, 1.0):
        for without in (None, everything[0], everything[6000], math.nan):
            assert column.quantile(q, without) == whole.quantile(q, without)


@given(st.integers(0, 3000), st.integers(0, 300))
def test_nodes_cover_each_place_once(start: int, count: int) -> None:
    found = nodes(start, start + count)
    covered = []
    for node in found:
        low, high = node, node + 1
        while low < LEAVES:
            low, high = 2 * low, 2 * high
        covered += range(low - LEAVES, high - LEAVES)
    assert sorted(covered) == list(range(start, start + count))
    assert len(found) <= 2 * max(1, count).bit_length()


@given(st.integers(0, 2**62))
def test_places_number_the_columns_in_order(step: int) -> None:
    assert place_of(step) == place_of(column_of(step)) < LEAVES
    following = step + 1
    assert place_of(following) - place_of(step) == (column_of(following) != column_of(step))
    assert first_place(step) == place_of(step) + (column_of(step) < step)


@pytest.mark.parametrize("most", [1000, 10**6])
def test_steps_of_their_own_outgrow_the_columns(most: int) -> None:
    rng = np.random.default_rng(most)
    ledger = Ledger(Terms(UP))
    ranks = StepRanks.of(ledger, Peers.REACHED, Match.AT_OR_BEFORE)
    for trial in range(100):
        for step in np.sort(rng.choice(most, 20, replace=False)).tolist():
            ledger.append(Report(trial, 1, step, rng.normal()))
    assert ranks.outgrown
    assert len(ranks) == 0


def test_common_steps_do_not_however_far_apart() -> None:
    ledger = Ledger(Terms(UP))
    ranks = StepRanks.of(ledger, Peers.REACHED, Match.AT_OR_BEFORE)
    for trial in range(100):
        for step in range(0, 5000, 100 if trial % 2 else 300):
            ledger.append(Report(trial, 1, step, float(trial)))
    assert not ranks.outgrown
    assert SCORES_A_VALUE * 50 > len(ranks) >= 50
