"""Names of Jobs: Kubernetes makes a label of each, which takes 63 characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning import effects
from espalier.planning.workload.building import build_workload
from espalier.planning.world.names import job_name
from tests.planning.worlds import SETTINGS, job, of_type, over, planned, snapshot, study, trial


@given(
    trial_name=st.from_regex(r"[a-z]([a-z0-9.-]{0,200}[a-z0-9])?", fullmatch=True),
    again=st.integers(0, 9999),
)
def test_a_job_has_a_name_that_fits_and_tells_its_turn(trial_name, again):
    name = job_name(trial_name, again)
    assert len(name) <= 63
    assert name != job_name(trial_name, again + 1)
    assert name != job_name(f"{trial_name}x", again)


def test_a_trial_with_a_long_name_gets_a_job_all_the_same():
    view = trial(0, name="t" * 200)
    assert len(build_workload(study(), view, 0, SETTINGS)["metadata"]["name"]) <= 63


@pytest.mark.parametrize("length", [5, 60, 61, 63, 200])
@pytest.mark.parametrize("before", [0, 1, 9, 19])
def test_a_rerun_of_any_trial_has_the_next_name(length, before):
    name = "t" * length
    own = job_name(name, before)
    gone = over(0, job_name=own, disruption="EvictionByEvictionAPI")
    done = job(0, name=own, complete=True)
    found = planned(snapshot(study(), trials=(trial(0, name=name),), jobs=(done,), pods=(gone,)))
    made = [effect for effect in of_type(found, effects.CreateWorkload) if effect.number == 0]
    assert [effect.body["metadata"]["name"] for effect in made] == [job_name(name, before + 1)]
