"""A trial of which nothing is heard says so, with what its sidecar has seen, in good time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.planning import effects
from espalier.planning.obstacles.hearing import hearing_patience
from espalier.planning.standing.hearing import nearest, why_silent
from espalier.planning.standing.look import look_at
from espalier.planning.world.heard import Heard, Mismatch
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.snapshot import Snapshot, Span
from espalier.planning.world.status_words import condition_of
from tests.planning.worlds import (
    NOW,
    SETTINGS,
    container,
    job,
    of_type,
    over,
    planned,
    pod,
    record,
    snapshot,
    study,
    trial,
)

TRAINS = TrialRecord(0, attempt=1)
LOG = Heard("Log", "train.log", seen=15, passed_over="'Epoch 1/3 - acc 0.91'")
FILE = Heard("File", "reports.jsonl")
GONE = Heard("Log", "train.log", fault="'train.log' is not there yet")


def one(*heard: Heard, still: float = 400.0, known: TrialRecord = TRAINS) -> Snapshot:
    """Return a study of one trial that trains, and has not come further for so long."""
    return snapshot(
        study(trials={"parallelism": 1}),
        trials=(trial(0),),
        jobs=(job(0),),
        pods=(pod(0, container(started_at=NOW - still)),),
        record=record(known),
        idle={"t0": still, "study-uid": still},
        spans={"p0": Span(held=still, ran=still)},
        heard={0: heard} if heard else {},
    )


def conditions(snap: Snapshot) -> dict[str, dict[str, Any]]:
    """Return the conditions that a plan gives to the Trial, by type."""
    writes = of_type(planned(snap), effects.WriteTrialStatus)
    return {each["type"]: each for write in writes for each in write.status["conditions"]}


def degraded(snap: Snapshot) -> tuple[str, str]:
    (write,) = of_type(planned(snap), effects.WriteStudyStatus)
    said = condition_of(write.status, "Degraded") or {}
    return said["reason"], said["message"]


CASES = {
    "lines that did not match": (
        (FILE, LOG),
        "NoneMatched",
        "train.log (Log) had 15 lines, and none with a value; the last: 'Epoch 1/3 - acc 0.91'",
    ),
    "one bad line": (
        (replace(FILE, seen=1, bad=1, passed_over="'{': expected JSON"),),
        "NoneMatched",
        "reports.jsonl (File) had 1 line, 1 of them bad, and none with a value; the last: '{': exp",
    ),
    "a file that is not there": ((FILE, GONE), "SourceUnreadable", "'train.log' is not there yet"),
    "a pattern given up": (
        (replace(LOG, fault="gave up the pattern 'x': too slow"),),
        "NoneMatched",
        "gave up the pattern",
    ),
    "names that the sidecar has seen": (
        (replace(LOG, matched=3, names=("acc", "eval/Accuracy", "loss")),),
        "OtherNames",
        "'acc', 'eval/Accuracy', 'loss'; the nearest is 'eval/Accuracy'",
    ),
    "nothing at all": (
        (FILE, Heard("MLflow", "/mlflow")),
        "NothingCame",
        "nothing has come by reports.jsonl, /mlflow",
    ),
    "no word of the sidecar": ((), "NothingCame", "No value of 'accuracy' has come."),
}


@pytest.mark.parametrize("case", CASES)
def test_a_trial_without_a_value_says_what_was_heard_instead(case: str) -> None:
    heard, reason, words = CASES[case]
    said = conditions(one(*heard))["NothingHeard"]
    assert (said["status"], said["reason"]) == ("True", reason)
    assert words in said["message"]
    why, message = degraded(one(*heard))
    assert why == "NoMetricYet"
    if heard:
        assert words in message


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_said_before_its_time(case: str) -> None:
    heard, _, _ = CASES[case]
    assert "NothingHeard" not in conditions(one(*heard, still=299.0))


def test_values_under_another_name_are_named_on_the_trial() -> None:
    known = replace(TRAINS, names=frozenset({"val_accuracy", "loss"}))
    said = conditions(one(known=known))["NothingHeard"]
    assert said["reason"] == "OtherNames"
    assert "'loss', 'val_accuracy'; the nearest is 'val_accuracy'" in said["message"]


def test_once_values_come_the_trial_takes_it_back() -> None:
    silent = conditions(one(LOG))
    known = replace(TRAINS, step=3, latest=0.5, best=0.5, best_step=3)
    snap = one(LOG, known=known)
    assert "NothingHeard" not in conditions(snap)
    view = replace(snap.trials[0], status={"conditions": list(silent.values())})
    said = conditions(replace(snap, trials=(view,)))["NothingHeard"]
    assert (said["status"], said["reason"]) == ("False", "ValuesCame")


def test_steps_beyond_the_last_and_parameters_not_used_are_said_beside() -> None:
    known = replace(TRAINS, step=10, latest=0.5, best=0.5, best_step=10, beyond=500)
    used = replace(LOG, matched=9, mismatches=(Mismatch("lr", "0.1", "0.01"),))
    said = conditions(one(used, known=known))
    beyond = said["StepsBeyondMax"]["message"]
    assert "epoch 500 was reported, and spec.resource.max is 10" in beyond
    assert said["ParametersNotUsed"]["message"] == (
        "The trainer says that it uses lr 0.01, and was given 0.1."
    )
    assert "NothingHeard" not in said


def test_a_trial_that_ends_without_a_value_says_why() -> None:
    snap = replace(one(LOG), workloads=(job(0, complete=True),), pods=(over(0),))
    (end,) = of_type(planned(snap), effects.RecordEnd)
    assert end.end.reason == "NoMetric"
    assert "train.log (Log) had 15 lines, and none with a value; the last: " in end.end.message


def others(pace: float, first: float, step: int = 5) -> Snapshot:
    """Return a study whose trial 1 has reported so many steps by now."""
    known = replace(TRAINS, number=1, step=step, latest=0.5, best=0.5, best_step=1, pace=pace)
    ran = first + pace * (step - 1)
    return replace(
        one(LOG, still=1000.0),
        trials=(trial(0), trial(1)),
        workloads=(job(0), job(1)),
        pods=(pod(0), pod(1)),
        record=record(TRAINS, known),
        idle={"t0": 1000.0, "t1": 0.0},
        spans={"p0": Span(ran=1000.0), "p1": Span(ran=ran)},
    )


@pytest.mark.parametrize(
    ("pace", "first", "patience"),
    [(1.0, 2.0, 30.0), (60.0, 70.0, 600.0), (2.0, 100.0, 500.0), (3600.0, 3600.0, 36000.0)],
)
def test_the_time_is_that_of_the_other_trials(pace: float, first: float, patience: float) -> None:
    assert hearing_patience(look_at(others(pace, first)), SETTINGS) == pytest.approx(patience)


def test_two_steps_of_another_trial_tell_no_pace() -> None:
    assert hearing_patience(look_at(others(1.0, 2.0, step=2)), SETTINGS) == 300.0


@pytest.mark.parametrize(
    ("metric", "names", "found"),
    [
        ("val_loss", ["eval/loss", "val/loss", "train/loss"], "val/loss"),
        ("accuracy", ["acc", "val_acc", "Accuracy"], "Accuracy"),
        ("accuracy", ["zzz", "lr"], None),
        ("loss", [], None),
    ],
)
def test_the_nearest_name_is_told(metric: str, names: list[str], found: str | None) -> None:
    assert nearest(metric, names) == found


NAMES = st.lists(st.text(min_size=1, max_size=20), max_size=20).map(tuple)
HEARD = st.builds(
    Heard,
    st.sampled_from(["Log", "MLflow", "x"]),
    *[st.text(max_size=256)] * 2,
    *[st.integers(0, 2**53)] * 3,
    st.text(max_size=256),
    NAMES,
    st.lists(st.builds(Mismatch, *[st.text(max_size=256)] * 3), max_size=10).map(tuple),
)


@settings(max_examples=30)
@given(st.lists(HEARD, max_size=16), st.frozensets(st.text(min_size=1), max_size=100))
def test_whatever_was_heard_the_words_are_few(heard: list[Heard], names: frozenset[str]) -> None:
    snap = one(*heard, known=replace(TRAINS, names=names))
    (standing,) = look_at(snap).standings
    reason, why = why_silent(standing)
    assert reason.type == "NothingHeard"
    for said in conditions(snap).values():
        assert len(said["message"]) <= 1024
    assert not any(each.source for each in heard) or why
