"""What is to hold pruning back: what the Study says of all trials, and each Trial of itself."""

from dataclasses import replace

import pytest

from espalier.planning.world.names import PROTECT_ANNOTATION
from espalier.planning.world.observe import trial_view
from espalier.planning.world.record import End, TrialRecord
from espalier.planning.world.restraint import wanted_restraint
from espalier.pruning import Restraint, TrialState
from tests.planning.worlds import NOW, UID, record, snapshot, study, trial

OVER = End("Completed", "", TrialState.COMPLETED, NOW)


def wanted(trials=(), known=(), before=(), **pruning):
    recorded = replace(record(*known), restraint=Restraint(False, 1, protected=frozenset(before)))
    return wanted_restraint(snapshot(study(pruning=pruning), trials=tuple(trials), record=recorded))


def test_the_study_says_whether_it_is_paused_and_how_many_of_the_best_are_kept():
    assert wanted() == Restraint(False, 1)
    assert wanted(paused=True, keepBest=4) == Restraint(True, 4)


@pytest.mark.parametrize(
    ("annotated", "ended", "seen", "before", "after"),
    [
        (True, False, True, False, True),
        (True, False, True, True, True),
        (False, False, True, True, False),
        (False, False, True, False, False),
        # What has ended was protected, or was not: nothing is judged any more.
        (True, True, True, False, False),
        (False, True, True, True, True),
        # Not seeing a Trial is no word of it.
        (False, False, False, True, True),
        (False, False, False, False, False),
    ],
)
def test_a_trial_is_protected_from_when_it_says_so_until_it_does_not(
    annotated, ended, seen, before, after
):
    found = wanted(
        trials=[trial(3, protected=annotated)] if seen else [],
        known=[TrialRecord(3, attempt=1, end=OVER if ended else None)],
        before=[3] if before else [],
    )
    assert found.protected == ({3} if after else set())


def test_one_that_has_no_number_yet_is_protected_when_it_has():
    assert not wanted([trial(None, protected=True)]).protected
    assert wanted([trial(1_000_000, protected=True)]).protected == {1_000_000}


@pytest.mark.parametrize("broken", [{"error": "no"}, {"spec": None}, {"deleting": True}])
def test_a_study_that_cannot_be_read_changes_nothing(broken):
    recorded = replace(record(), restraint=Restraint(True, 3, frozenset({1})))
    view = replace(study(pruning={"keepBest": 9}), **broken)
    assert wanted_restraint(snapshot(view, record=recorded)) == recorded.restraint


@pytest.mark.parametrize(
    ("said", "protected"),
    [
        ("true", True),
        ("True", True),
        ("yes", True),
        ("", True),
        ("false", False),
        ("False ", False),
        (None, False),
    ],
)
def test_an_annotation_that_is_not_false_protects(said, protected):
    obj = {"metadata": {"name": "s-0", "uid": "t", "labels": {}}}
    if said is not None:
        obj["metadata"]["annotations"] = {PROTECT_ANNOTATION: said}
    assert trial_view(obj, "s", UID).protected == protected
