"""The cut-off by step."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning import Action, Decision, Reason
from espalier.views.band import MOST_TRIALS, band_view, cut_off, sampled
from tests.views.studies import study_of


def decided(trial: int, step: int, reason: Reason, **evidence: float | str) -> Decision:
    action = Action.PRUNE if reason is Reason.WORSE_THAN_PERCENTILE else Action.KEEP
    return Decision(trial, 1, step, action, reason, evidence, None, None, "Median", {})


@given(st.integers(1, 400), st.integers(2, 50))
def test_a_sample_is_as_large_as_it_may_be_and_has_the_newest(count: int, most: int) -> None:
    numbers = list(range(count))
    found = sampled(numbers, most)
    assert len(found) == min(count, most)
    assert found == sorted(set(found))
    assert found[-(min(count, most) // 2) :] == numbers[-(min(count, most) // 2) :]


def test_the_band_is_made_of_what_values_were_compared_with() -> None:
    decisions = [
        decided(trial, 3, Reason.WITHIN_PERCENTILE, value=0.9, threshold=trial / 10)
        for trial in range(11)
    ]
    view = band_view(study_of([(trial, 3, 0.9) for trial in range(11)], decisions=decisions))
    assert view == {
        "steps": [{"step": 3, "low": 0.1, "middle": 0.5, "high": 0.9, "decisions": 11}],
        "trials": 11,
        "of": 11,
    }


def test_a_probability_is_no_cut_off_and_what_was_overruled_has_one() -> None:
    tested = decided(0, 1, Reason.NOT_SIGNIFICANTLY_WORSE, p=0.5, threshold=0.1)
    assert cut_off(tested) is None
    kept = decided(0, 1, Reason.AMONG_BEST, overruled="WorseThanPercentile", threshold=0.7)
    assert cut_off(kept) == 0.7
    assert cut_off(decided(0, 1, Reason.AMONG_BEST, overruled="FromElsewhere", threshold=1)) is None
    assert cut_off(decided(0, 1, Reason.WITHIN_PERCENTILE, threshold=float("inf"))) is None


def test_of_many_trials_few_are_asked_about() -> None:
    asked: list[int] = []
    gathered = study_of([(trial, 1, 0.5) for trial in range(10 * MOST_TRIALS)])
    gathered.decisions = lambda trial: asked.append(trial) or []  # type: ignore[func-returns-value]
    assert band_view(gathered)["trials"] == len(asked) == MOST_TRIALS
