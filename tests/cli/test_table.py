"""The live table says what a person needs: number, state, step, value, rank and why."""

import pytest
from rich.console import Console

from espalier.cli.frame import Frame
from espalier.cli.table import ending, ranks, why


def trial(number, phase="Running", latest=None, **status):
    return {
        "spec": {"number": number},
        "status": {"phase": phase, "latest": latest, "step": 3, **status},
    }


STUDY = {
    "metadata": {"name": "digits", "namespace": "ml"},
    "spec": {
        "objective": {"metric": "val_accuracy", "direction": "Maximize"},
        "resource": {"name": "epoch", "max": 27},
        "trials": {"max": 24},
    },
    "status": {
        "counts": {"running": 1, "completed": 1, "pruned": 1, "failed": 0},
        "best": {"number": 1, "value": 0.975, "parameters": {"lr": 0.01}},
        "gpuSeconds": {"used": 30.0, "saved": 10.0, "savedLow": 8.0, "savedHigh": 12.0},
    },
}
PRUNED = trial(
    2, "Pruned", 0.4, decision={"reason": "WorseThanPercentile", "message": "0.4 < median 0.8"}
)
FAILED = trial(
    3,
    "Failed",
    0.99,
    conditions=[
        {"type": "Finished", "status": "True", "reason": "OutOfMemory", "message": "limit 1Gi"}
    ],
)
TRIALS = [trial(0, latest=0.9), trial(1, "Completed", 0.975), PRUNED, FAILED]


def drawn(renderable, width: int = 120) -> str:
    console = Console(width=width, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(renderable)
    return console.export_text()


@pytest.mark.parametrize(
    ("direction", "expected"),
    [("Maximize", {1: 1, 0: 2, 2: 3}), ("Minimize", {2: 1, 0: 2, 1: 3})],
    ids=["the largest is first when maximizing", "the smallest is first when minimizing"],
)
def test_ranks_follow_the_direction_and_leave_out_failed_trials(direction, expected):
    assert ranks(TRIALS, direction) == expected


def test_equal_values_share_a_rank():
    assert ranks(
        [trial(0, latest=1.0), trial(1, latest=1.0), trial(2, latest=2.0)], "Minimize"
    ) == {
        0: 1,
        1: 1,
        2: 3,
    }


def test_a_pruned_trial_says_the_decision_in_words():
    assert why(PRUNED) == "0.4 < median 0.8"


def test_a_failed_trial_says_its_reason():
    assert why(FAILED) == "OutOfMemory: limit 1Gi"


def test_a_trial_that_was_kept_says_the_decision_in_words_too():
    kept = {"reason": "StartUp", "message": "Kept: 1 of 4 start-up trials have completed."}
    assert why(trial(4, decision=kept)) == "Kept: 1 of 4 start-up trials have completed."


def test_every_trial_has_a_row_in_order_of_its_number():
    text = drawn(Frame(STUDY, list(reversed(TRIALS))))
    rows = [line.split()[:2] for line in text.splitlines()[3:]]
    assert rows == [["0", "Running"], ["1", "Completed"], ["2", "Pruned"], ["3", "Failed"]]


def test_in_a_narrow_terminal_only_the_reason_gives_way():
    long = {"reason": "WorseThanPercentile", "message": "0.4 is worse than 0.8, " * 6}
    text = drawn(Frame(STUDY, [trial(2, "Pruned", 0.4, decision=long)]), width=80)
    assert "2  Pruned   3/27           0.4     1  0.4 is worse" in text


def test_a_study_without_any_status_is_drawn():
    study = {**STUDY, "status": {}}
    assert "ml/digits" in drawn(Frame(study, [{"spec": {"number": 0}}]))


def test_a_refused_study_shows_its_condition():
    condition = {
        "type": "Accepted",
        "status": "False",
        "message": "spec.template has no containers",
    }
    study = {**STUDY, "status": {"conditions": [condition]}}
    assert "no containers" in drawn(Frame(study, []))


def test_the_ending_names_the_best_trial_the_pruned_ones_and_the_time_saved():
    text = drawn(ending(STUDY, TRIALS))
    assert "Best result: trial 1, last val_accuracy 0.975 with lr=0.01" in text
    assert "Pruned: 1 of 4 trials" in text
    assert "trial 2: 0.4 < median 0.8" in text
    assert "30 s used, about 10 s saved (25% of all, between 8 s and 12 s)" in text
