"""What is kept of a trial's pairs with the leader gives the decisions that all values give."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Direction, Ledger, Report, Terms, TrialState, Wilcoxon
from espalier.pruning.pruners.wilcoxon.signed_rank import SignedRanks

HUGE = 1.7e308
scores = st.sampled_from([0.0, 0.1, 0.1, 0.2, 0.5, -0.5, 1.0]) | st.floats(-1, 1)
strange = st.sampled_from([HUGE, -HUGE, math.nan, math.inf])
said = st.tuples(st.integers(0, 3), st.integers(0, 15), scores | scores | scores | strange)
ended = st.tuples(st.integers(0, 3), st.sampled_from([TrialState.COMPLETED, TrialState.FAILED]))
looks = st.integers(0, 3)
histories = st.lists(said | said | said | said | ended | looks, max_size=120)


def expected(ledger: Ledger, trial: int) -> tuple[str, float | None, int | None]:
    """Return reason, p and number of pairs, out of all values of both trials."""
    curve, leader = ledger.curve(trial), ledger.leader()
    if leader is None:
        return "NoLeader", None, None
    own = dict(zip(*curve.whole(), strict=True))
    best = dict(zip(*leader.whole(), strict=True))
    if not all(map(math.isfinite, [*own.values(), *best.values()])):
        return "NotFinite", None, None
    common = [step for step in own if step in best]
    differences = [own[step] - best[step] for step in common]
    if not all(map(math.isfinite, differences)):
        differences = [own[step] / 2 - best[step] / 2 for step in common]
    if len(common) < 2:
        return "TooFewSteps", None, None
    p = SignedRanks(differences).p_value_less()
    means = [mean(list(each.values())) for each in (own, best)]
    if not p < 0.4:
        return "NotSignificantlyWorse", p, len(common)
    return "BetterOnAverage" if means[1] <= means[0] else "SignificantlyWorse", p, len(common)


def mean(values: list[float]) -> float:
    found = sum(values) / len(values)
    return found if math.isfinite(found) else sum(value / len(values) for value in values)


@given(histories)
def test_a_look_sees_what_all_values_say(
    history: list[tuple[int, int, float] | tuple[int, TrialState] | int],
) -> None:
    ledger, pruner = Ledger(Terms(Direction.MAXIMIZE, 100)), Wilcoxon(p_threshold=0.4)
    for event in history:
        if isinstance(event, int):
            curve = ledger.curve(event)
            if curve.steps and curve.state is TrialState.RUNNING:
                decision = pruner.judge(ledger, event)
                came = decision.evidence
                assert (decision.reason.value, came.get("p"), came.get("pairs")) == expected(
                    ledger, event
                )
        elif len(event) == 2:
            ledger.close(*event)
        else:
            trial, step, value = event
            ledger.append(Report(trial, 1, step, value))


often_huge = st.sampled_from([HUGE, -HUGE, 0.9 * HUGE, 0.5, 0.6, -0.6, 1e300])
leaders = st.lists(often_huge, min_size=15, max_size=20)
own = st.tuples(st.integers(0, 15), often_huge)


@given(leaders, st.lists(own | own | own | leaders, min_size=1, max_size=30))
def test_so_it_does_where_differences_overflow_and_the_leader_changes(
    first: list[float], history: list[tuple[int, float] | list[float]]
) -> None:
    ledger, pruner = Ledger(Terms(Direction.MAXIMIZE, 100)), Wilcoxon(p_threshold=0.4)
    for number, event in enumerate([first, *history], 1):
        if isinstance(event, list):
            for step, value in enumerate(event):
                ledger.append(Report(number, 1, step, value))
            ledger.close(number, TrialState.COMPLETED)
        else:
            ledger.append(Report(0, 1, *event))
            came = pruner.judge(ledger, 0)
            found = (came.reason.value, came.evidence.get("p"), came.evidence.get("pairs"))
            assert found == expected(ledger, 0)
