"""Trials that are named or numbered like sampled ones but were made by hand."""

from dataclasses import replace

import pytest

from espalier.planning import effects
from espalier.planning.standing.gathering import gather
from espalier.planning.world.names import FIRST_HAND_MADE, sampled_number
from espalier.planning.world.record import TrialRecord
from tests.planning.test_plan import created, done
from tests.planning.worlds import of_type, planned, record, snapshot, study, trial


def placed(number, **changes):
    """Return a Trial with a sampled one's name and number that nobody sampled."""
    return trial(number, uid=f"h{number}", sampled=False, **changes)


@pytest.mark.parametrize(
    ("number", "sampled"),
    [
        pytest.param(3, False, id="within-the-limit"),
        pytest.param(500, False, id="beyond-the-limit"),
        pytest.param(500, True, id="copied-with-the-uid"),
        pytest.param(FIRST_HAND_MADE - 1, True, id="the-last-there-is"),
    ],
)
def test_a_number_far_ahead_makes_no_deleted_trials(number, sampled):
    far = replace(placed(number), sampled=sampled)
    snap = snapshot(study(trials={"parallelism": 4}), trials=(trial(0), far))
    assert [standing.number for standing in gather(snap)] == [0, number]
    found = planned(snap)
    assert not of_type(found, effects.RecordEnd)
    assert created(found) == [1, 2]


def test_a_record_of_a_number_far_ahead_makes_no_deleted_trials():
    snap = snapshot(study(), trials=(trial(0),), record=record(TrialRecord(500, attempt=1)))
    assert [standing.number for standing in gather(snap)] == [0, 500]


def test_a_study_is_over_only_when_the_numbers_below_its_limit_have_ended():
    ended = [*(done(number) for number in range(3)), done(500)]
    trials = (*(trial(number) for number in range(3)), placed(500))
    assert created(planned(snapshot(study(), record=record(*ended), trials=trials))) == [3]


def test_a_trial_named_like_one_to_be_sampled_takes_its_place():
    named = placed(1)
    unnumbered = replace(named, number=None, adopted=False)
    found = planned(snapshot(study(trials={"parallelism": 4}), trials=(trial(0), unnumbered)))
    assert [effect.number for effect in of_type(found, effects.AdoptTrial)] == [1]
    assert created(found) == [], "its name is taken until it has its number"
    found = planned(snapshot(study(trials={"parallelism": 4}), trials=(trial(0), named)))
    assert created(found) == [2, 3]
    assert not of_type(found, effects.RecordEnd)


def test_a_trial_named_like_one_that_was_deleted_is_numbered_as_made_by_hand():
    again = replace(placed(0), number=None, adopted=False)
    deleted = done(0, "DeletedByUser")
    found = planned(snapshot(study(), trials=(again, trial(1)), record=record(deleted)))
    (adopt,) = of_type(found, effects.AdoptTrial)
    assert adopt.number == FIRST_HAND_MADE


def test_a_trial_that_takes_a_sampled_ones_place_must_lie_in_the_space():
    outside = placed(0, parameters={"lr": 7})
    (end,) = of_type(planned(snapshot(study(), trials=(outside,))), effects.RecordEnd)
    assert end.end.reason == "ParametersRefused"


@pytest.mark.parametrize(
    ("name", "number"),
    [("s-5", 5), ("s-05", None), ("s-x", None), ("t-5", None), ("s-20261122", None), ("s", None)],
)
def test_only_the_exact_name_of_a_sampled_trial_stands_for_its_number(name, number):
    assert sampled_number("s", name) == number
