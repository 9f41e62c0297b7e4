"""One table a pruner: what its name promises, in the smallest case that shows it."""

from __future__ import annotations

import math

import pytest

from espalier.pruning import (
    Direction,
    Ledger,
    Median,
    Nop,
    OwnValue,
    Patient,
    Peers,
    Percentile,
    Pruner,
    Report,
    SettingsError,
    SlackToBest,
    SuccessiveHalving,
    Terms,
    Threshold,
    TrialState,
    Wilcoxon,
)
from espalier.pruning.pruners.auto.pruner import Auto
from espalier.pruning.pruners.registry import make, names, pruner_type

UP = Direction.MAXIMIZE
NAN = math.nan
Curve = list[float]


def judged(pruner: Pruner, others: list[Curve], own: Curve, direction=UP) -> str:
    """The reason at each step of the last trial, after the others have completed."""
    ledger = Ledger(Terms(direction, 100))
    for trial, values in enumerate(others):
        for step, value in enumerate(values, 1):
            ledger.append(Report(trial, 1, step, value))
        ledger.close(trial, TrialState.COMPLETED)
    reasons = []
    for step, value in enumerate(own, 1):
        ledger.append(Report(len(others), 1, step, value))
        reasons.append(pruner.judge(ledger, len(others)).reason.value)
    return " ".join(reasons)


FIVE = [[1.0], [2.0], [3.0], [4.0], [5.0]]
MEDIAN = Median(startup_trials=0)


@pytest.mark.parametrize(
    ("pruner", "others", "own", "reasons"),
    [
        pytest.param(Nop(), FIVE, [-9.0], "NeverPrunes", id="Nop never prunes"),
        pytest.param(MEDIAN, FIVE, [2.9], "WorseThanPercentile", id="Median: below the median"),
        pytest.param(MEDIAN, FIVE, [3.0], "WithinPercentile", id="Median: a tie is kept"),
        pytest.param(
            MEDIAN,
            [[1.0, 5.0], [1.0, 5.0]],
            [9.0, 0.0],
            "WithinPercentile WithinPercentile",
            id="Median: the best value so far counts",
        ),
        pytest.param(
            Median(startup_trials=0, own_value=OwnValue.LAST),
            [[1.0, 5.0], [1.0, 5.0]],
            [9.0, 0.0],
            "WithinPercentile WorseThanPercentile",
            id="Median: the last value counts, if asked",
        ),
        pytest.param(MEDIAN, [], [1.0], "TooFewPeers", id="Median: alone"),
        pytest.param(
            Median(startup_trials=6), FIVE, [0.0], "StartUp", id="Median: start-up trials"
        ),
        pytest.param(
            Median(startup_trials=0, warmup_steps=2),
            [[1.0] * 3],
            [0.0] * 3,
            "WarmUp WorseThanPercentile WorseThanPercentile",
            id="Median: warm-up ends at its step",
        ),
        pytest.param(
            Median(startup_trials=0, warmup_steps=1, interval_steps=2),
            [[1.0] * 4],
            [2.0] * 4,
            "WithinPercentile BetweenChecks WithinPercentile BetweenChecks",
            id="Median: once an interval",
        ),
        pytest.param(
            Median(startup_trials=0, min_trials=6),
            FIVE,
            [0.0],
            "TooFewPeers",
            id="Median: peers",
        ),
        pytest.param(MEDIAN, FIVE, [NAN], "Diverged", id="Median: nothing but NaN"),
        pytest.param(
            Percentile(percentile=20.0, startup_trials=0),
            FIVE,
            [4.1],
            "WorseThanPercentile",
            id="Percentile 20: only the best fifth is kept",
        ),
        pytest.param(
            Percentile(percentile=80.0, startup_trials=0),
            FIVE,
            [1.9],
            "WithinPercentile",
            id="Percentile 80: the best four fifths are kept",
        ),
        pytest.param(
            SlackToBest(slack_factor=0.25),
            FIVE,
            [4.0],
            "WithinSlack",
            id="SlackToBest: a factor of 1.25 below the best, 5, is allowed",
        ),
        pytest.param(
            SlackToBest(slack_factor=0.25),
            FIVE,
            [3.9],
            "BeyondSlack",
            id="SlackToBest: and no more",
        ),
        pytest.param(
            SlackToBest(slack_factor=0.25),
            [[-5.0]],
            [-6.2],
            "WithinSlack",
            id="SlackToBest: a negative best is multiplied",
        ),
        pytest.param(
            SlackToBest(slack_factor=0.25),
            [[-5.0]],
            [-6.3],
            "BeyondSlack",
            id="SlackToBest: its end",
        ),
        pytest.param(
            SlackToBest(slack_amount=1.5),
            FIVE,
            [3.5],
            "WithinSlack",
            id="SlackToBest: an amount below the best, 5, is allowed",
        ),
        pytest.param(
            SlackToBest(slack_amount=1.5), FIVE, [3.4], "BeyondSlack", id="SlackToBest: too much"
        ),
        pytest.param(
            SlackToBest(slack_amount=0.0),
            [[2.0, 1.0]],
            [3.0, 0.0],
            "WithinSlack WithinSlack",
            id="SlackToBest: the best value so far counts",
        ),
        pytest.param(
            SlackToBest(slack_amount=0.0), [], [1.0], "TooFewPeers", id="SlackToBest: alone"
        ),
        pytest.param(SlackToBest(slack_amount=9.0), FIVE, [NAN], "Diverged", id="SlackToBest: NaN"),
        pytest.param(
            SlackToBest(slack_amount=9.0, warmup_steps=2, interval_steps=2),
            [[1.0] * 4],
            [0.0] * 4,
            "WarmUp WithinSlack BetweenChecks WithinSlack",
            id="SlackToBest: delay_evaluation and evaluation_interval",
        ),
        pytest.param(
            Threshold(lower=0.0, upper=1.0),
            [],
            [0.0, 1.0, 1.1],
            "WithinBounds WithinBounds AboveUpper",
            id="Threshold: the bounds themselves are allowed",
        ),
        pytest.param(Threshold(lower=0.0), [], [-0.1], "BelowLower", id="Threshold: below"),
        pytest.param(Threshold(lower=0.0), [], [NAN], "Diverged", id="Threshold: NaN"),
        pytest.param(
            Patient(patience=1),
            [],
            [5.0, 4.0, 4.0],
            "TooFewSteps TooFewSteps Plateau",
            id="Patient: two reports without reaching the best",
        ),
        pytest.param(
            Patient(patience=1),
            [],
            [5.0, 4.0, 5.0, 4.0],
            "TooFewSteps TooFewSteps StillImproving StillImproving",
            id="Patient: reaching the best again is enough",
        ),
        pytest.param(
            Patient(patience=0, min_delta=1.0),
            [],
            [5.0, 4.0, 3.9],
            "TooFewSteps StillImproving Plateau",
            id="Patient: worse by more than minDelta",
        ),
        pytest.param(
            Patient(patience=0, inner=MEDIAN),
            FIVE,
            [2.0, 1.0],
            "TooFewSteps TooFewPeers",
            id="Patient: the inner pruner has the last word",
        ),
        pytest.param(
            Patient(patience=0, warmup_steps=3),
            [],
            [5.0, 4.0, 3.0],
            "WarmUp WarmUp Plateau",
            id="Patient: values of the warm-up count towards the plateau",
        ),
        pytest.param(
            Patient(patience=0, interval_steps=2),
            [],
            [5.0, 4.0, 3.0, 2.0],
            "TooFewSteps Plateau BetweenChecks Plateau",
            id="Patient: once an interval",
        ),
        pytest.param(
            SuccessiveHalving(min_resource=1, reduction_factor=3),
            FIVE,
            [3.9],
            "BelowRungCut",
            id="SuccessiveHalving: two of six go on, this is the third",
        ),
        pytest.param(
            SuccessiveHalving(min_resource=1, reduction_factor=3),
            FIVE,
            [4.0],
            "TopOfRung",
            id="SuccessiveHalving: a tie with the second goes on",
        ),
        pytest.param(
            SuccessiveHalving(min_resource=2, reduction_factor=2),
            [[1.0] * 5],
            [0.0] * 5,
            "BetweenRungs BelowRungCut BetweenRungs BelowRungCut BetweenRungs",
            id="SuccessiveHalving: rungs at 2, 4, 8",
        ),
        pytest.param(
            SuccessiveHalving(min_resource=1, bootstrap_count=6),
            FIVE,
            [9.0],
            "RungBootstrap",
            id="SuccessiveHalving: bootstrapCount",
        ),
        pytest.param(
            Wilcoxon(),
            [[1.0, 1.0, 1.0, 1.0, 1.0]],
            [0.9, 0.8, 0.7, 0.6, 0.5],
            "TooFewSteps NotSignificantlyWorse NotSignificantlyWorse SignificantlyWorse"
            " SignificantlyWorse",
            id="Wilcoxon: four of four worse is p = 1/16",
        ),
        pytest.param(
            Wilcoxon(correct_looks=True),
            [[1.0] * 5],
            [0.9, 0.8, 0.7, 0.6, 0.5],
            "TooFewSteps " + " ".join(["NotSignificantlyWorse"] * 4),
            id="Wilcoxon: corrected for looking again",
        ),
        pytest.param(
            Wilcoxon(),
            [[1.0, 1.0, 1.0, 1.0, -99.0, 5.0]],
            [0.9, 0.8, 0.7, 0.6],
            "TooFewSteps NotSignificantlyWorse NotSignificantlyWorse BetterOnAverage",
            id="Wilcoxon: not if its mean is no worse",
        ),
        pytest.param(Wilcoxon(), [], [1.0], "NoLeader", id="Wilcoxon: nobody has completed"),
        pytest.param(
            Wilcoxon(),
            [[1.0, NAN, 1.0]],
            [0.0, 0.0],
            "NotFinite NotFinite",
            id="Wilcoxon: not with NaN",
        ),
    ],
)
def test_the_rule_is_what_its_name_says(
    pruner: Pruner, others: list[Curve], own: Curve, reasons: str
) -> None:
    assert judged(pruner, others, own) == reasons


def test_peers_that_reached_the_step_may_be_running_and_do_not_include_the_trial() -> None:
    ledger = Ledger(Terms(UP, 100))
    pruner = Median(startup_trials=0, peers=Peers.REACHED)
    for trial, value in enumerate([1.0, 2.0, 3.0]):
        ledger.append(Report(trial, 1, 1, value))
    assert pruner.judge(ledger, 1).evidence == {
        "value": 2.0,
        "threshold": 2.0,
        "percentile": 50.0,
        "peers": 2,
    }


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("Median", {"warmup_steps": -1}, "warmupSteps to be at least 0, got -1"),
        ("Median", {"min_trials": 0}, "minTrials to be at least 1"),
        ("Median", {"unheard": 1}, "settings that it knows"),
        ("Percentile", {"percentile": 101.0}, "percentile to be between 0 and 100"),
        ("Percentile", {"percentile": NAN}, "percentile to be between 0 and 100"),
        ("SlackToBest", {}, "slackFactor or slackAmount, got neither"),
        ("SlackToBest", {"slack_factor": 0.1, "slack_amount": 1.0}, "got both"),
        ("SlackToBest", {"slack_factor": -0.1}, "slackFactor to be at least 0"),
        ("Threshold", {}, "lower to be given, or upper, or both"),
        ("Threshold", {"lower": 2.0, "upper": 1.0}, "lower to be at most upper"),
        ("Patient", {"patience": -1}, "patience to be at least 0"),
        ("Patient", {"patience": 1, "min_delta": NAN}, "minDelta to be at least 0"),
        ("Patient", {"patience": 1, "warmup_steps": -1}, "warmupSteps to be at least 0"),
        ("Patient", {"patience": 1, "inner": Median(patience=2)}, "Median with patience 2 and"),
        ("Patient", {"patience": 1, "inner": Auto()}, "use All of Patient and that pruner"),
        ("Auto", {"risk": 0.6}, r"risk to be in \(0, 0.5\], got 0.6"),
        ("Posterior", {"risk": 0.0}, r"risk to be in \(0, 0.5\], got 0.0"),
        ("SuccessiveHalving", {"reduction_factor": 1}, "reductionFactor to be at least 2"),
        ("SuccessiveHalving", {"min_resource": 0}, "minResource to be at least 1"),
        ("Hyperband", {"min_resource": 5, "max_resource": 4}, "maxResource to be at least min"),
        ("Hyperband", {"min_trials": 2, "bootstrap_count": 1}, "bootstrapCount to be 0, since"),
        ("Wilcoxon", {"p_threshold": 1.5}, "pThreshold to be between 0 and 1"),
        ("Guess", {}, "expected one of"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_what_to_do(name, settings, message) -> None:
    with pytest.raises(SettingsError, match=message):
        make(name, settings)


def test_every_name_is_registered_and_its_class_bears_it() -> None:
    assert set(names()) >= {
        "Auto", "Bandit", "Hyperband", "Median", "Nop", "Patient", "Percentile", "Posterior",
        "SlackToBest", "SuccessiveHalving", "Threshold", "Wilcoxon",
    }  # fmt: skip
    for name in names():
        assert pruner_type(name).name == name


@pytest.mark.parametrize(("value", "reason"), [(0.96, "WithinSlack"), (0.97, "BeyondSlack")])
def test_a_slack_of_a_fifth_is_a_fifth_more_of_what_is_minimised(value: float, reason: str) -> None:
    slack = SlackToBest(slack_factor=0.2)
    assert judged(slack, [[0.8], [2.0]], [value], Direction.MINIMIZE) == reason


def test_hyperband_without_a_largest_step_says_so() -> None:
    ledger = Ledger(Terms(UP, None))
    ledger.append(Report(0, 1, 1, 1.0))
    assert make("Hyperband", {}).judge(ledger, 0).reason.value == "NoHorizon"


@pytest.mark.parametrize("late", [[], [3], [7], [3, 7], [1, 2, 9]])
def test_patient_takes_values_by_step_whenever_they_arrive(late: list[int]) -> None:
    values = {1: 5.0, 2: 1.0, 3: 6.0, 5: 2.0, 7: 5.5, 9: 3.0, 10: 4.0}
    pruner = Patient(patience=2, min_delta=0.25)
    in_order, out_of_order = Ledger(Terms(UP, 100)), Ledger(Terms(UP, 100))
    for step, value in values.items():
        in_order.append(Report(0, 1, step, value))
    for step in [*(s for s in values if s not in late), *late]:
        out_of_order.append(Report(0, 1, step, values[step]))
    one, other = pruner.judge(in_order, 0), pruner.judge(out_of_order, 0)
    assert one.evidence == other.evidence == {"before": 6.0, "value": 5.5, "recent": 3}
    assert one.prunes
    assert other.prunes
