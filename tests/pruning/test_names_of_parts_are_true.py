"""What the names inside pruning promise, each in the smallest case that shows it."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from espalier.pruning import Curve, Ledger, Nop, Report, Terms, Threshold, TrialState
from espalier.pruning.direction import Direction
from espalier.pruning.history.columns import EXACT_BITS, column_of
from espalier.pruning.history.curve import MOST_AVERAGED
from espalier.pruning.history.dense_rungs import FIRST_RUNG, RUNG_RATIO, rungs_up_to, trials_in_all
from espalier.pruning.history.own_value import WORST, ranked
from espalier.pruning.history.result import beats, result_rank
from espalier.pruning.oversight.exempt import (
    FEWEST_EXEMPT,
    SMALLEST_BLOCK,
    EndedBy,
    Exemption,
    ExemptTrials,
)
from espalier.pruning.pruners.bandit import Bandit
from espalier.pruning.pruners.optional_parts import (
    JudgesOthers,
    NeedsVotes,
    StatesRisk,
    stated_risk,
    votes_needed,
)
from espalier.pruning.pruners.posterior.pruner import Posterior
from tests.pruning.judging import judge_of, say
from tests.pruning.ousting import Ousting

UP = Direction.MAXIMIZE
NAN = math.nan


def completed(number: int, last: float) -> Curve:
    ledger = Ledger(Terms(UP, 10))
    ledger.append(Report(number, 1, 1, last))
    ledger.close(number, TrialState.COMPLETED)
    return ledger.curve(number)


@pytest.mark.parametrize(
    ("curve", "best", "wins"),
    [
        pytest.param(completed(1, 0.5), None, True, id="the first one"),
        pytest.param(completed(1, 0.5), completed(0, 0.4), True, id="a better one"),
        pytest.param(completed(1, 0.5), completed(0, 0.5), False, id="of equals the one before"),
        pytest.param(completed(0, 0.5), completed(1, 0.5), True, id="which is the smaller number"),
        pytest.param(completed(1, NAN), None, False, id="NaN is no result"),
        pytest.param(completed(1, -math.inf), None, True, id="the worst number is one"),
    ],
)
def test_beats(curve: Curve, best: Curve | None, wins: bool) -> None:
    assert beats(curve, best) is wins


def test_the_rank_of_a_result_is_the_larger_the_better() -> None:
    best_first = [(0.9, 3), (0.5, 1), (0.5, 2), (-math.inf, 0)]
    ranks = [result_rank(score, trial) for score, trial in best_first]
    assert sorted(ranks, reverse=True) == ranks
    assert result_rank(NAN, 0) is None


def test_nothing_is_ranked_below_the_worst_and_nan_is_ranked_there() -> None:
    assert ranked(NAN) == WORST
    assert ranked(-1e308) > WORST
    assert ranked(0.5) == 0.5


def test_the_rungs_begin_at_their_share_of_the_horizon_and_grow_by_their_ratio() -> None:
    steps = rungs_up_to(1000)
    assert steps[0] == FIRST_RUNG * 1000
    for lower, upper in pairwise(steps):
        assert upper / lower == pytest.approx(RUNG_RATIO, abs=0.02)
    assert steps[-1] < 1000


@pytest.mark.parametrize(
    ("trials", "known", "in_all"),
    [(None, 7, 14), (30, 7, 30), (5, 7, 7)],
    ids=["unknown: twice those known", "as the study says", "never less than those known"],
)
def test_trials_in_all(trials: int | None, known: int, in_all: int) -> None:
    assert trials_in_all(Ledger(Terms(UP, 10, trials=trials)), known) == in_all


def test_steps_of_so_many_bits_have_columns_of_their_own() -> None:
    last = 1 << EXACT_BITS
    assert [column_of(step) for step in range(last)] == list(range(last))
    assert column_of(last + 1) == last


def test_no_more_reports_than_that_are_averaged() -> None:
    ledger = Ledger(Terms(UP, 100_000))
    for step in range(1, 10_001):
        ledger.append(Report(0, 1, step, float(step)))
    newest = range(10_000 - MOST_AVERAGED + 1, 10_001)
    assert ledger.curve(0).window_mean(10_000) == pytest.approx(sum(newest) / MOST_AVERAGED)


@pytest.mark.parametrize(
    ("trials", "block"),
    [(None, 20), (1000, 20), (30, 30 // FEWEST_EXEMPT), (6, SMALLEST_BLOCK)],
    ids=["unknown", "large", "small: the fewest", "tiny: the smallest block"],
)
def test_one_trial_of_a_block_is_exempt(trials: int | None, block: int) -> None:
    exempt = Exemption(Terms(UP, 10, study_uid="u", trials=trials, edition=1), 5.0)
    assert exempt.block == block
    for first in range(0, 10 * block, block):
        assert sum(map(exempt, range(first, first + block))) == 1


def test_what_would_end_an_exempt_trial_first_is_what_stands() -> None:
    exempt = ExemptTrials()
    exempt.enter(0)
    assert 0 in exempt
    assert not exempt.from_pruner(0)
    exempt.would_end(0, EndedBy.PRUNER)
    exempt.would_end(0, EndedBy.GUARD)
    assert exempt.from_pruner(0)


@pytest.mark.parametrize(
    ("pruner", "part", "has"),
    [
        (Threshold(lower=0.0, patience=3), NeedsVotes, True),
        (Threshold(lower=0.0), StatesRisk, False),
        (Posterior(), StatesRisk, True),
        (Posterior(), JudgesOthers, False),
        (Ousting(), JudgesOthers, True),
        (Ousting(), StatesRisk, False),
    ],
    ids=lambda value: getattr(value, "__name__", getattr(value, "name", str(value))),
)
def test_a_pruner_has_the_optional_parts_that_it_names(pruner, part, has: bool) -> None:
    assert isinstance(pruner, part) is has


def test_votes_and_risk_of_a_pruner_that_says_nothing_of_them() -> None:
    assert (votes_needed(Threshold(lower=0.0, patience=3)), votes_needed(Nop())) == (3, 1)
    assert (stated_risk(Posterior(risk=0.1)), stated_risk(Bandit())) == (0.1, None)


def test_the_state_of_a_pruner_is_its_votes_and_what_it_has_spent() -> None:
    judge = judge_of(Threshold(lower=0.0, patience=2))
    assert say(judge, 0, 1, -1.0).reason.value == "AwaitingPatience"
    assert say(judge, 0, 2, -1.0).prunes
    state = judge.pruner_state
    assert (state.stated, state.spent, state.judges_others) == (None, 0.0, False)
    assert judge_of(Ousting()).pruner_state.judges_others
