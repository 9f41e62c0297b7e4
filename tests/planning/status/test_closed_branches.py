"""What a Study says of branches that are closed, and when it says so again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from espalier.planning import effects
from espalier.planning.world.snapshot import Snapshot
from espalier.planning.world.status_words import condition_of
from espalier.search import ClosedBranch
from tests.planning.worlds import merged, of_type, planned, snapshot, study

PARAMETERS = [
    {"name": "optimizer", "categorical": {"values": ["sgd", "adam", "lion"]}},
    {
        "name": "momentum",
        "float": {"min": 0.0, "max": 1.0},
        "when": {"parameter": "optimizer", "in": ["sgd"]},
    },
]
SGD = ClosedBranch("optimizer", "sgd", 12, 24, 9.25, 0.004)
LION = ClosedBranch("optimizer", "lion", 10, 30, 1.5, 0.02)


def sampler(**more: Any) -> dict[str, Any]:
    return {"type": "Random", "seed": 7, "closeBranches": more}


def begun(**spec: Any) -> Snapshot:
    """Return a Study that has begun, its status written."""
    return written(snapshot(study(parameters=PARAMETERS, **spec)))


def written(snap: Snapshot) -> Snapshot:
    status = dict(snap.study.status)
    for write in of_type(planned(snap), effects.WriteStudyStatus):
        status = merged(status, write.status)
    return replace(snap, study=replace(snap.study, status=status))


def said(snap: Snapshot) -> Any:
    found = condition_of(written(snap).study.status, "BranchesClosed")
    return None if found is None else (found["status"], found["reason"], found["message"])


def events(snap: Snapshot) -> list[tuple[bool, str, str]]:
    found = of_type(planned(snap), effects.EmitEvent)
    return [
        (each.warning, each.reason, each.message)
        for each in found
        if each.reason in ("BranchLost", "AllOpen")
    ]


def closing(snap: Snapshot, *closed: ClosedBranch) -> Snapshot:
    return replace(snap, record=replace(snap.record, closed=closed))


OPEN = begun(sampler=sampler())


def test_a_study_that_closes_nothing_has_no_such_condition() -> None:
    assert said(begun()) is None
    assert said(OPEN) == ("False", "AllOpen", "Every value of every parameter may be proposed.")
    assert events(OPEN) == []


def test_what_is_closed_is_told_with_its_numbers_and_how_to_open_it() -> None:
    status, reason, message = said(closing(OPEN, SGD))
    assert (status, reason) == ("True", "BranchLost")
    for words in (
        "No trial is proposed with optimizer sgd:",
        "the best of its 12 trials was 9.25 behind the best of all",
        "would beat it was 0.004",
        "list it under spec.sampler.closeBranches.keep",
        "remove spec.sampler.closeBranches",
    ):
        assert words in message
    assert events(closing(OPEN, SGD)) == [(False, reason, message)]


def test_it_is_told_once_and_again_when_something_else_is_closed() -> None:
    told = written(closing(OPEN, SGD))
    assert events(told) == []
    ((_, _, message),) = events(closing(told, SGD, LION))
    assert "optimizer sgd" in message
    assert "optimizer lion" in message


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(sampler(keep=[{"parameter": "optimizer", "in": ["sgd"]}]), id="kept"),
        pytest.param({"type": "Random", "seed": 7}, id="removed"),
    ],
)
def test_what_is_opened_again_is_told_at_once(asked: dict[str, Any]) -> None:
    """The newest proposal was still made without it."""
    told = written(closing(OPEN, SGD))
    view = study(parameters=PARAMETERS, sampler=asked, generation=2, status=told.study.status)
    opened = closing(snapshot(view), SGD)
    assert said(opened)[:2] == ("False", "AllOpen")
    assert [each[:2] for each in events(opened)] == [(False, "AllOpen")]
