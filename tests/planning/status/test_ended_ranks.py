"""A trial's place is what counting says, and is written seldom."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning import effects
from espalier.planning.plan import plan
from espalier.planning.status.ended_ranks import LEADERS, EndedRanks
from espalier.planning.world.ended import Ended
from espalier.planning.world.record import End, TrialRecord
from espalier.planning.world.tally import Tally
from espalier.pruning import FIRST_REPEAT, Direction, TrialState
from tests.planning.worlds import SETTINGS, Simulated, study, trial

values = st.none() | st.sampled_from([0.0, 0.5, 0.5, 1.0]) | st.floats()


def ended(number, latest, state, rank=None):
    """Return a trial that has ended."""
    end = End(state.value, "", state, at=float(number))
    view = trial(number if number < FIRST_REPEAT else 0)
    told = replace(view, status={} if rank is None else {"rank": rank})
    return Ended(TrialRecord(number, latest=latest, end=end), told)


ENDED = [state for state in TrialState if state.value in ("Completed", "Pruned", "Failed")]


@given(
    st.lists(st.tuples(values, st.sampled_from(ENDED)), max_size=12),
    st.sampled_from(Direction),
)
def test_a_place_is_one_more_than_there_are_better_ones(some, direction):
    tally = Tally(ended(n, latest, state) for n, (latest, state) in enumerate(some))
    compared = {
        n: latest
        for n, (latest, state) in enumerate(some)
        if latest is not None and math.isfinite(latest) and state is not TrialState.FAILED
    }
    ranks = EndedRanks(tally, direction)
    for n in range(len(some)):
        said = ranks.told(n, {})
        if n not in compared:
            assert said is None
            continue
        better = sum(direction.better(value, compared[n]) for value in compared.values())
        assert said == f"{better + 1}/{len(compared)}"


def test_repeats_of_finalists_have_no_place_and_take_none():
    tally = Tally(
        [
            ended(0, 0.5, TrialState.COMPLETED),
            ended(FIRST_REPEAT, 0.9, TrialState.COMPLETED),
        ]
    )
    ranks = EndedRanks(tally, Direction.MAXIMIZE)
    assert ranks.told(0, {}) == "1/1"
    assert ranks.told(FIRST_REPEAT, {}) is None


@pytest.mark.parametrize("direction", Direction)
def test_when_the_study_ends_the_leaders_alone_are_told_anew(direction):
    many = LEADERS * 3
    tally = Tally(ended(n, float(n), TrialState.COMPLETED, "1/1") for n in range(many))
    assert EndedRanks(tally, direction).off() == []
    off = EndedRanks(tally, direction, over=True).off()
    assert len(off) == LEADERS
    best = many - 1 if direction is Direction.MAXIMIZE else 0
    assert best in off
    assert EndedRanks(tally, direction, over=True).told(best, {"rank": "1/1"}) == f"1/{many}"
    beyond = many - 1 - best
    assert EndedRanks(tally, direction, over=True).told(beyond, {"rank": "1/1"}) == "1/1"


def test_trials_of_an_earlier_version_that_tell_no_place_are_left_alone():
    tally = Tally(ended(n, float(n), TrialState.COMPLETED) for n in range(9))
    assert EndedRanks(tally, Direction.MAXIMIZE, over=True).off() == []


def test_a_trial_is_told_once_when_it_ends_and_once_more_at_the_end():
    world = Simulated(study(trials={"max": 12, "parallelism": 2}))
    writes: dict[int, list[str]] = {}
    for _ in range(200):
        for lane in plan(world.snapshot(), world.now, SETTINGS):
            for effect in lane:
                if isinstance(effect, effects.WriteTrialStatus) and "rank" in effect.status:
                    number = int(effect.name.rpartition("-")[2])
                    writes.setdefault(number, []).append(effect.status["rank"])
        world.reconcile()
        world.live()
        for pod in [each for each in world.running() if each.uid in world.bound][:1]:
            world.end_pod(pod.uid, 0, value=float(len(world.ends) % 5))
        world.now += 10
    assert world.view.status["state"] == "Succeeded"
    ends = {n: world.records[n].latest for n in world.trials}
    for n, view in world.trials.items():
        better = sum(value > ends[n] for value in ends.values())
        assert view.status["rank"] == f"{better + 1}/12"
        assert len(set(writes[n])) <= 2
