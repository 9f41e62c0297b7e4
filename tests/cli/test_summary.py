"""What is said of a study above and below its trials is true of the trials between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.cli.summary import balance, costs_of, counts_of, progress_of, result_of
from espalier.cli.table import ending, headline, ranks
from tests.cli.test_table import STUDY, drawn, trial


def study(direction="Maximize", most=24, **status):
    spec = {**STUDY["spec"], "trials": {"max": most}}
    spec["objective"] = {"metric": "loss", "direction": direction}
    return {**STUDY, "spec": spec, "status": status}


PHASES = st.sampled_from(["Pending", "Running", "Completed", "Pruned", "Failed"])
TRIALS = st.lists(st.tuples(PHASES, st.none() | st.floats(-10, 10)), max_size=8).map(
    lambda given: [trial(n, phase, value) for n, (phase, value) in enumerate(given)]
)


@given(TRIALS, st.sampled_from(["Maximize", "Minimize"]))
def test_the_best_result_is_the_completed_trial_that_the_table_ranks_first(trials, direction):
    """However old the Study's status is."""
    completed = [each for each in trials if each["status"]["phase"] == "Completed"]
    ranked = ranks(completed, direction)
    best = result_of(study(direction), trials)
    first = [number for number, rank in ranked.items() if rank == 1]
    assert (best["number"] if best else None) == min(first, default=None)


@given(TRIALS)
def test_the_head_counts_the_trials_that_the_table_shows(trials):
    counts = counts_of(study(), trials)
    for phase, count in counts.items():
        assert count == sum(each["status"]["phase"].lower() == phase for each in trials)


def test_deleted_trials_are_counted_and_can_be_the_best():
    old = study(counts={"completed": 3}, best={"number": 7, "value": 9.0, "parameters": {}})
    trials = [trial(0, "Completed", 1.0)]
    assert counts_of(old, trials)["completed"] == 3
    assert result_of(old, trials)["number"] == 7


@pytest.mark.parametrize(
    ("most", "trials", "said"),
    [
        (6, 8, "8/8 ended"),
        (24, 8, "8/24 ended"),
        (0, 0, "0/0 ended"),
    ],
    ids=["trials.max was lowered", "the rest is to come", "nothing yet"],
)
def test_never_do_more_trials_end_than_there_are(most, trials, said):
    assert (
        progress_of(study(most=most), [trial(n, "Completed", 0.1) for n in range(trials)]) == said
    )


@pytest.mark.parametrize(
    ("status", "head", "foot"),
    [
        pytest.param(
            {
                "gpuSeconds": {"used": 30.0, "saved": 10.0, "savedLow": 8.0, "savedHigh": 12.0},
                "trialSeconds": {"used": 15.0, "saved": 5.0, "savedLow": 4.0, "savedHigh": 6.0},
                "steps": {"done": 60, "saved": 40.0, "savedLow": 40.0, "savedHigh": 40.0},
            },
            "GPU 30 s, ~10 s saved",
            [
                "GPU time: 30 s used, about 10 s saved (25% of all, between 8 s and 12 s)",
                "Trial time: 15 s used, about 5 s saved (25% of all, between 4 s and 6 s)",
                "Steps: 60 done, about 40 saved (40% of all)",
            ],
            id="accelerators",
        ),
        pytest.param(
            {
                "gpuSeconds": {"used": 0.0, "saved": 0.0},
                "trialSeconds": {"used": 15.0, "saved": 5.0, "savedLow": 4.5, "savedHigh": 6.0},
            },
            "trials 15 s, ~5 s saved",
            ["Trial time: 15 s used, about 5 s saved (25% of all, between 4.5 s and 6 s)"],
            id="no accelerators",
        ),
        pytest.param(
            {"trialSeconds": {"used": 15.0}, "steps": {"done": 3}},
            "trials 15 s, saved: not known yet",
            [
                "Trial time: 15 s used, saved: not known before a trial completes",
                "Steps: 3 done, saved: not known before a trial completes",
            ],
            id="nothing is known",
        ),
        pytest.param(
            {"trialSeconds": {"used": 15.0, "saved": 0.0, "savedLow": 0.0, "savedHigh": 0.0}},
            "trials 15 s, ~0 s saved",
            ["Trial time: 15 s used, nothing saved"],
            id="nothing was pruned",
        ),
        pytest.param({}, "", [], id="nothing at all"),
    ],
)
def test_costs_in_words(status, head, foot):
    assert costs_of(study(**status)) == head
    assert balance(study(**status)) == foot


def test_a_best_value_is_not_called_as_a_best_result_is():
    """Of a Study it is a completed trial's last value, of a Trial the best of all its values."""
    trials = [trial(0, "Completed", 0.5, best=0.9)]
    assert "best result 0.5 (trial 0)" in drawn(headline(study(), trials))
    assert "last loss 0.5" in drawn(ending(study(), trials))
