"""Trials that are named or numbered like sampled ones but were made by hand."""

from dataclasses import replace

import pytest

from espalier.planning import effects
from espalier.planning.names import FIRST_HAND_MADE
from espalier.planning.record import TrialRecord
from espalier.planning.standing import gather
from tests.planning.test_studies import created, done
from tests.planning.worlds import of_type, planned, pod, record, snapshot, study, trial


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


def test_a_pods_label_alone_makes_no_trial():
    foreign = pod(999_999, job_uid="")
    snap = snapshot(study(), trials=(trial(0),), pods=(foreign,), bound={})
    assert [standing.number for standing in gather(snap)] == [0]


def test_a_study_is_over_only_when_the_numbers_below_its_limit_have_ended():
    ended = [*(done(number) for number in range(3)), done(500)]
    trials = (*(trial(number) for number in range(3)), placed(500))
    assert created(planned(snapshot(study(), record=record(*ended), trials=trials))) == [3]
