"""What is said of a study above and below its trials is true of the trials between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.cli.summary import (
    balance,
    certainty,
    costs_of,
    counts_of,
    luckiest,
    progress_of,
    result_of,
)
from espalier.cli.table import ending, headline, label_of, ranks
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


EXPECTED = {
    "number": 7,
    "value": 0.8,
    "parameters": {"lr": 0.1},
    "expected": 0.78,
    "expectedLow": 0.74,
    "expectedHigh": 0.82,
    "sure": 0.551,
    "lastBest": {"number": 0, "value": 0.9},
}


def test_where_the_study_tells_an_expected_value_its_best_trial_is_the_best():
    trials = [trial(0, "Completed", 0.9), trial(7, "Completed", 0.8)]
    known = study(best=EXPECTED)
    assert result_of(known, trials)["number"] == 7
    head = drawn(headline(known, trials), 200)
    assert "best result 0.8 (trial 7) expected 0.78 [0.74, 0.82], 55% sure" in head
    said = drawn(ending(known, trials), 200)
    assert "Best result: trial 7, last loss 0.8 with lr=0.1" in said
    assert "expected 0.78 [0.74, 0.82], 55% sure" in said
    assert "Trial 0 has the better last value, 0.9, but not the better expected one." in said


@pytest.mark.parametrize("jitter", [0.0, 1e-9], ids=["none", "less than what is shown"])
def test_an_expected_value_without_noise_is_not_said_twice(jitter):
    bounds = {"expectedLow": 0.8 - jitter, "expectedHigh": 0.8 + jitter}
    clean = EXPECTED | {"expected": 0.8, "sure": 1.0} | bounds
    del clean["lastBest"]
    assert "expected" not in drawn(headline(study(best=clean), []), 200)
    assert drawn(ending(study(best=clean), []), 200).strip().endswith("with lr=0.1")


def test_bounds_that_json_cannot_hold_are_not_said():
    assert certainty(EXPECTED | {"expectedLow": None}) == ""
    assert certainty(EXPECTED | {"sure": None}) == "expected 0.78 [0.74, 0.82]"
    assert luckiest(EXPECTED | {"lastBest": {"number": 3}}) == ""


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


FINALISTS = [
    {"number": 3, "value": 0.931, "mean": 0.897, "low": 0.889, "high": 0.905, "completed": 5}
    | {"toldApart": True},
    {"number": 7, "value": 0.918, "mean": 0.912, "low": 0.908, "high": 0.916, "completed": 5},
    {"number": 9, "value": 0.9, "mean": 0.91, "completed": 1, "failed": 4, "toldApart": False},
    {"number": 2, "failed": 5},
]
NAMED = {"number": 7, "value": 0.918, "parameters": {"lr": 0.1}, "repeats": 5} | {
    "mean": 0.912,
    "meanLow": 0.908,
    "meanHigh": 0.916,
}


def repeat(of, index, phase, value):
    """Return a Trial that runs a finalist again."""
    number = 10**12 + of * 100 + index
    shown = trial(number, phase, value)
    shown["status"]["number"] = number
    shown["spec"] = {"repeat": {"of": of, "index": index}}
    return shown


def with_finalists(**status):
    shown = study(most=2, **status)
    return {**shown, "spec": {**shown["spec"], "finalists": {"count": 2, "repeats": 2}}}


def test_after_repeats_the_best_is_told_by_its_mean_and_each_finalist_with_its_own():
    shown = with_finalists(best=NAMED, finalists=FINALISTS)
    assert "best result mean 0.912 [0.908, 0.916] of 5 repeats (trial 7)" in drawn(
        headline(shown, []), 200
    )
    said = drawn(ending(shown, [trial(0, "Completed", 0.99)]), 200)
    assert "Best result: trial 7, loss mean 0.912 [0.908, 0.916] of 5 repeats with lr=0.1" in said
    assert "trial 3: last 0.931, mean 0.897 [0.889, 0.905] of 5 repeats\n" in said
    assert "trial 9: last 0.9, mean 0.91 of 1 repeat, 4 failed; may be as good" in said
    assert "trial 2: last none, mean none of 0 repeats, 5 failed" in said


def test_a_repeat_is_called_by_its_finalist_and_has_no_rank():
    trials = [trial(0, "Completed", 0.5), repeat(0, 1, "Completed", 0.9)]
    assert ranks(trials, "Maximize") == {0: 1}
    assert result_of(with_finalists(), trials)["number"] == 0
    assert [label_of(each) for each in trials] == ["0", "0r1"]


def test_repeats_that_are_to_come_are_counted():
    shown = with_finalists(finalists=FINALISTS[:2])
    trials = [trial(0, "Completed", 0.5), trial(1, "Completed", 0.4), repeat(0, 1, "Running", None)]
    assert progress_of(shown, trials) == "2/6 ended"


def test_money_is_told_where_the_study_has_a_price():
    money = {"currency": "EUR", "deviceHour": 2.5, "used": 40.0, "saved": 20.0}
    (said,) = balance(study(money={**money, "savedLow": 15.0, "savedHigh": 25.0}))
    assert said == (
        "Money: 40 EUR used, about 20 EUR saved (33% of all, between 15 EUR and 25 EUR)"
    )
