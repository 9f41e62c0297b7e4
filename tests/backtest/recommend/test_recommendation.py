"""Laws of the recommendation, and what it says of studies whose answer is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.backtest.candidate import Candidate
from espalier.backtest.curves import Curves
from espalier.backtest.measure import Measured, Setting
from espalier.backtest.recommend.choice import choose, follow
from espalier.backtest.recommend.outcomes import Aim, CandidateResult
from espalier.backtest.recommend.pools import BEST_LEFT_OUT, HALVINGS, POOLS, pools, winners
from espalier.backtest.recommend.recommendation import Advice, recommend
from espalier.backtest.recommend.records import RecordedStudy
from espalier.errors import UsageError
from espalier.pruning import Direction
from tests.backtest.recommend.recorded_studies import late, smooth

FREE = {"exemptPercent": 0, "keepBest": 0, "breaker": {"sharePercent": 0}}
AUTO = Candidate("Auto", {"type": "Auto"})
NOP = Candidate("Nop", {"type": "Nop"})
MEDIAN = Candidate("Median", {"type": "Median"}, FREE)
EVERYTHING = Candidate("everything", {"type": "Threshold", "threshold": {"upper": -1}}, FREE)
"""Prunes every trial at its first value, the winner too."""
SETTING = Setting(workers=3, trials=50, orders=POOLS)


def study(curves: Curves) -> RecordedStudy:
    return RecordedStudy(curves)


# -- laws ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [smooth, late])
def test_what_loses_everything_is_never_recommended_where_few_may_be_lost(make):
    found = recommend([study(make())], [AUTO, EVERYTHING], Aim(0.05), SETTING)
    bold = found.outcomes[1]
    assert bold.lost.mean == 1.0
    assert max(bold.by_unit("saved")) > 0.5
    assert found.choice is found.recommended is found.default


def test_the_order_of_the_studies_does_not_matter():
    studies = [study(smooth("b")), study(late("a")), study(smooth("c", trials=30, seed=3))]
    one = recommend(studies, [AUTO, MEDIAN], Aim(0.05), SETTING)
    two = recommend(studies[::-1], [AUTO, MEDIAN], Aim(0.05), SETTING)
    assert one.to_dict() == two.to_dict()


def test_the_same_seed_gives_the_same_answer_and_another_one_other_lists():
    given = [study(smooth())], [AUTO, MEDIAN], Aim(0.05)
    assert recommend(*given, SETTING).to_dict() == recommend(*given, SETTING).to_dict()
    other = recommend(*given, replace(SETTING, seed=1))
    assert other.default.winners != recommend(*given, SETTING).default.winners


def test_the_direction_of_the_metric_does_not_matter():
    curves = smooth()
    turned = Curves(curves.name, Direction.MINIMIZE, -curves.values, curves.seconds)
    one, two = (
        recommend([study(each)], [AUTO, MEDIAN], Aim(0.05), SETTING).to_dict()
        for each in (curves, turned)
    )
    assert one == two


units = st.lists(
    st.tuples(st.floats(0.0, 1.0), st.sampled_from([0.0, 1.0])), min_size=2, max_size=4
)


def outcome(
    label: str, measured: list[list[tuple[float, float]]], kind: str = "Median"
) -> CandidateResult:
    return CandidateResult(
        Candidate(label, {"type": kind}),
        tuple(tuple(Measured(saved, lost, lost) for saved, lost in unit) for unit in measured),
        tuple(tuple((str(j), i) for i in range(len(unit))) for j, unit in enumerate(measured)),
        False,
    )


@given(st.lists(st.lists(units, min_size=3, max_size=3), min_size=1, max_size=5), st.data())
def test_what_is_chosen_is_accepted_or_the_default(measured, data):
    size = min(len(unit) for each in measured for unit in each)
    outcomes = [outcome(str(i), [unit[:size] for unit in each]) for i, each in enumerate(measured)]
    aim = Aim(data.draw(st.floats(0.0, 0.9)))
    chosen = outcomes[choose(outcomes, aim)]
    accepted = [each for each in outcomes if aim.accepts(each.lost.mean)]
    assert chosen in accepted if accepted else chosen is outcomes[0]
    shown = [each for each in outcomes if aim.accepts(each.lost.high)]
    for other in shown or accepted:
        assert sum(other.scores(aim)) <= sum(chosen.scores(aim)) + 1e-9


def test_that_nop_loses_none_is_no_reason_not_to_prune_where_estimates_are_accepted():
    lists = 100
    default = outcome("Auto", [[(0.5, float(i < 9)) for i in range(lists)]] * 3)
    careful = outcome("careful", [[(0.4, float(i < 4)) for i in range(lists)]] * 3)
    never = outcome("Nop", [[(0.0, 0.0)] * lists] * 3, "Nop")
    assert never.lost.high <= 0.05 < careful.lost.high
    assert choose([default, careful, never], Aim(0.05)) == 1
    assert choose([default, never], Aim(0.05)) == 1


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=8))
def test_following_a_choice_of_one_gains_nothing(saved):
    alone = outcome("Auto", [[(each, 0.0)] * 2 for each in saved])
    followed = follow([alone], Aim(0.05))
    assert (followed.gain.low, followed.gain.high) == (0.0, 0.0)
    assert followed.chosen == {"Auto": len(saved)}


# -- lists ----------------------------------------------------------------------------------------


@settings(max_examples=20)
@given(st.integers(24, 61), st.integers(0, 5))
def test_two_halves_share_no_trial_and_their_best_are_left_out_by_turns(trials, seed):
    curves = smooth(trials=trials, seed=seed)
    found = pools(curves, replace(SETTING, seed=seed))
    assert len(found) == POOLS == 2 * HALVINGS * BEST_LEFT_OUT
    for start in range(0, POOLS, 2 * BEST_LEFT_OUT):
        one, other = found[start], found[start + BEST_LEFT_OUT]
        assert not set(one.rows) & set(other.rows)
        assert len(one.rows) == len(other.rows) == trials // 2
        for half in (start, start + BEST_LEFT_OUT):
            best_first = sorted(found[half].rows, key=lambda row: -curves.finals[row])
            for left_out in range(BEST_LEFT_OUT):
                assert set(found[half + left_out].rows) == set(best_first[left_out:])


def test_pools_have_orders_of_their_own_in_which_the_winner_comes_anywhere():
    curves = smooth(trials=120)
    one = replace(SETTING, orders=1)
    found = pools(curves, SETTING)
    orders = [one.order(pool.curves, 0) for pool in found]
    assert len({tuple(order) for order in orders}) == POOLS
    places = [
        [pool.rows[place] for place in order].index(pool.winner(one, 0)[1])
        for pool, order in zip(found, orders, strict=True)
    ]
    assert len(set(places)) > POOLS // 2


def test_of_a_long_study_no_more_is_taken_than_lists_need():
    found = pools(smooth(trials=200), replace(SETTING, trials=10))
    assert {len(pool.rows) for pool in found[:BEST_LEFT_OUT]} == {40, 39, 38, 37}
    assert not set(found[0].rows) & set(found[BEST_LEFT_OUT].rows)


def test_each_half_is_won_by_as_many_trials_as_it_has_pools():
    found = pools(smooth(), SETTING)[:BEST_LEFT_OUT]
    won = winners(found, replace(SETTING, orders=1))
    assert len(set(won)) == BEST_LEFT_OUT


def test_trials_that_end_alike_are_one_winner():
    curves = smooth()
    values = curves.values.copy()
    values[:, -1] = np.where(values[:, -1] > 0.5, 1.0, values[:, -1])
    even = Curves("even", curves.direction, values, curves.seconds)
    for pool in pools(even, SETTING)[:BEST_LEFT_OUT]:
        best = [row for row in pool.rows if values[row, -1] == 1.0]
        assert pool.winner(SETTING, 0) == ("even", min(best))


# -- known answers ---------------------------------------------------------------------------------


def test_where_early_ranks_hold_a_bold_pruner_is_recommended():
    found = recommend([study(smooth(trials=120))], [NOP, MEDIAN], Aim(0.05), SETTING)
    assert (found.advice, found.recommended.candidate) == (Advice.TAKE, MEDIAN)
    assert found.following.gain.low > 0.1
    assert found.recommended.lost.mean == 0.0
    assert found.recommended.lost.high > 0.05  # a handful of winners shows no such thing


def test_where_the_best_comes_last_not_pruning_is_recommended_or_the_default_kept():
    found = recommend([study(late(trials=120))], [NOP, MEDIAN], Aim(0.05), SETTING)
    assert found.advice is Advice.KEEP
    assert found.recommended.candidate == NOP


def test_a_default_that_loses_winners_gives_way_to_what_loses_none():
    studies = [study(late(f"late-{number}", trials=60)) for number in range(4)]
    found = recommend(studies, [MEDIAN, NOP], Aim(0.05), SETTING)
    assert found.default.lost.mean > 0.5
    assert (found.advice, found.recommended.candidate) == (Advice.TAKE, NOP)


def test_under_a_budget_the_least_regret_is_chosen_whatever_is_lost():
    found = recommend([study(smooth(trials=120))], [NOP, MEDIAN], Aim(None, 1), SETTING)
    assert found.choice.candidate == MEDIAN
    assert (
        found.to_dict()["candidates"][1]["budgetRegret"]["mean"]
        <= (found.to_dict()["candidates"][0]["budgetRegret"]["mean"])
    )


def test_the_same_rule_under_another_name_cannot_be_told_apart():
    twin = Candidate("twin", {"type": "Median"}, FREE)
    found = recommend([study(smooth(trials=120))], [NOP, MEDIAN, twin], Aim(0.05), SETTING)
    assert found.recommended.candidate == MEDIAN
    assert [each.candidate for each in found.alike] == [twin]


def test_all_figures_are_plain_json():
    found = recommend([study(smooth())], [AUTO, MEDIAN], Aim(0.05), SETTING)
    assert json.loads(json.dumps(found.to_dict()))["advice"] in ("Take", "Keep")


def test_of_no_study_nothing_can_be_said():
    with pytest.raises(UsageError, match="at least one"):
        recommend([], [AUTO], Aim(0.05), SETTING)


def test_one_study_that_says_nothing_is_refused_beside_others_that_do():
    poor = study(smooth("poor", trials=8))
    with pytest.raises(UsageError, match="poor: expected at least 24"):
        recommend([study(smooth()), poor], [AUTO], Aim(0.05), SETTING)
