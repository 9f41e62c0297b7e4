"""What a judge says of its work is what all curves tell together, at every moment."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Judge, Median, Report, Threshold, TrialState
from espalier.pruning.oversight.exempt import FalsePrunes
from espalier.pruning.oversight.shadow import Shadow
from espalier.pruning.oversight.summary import ShadowSummary
from tests.pruning.histories import Said, Shape, draw
from tests.pruning.judging import DOWN, UP, judge_of

SHAPE = Shape(trials=14, steps=6, nan_share=0.1, retry_share=0.3, prune_share=0.05)


def told_anew(judge: Judge) -> FalsePrunes:
    """Compare what the pruner would have pruned with what completed without exemption."""
    exempt = judge.exempt_trials
    completed = [c for c in judge.ledger.curves() if c.state is TrialState.COMPLETED]
    finals = [
        c.last for c in completed if exempt._would_end.get(c.number) is None and c.last == c.last
    ]
    best = max(finals, default=None)
    pruned = [c.last for c in completed if exempt.from_pruner(c.number)]
    return FalsePrunes(
        finished=sum(c.number in exempt for c in completed),
        would=len(pruned),
        false=0 if best is None else sum(final > best for final in pruned),
        comparable=best is not None,
    )


def summed_anew(shadow: Shadow, judge: Judge) -> ShadowSummary:
    """Sum up what a shadow would have done."""
    curves = list(judge.ledger.curves())
    completed = [c for c in curves if c.state is TrialState.COMPLETED and c.last == c.last]
    best = max(completed, key=lambda c: (c.last, -c.number), default=None)
    pruned = shadow.pruned
    return replace(
        shadow.summary(judge.ledger),
        judged=len(curves),
        would_prune=len(pruned),
        steps=sum(max(0, c.last_step) for c in curves),
        would_save=sum(c.last_step - pruned[c.number] for c in curves if c.number in pruned),
        loses_best=best is not None
        and (best.number in pruned or shadow.exempt_trials.from_pruner(best.number)),
    )


@given(
    st.integers(0, 10**6),
    st.sampled_from([UP, DOWN]),
    st.sampled_from([None, 4]),
    st.sampled_from([0, 1, 2]),
)
def test_a_summary_is_kept_up_to_date(seed, direction, window, keep_best):
    judge = judge_of(
        Median(startup_trials=1),
        direction=direction,
        window=window,
        keep_best=keep_best,
        exempt_percent=30.0,
        nan_patience=2,
        shadows=[("strict", Threshold(lower=-0.2, upper=0.2)), ("median", Median())],
    )
    for at, event in enumerate(draw(seed, SHAPE)):
        if isinstance(event, Said):
            judge.report(Report(event.trial, event.attempt, event.step, event.value), float(at))
        else:
            judge.close(event.trial, event.state, float(at))
        assert judge.exempt_trials.calibration() == told_anew(judge)
        summary = judge.summary()
        assert summary.shadows == tuple(summed_anew(shadow, judge) for shadow in judge.shadows)
