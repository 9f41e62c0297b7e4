"""A Study's Events tell each change of its conditions once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from espalier.planning import effects
from espalier.planning.world.record import End, TrialRecord
from espalier.planning.world.snapshot import Snapshot, TemplateVerdict
from espalier.planning.world.status_words import condition_of
from espalier.pruning import TrialState
from tests.planning.obstacles.stuck_worlds import StuckWorld
from tests.planning.worlds import (
    NOW,
    TEMPLATE,
    job,
    merged,
    of_type,
    planned,
    pod,
    record,
    snapshot,
    study,
    study_condition,
    trial,
)


def ended(number: int, reason: str = "Completed", **more: Any) -> TrialRecord:
    state = TrialState.COMPLETED if reason == "Completed" else TrialState.FAILED
    end = End(reason, "it said so", state, NOW - 100, template=TEMPLATE)
    return TrialRecord(number, attempt=1, step=10, end=end, **more)


def events(snap: Snapshot) -> list[tuple[bool, str]]:
    found = of_type(planned(snap), effects.EmitEvent)
    return [(each.warning, each.reason) for each in found if each.kind == "Study"]


def written(snap: Snapshot) -> Snapshot:
    """Return the snapshot after the Study's status was written."""
    (write,) = of_type(planned(snap), effects.WriteStudyStatus)
    status = merged(snap.study.status, write.status)
    return replace(snap, study=replace(snap.study, status=status))


FRESH = snapshot(study())
RUNS = written(FRESH)
SILENT = replace(RUNS, trials=(trial(0), trial(1)), workloads=(job(0), job(1)), idle={"t0": 99.0})
DONE = replace(
    RUNS, record=record(*(ended(n) for n in range(4))), trials=tuple(trial(n) for n in range(4))
)
LOST = replace(DONE, record=record(*(ended(n, "TrainerFailed") for n in range(4))))

CASES: dict[str, tuple[Snapshot, list[tuple[bool, str]]]] = {
    "a Study that is accepted and starts": (FRESH, [(False, "SpecAccepted"), (False, "Started")]),
    "a Study that is refused": (
        snapshot(study(), template=TemplateVerdict(1, False, "no")),
        [(True, "TemplateRefused")],
    ),
    "a Study that is being checked": (snapshot(study(), template=None), []),
    "something in the way": (SILENT, [(True, "NoPod")]),
    "nothing in the way any more": (
        replace(written(SILENT), idle={}, pods=(pod(0), pod(1)), bound={"p0", "p1"}),
        [(False, "Recovered")],
    ),
    "a Study that is suspended": (
        replace(RUNS, study=replace(study(suspend=True), status=RUNS.study.status)),
        [(False, "Suspended")],
    ),
    "a Study that succeeds": (DONE, [(False, "AllTrialsEnded")]),
    "a Study that fails": (LOST, [(True, "TooManyFailures")]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_change_of_a_condition_is_told(case: str) -> None:
    snap, told = CASES[case]
    assert events(snap) == told


@pytest.mark.parametrize("case", [case for case, (_, told) in CASES.items() if told])
def test_what_was_told_is_not_told_again_even_by_another_process(case: str) -> None:
    assert events(written(CASES[case][0])) == []


def test_an_event_follows_the_write_that_it_tells_of_in_the_same_lane() -> None:
    found = planned(FRESH)
    place = next(i for i, each in enumerate(found) if isinstance(each, effects.WriteStudyStatus))
    assert isinstance(found[place + 1], effects.EmitEvent)


def test_one_can_wait_for_a_study_to_fail() -> None:
    assert study_condition(planned(FRESH), "Failed")["status"] == "False"
    assert study_condition(planned(DONE), "Failed")["status"] == "False"
    failed = study_condition(planned(LOST), "Failed")
    assert (failed["status"], failed["reason"]) == ("True", "TooManyFailures")


def test_the_columns_show_how_many_of_how_many_and_what_is_in_the_way() -> None:
    assert written(FRESH).study.status["ended"] == "0/4"
    assert "degraded" not in written(FRESH).study.status
    assert written(DONE).study.status["ended"] == "4/4"
    silent = written(SILENT)
    assert silent.study.status["degraded"] == "NoPod"
    better = replace(silent, idle={}, pods=(pod(0), pod(1)), bound={"p0", "p1"})
    assert "degraded" not in written(better).study.status


@pytest.mark.parametrize("seed", range(3))
def test_a_study_that_moves_tells_its_beginning_and_its_end_and_nothing_else(seed: int) -> None:
    world, told = StuckWorld(seed), list[str]()
    act = world._act

    def noted(effect: Any) -> None:
        if isinstance(effect, effects.EmitEvent) and effect.kind == "Study":
            told.append(effect.reason)
        act(effect)

    world._act = noted  # type: ignore[method-assign]
    assert world.play(4 * 3600, world.over)
    assert told == ["SpecAccepted", "Started", "AllTrialsEnded"]
    assert (condition_of(world.view.status, "Failed") or {})["status"] == "False"
