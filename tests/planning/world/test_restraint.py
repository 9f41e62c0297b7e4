"""What is to hold pruning back: what the Study says of all trials, and each Trial of itself."""

from dataclasses import replace

import pytest

from espalier.planning.world.names import PROTECT_ANNOTATION
from espalier.planning.world.observe import trial_view
from espalier.planning.world.record import End, TrialRecord
from espalier.planning.world.restraint import wanted_restraint, wishes
from espalier.pruning import Restraint, TrialState, Will, Wish
from tests.planning.worlds import NOW, UID, prune_decision, record, snapshot, study, trial

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


GONE = replace(TrialRecord(3), prune=prune_decision(3))
SAYS_ENDED = {"conditions": [{"type": "Finished", "status": "True", "reason": "Completed"}]}
PRUNED = Wish(3, Will.PRUNE, "it overfits", "ann")


def wished(view, known=(), before=(), **more):
    recorded = replace(record(*known), restraint=Restraint(False, 1, protected=frozenset(before)))
    return wishes(snapshot(study(**more), trials=(view,), record=recorded))


@pytest.mark.parametrize(
    ("changes", "known", "found"),
    [
        ({}, (), (PRUNED,)),
        ({"why_prune": ""}, (), (replace(PRUNED, why=""),)),
        ({"why_prune": None}, (), ()),
        ({}, (TrialRecord(3, attempt=1),), (PRUNED,)),
        # It is to go already, has ended, or says that it has.
        ({}, (GONE,), ()),
        ({}, (TrialRecord(3, end=OVER),), ()),
        ({"status": SAYS_ENDED}, (), ()),
        # What it says of itself is not to be believed before it is the Study's.
        ({"adopted": False}, (), ()),
        ({"deleting": True}, (), ()),
        # Both are wanted: each is recorded, and the trial goes.
        (
            {"protected": True, "why_protected": "late"},
            (),
            (Wish(3, Will.KEEP, "late", "ann"), PRUNED),
        ),
    ],
)
def test_a_person_prunes_what_goes_on_and_is_the_studys(changes, known, found):
    view = trial(3, **{"why_prune": "it overfits", "by": "ann", **changes})
    assert wished(view, known) == found


def test_what_protects_is_recorded_with_its_reason_when_it_comes_and_when_it_goes():
    kept = trial(3, protected=True, why_protected="late", by="ann")
    assert wished(kept) == (Wish(3, Will.KEEP, "late", "ann"),)
    assert wished(kept, before=[3]) == ()
    assert wished(trial(3), before=[3]) == (Wish(3, Will.LET_GO),)


@pytest.mark.parametrize("broken", [{"error": "no"}, {"spec": None}, {"deleting": True}])
def test_nothing_is_wanted_of_a_study_that_cannot_be_read(broken):
    seen = snapshot(replace(study(), **broken), trials=(trial(3, why_prune=""),))
    assert wishes(seen) == ()


def test_what_is_wanted_of_a_trial_is_read_off_its_annotations():
    said = {
        "espalier.dev/prune": "a\nb",
        "espalier.dev/protect": "false",
        "espalier.dev/by": "ann",
    }
    meta = {"uid": "u", "name": "s-0", "annotations": said}
    view = trial_view({"metadata": meta, "spec": {"number": 0}}, "s", UID)
    assert (view.why_prune, view.protected, view.by) == ("a b", False, "ann")
