"""What holds of finalists whatever happens: crashes, deletions, failures, in any order."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.planning.finalists.results import best_mean
from espalier.pruning import Direction, RepeatedValues, TrialState, is_repeat, repeat_of
from tests.planning.test_laws import ACTIONS, act, check
from tests.planning.worlds import Simulated, study

MOST_ROUNDS = 400
VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def finish(world: Simulated, parallelism: int, values: list[float]) -> None:
    """Let every pod complete with a value, until nothing is left to be done."""
    for rounds in range(MOST_ROUNDS):
        for pod in world.running():
            if pod.uid in world.bound:
                world.end_pod(pod.uid, 0, values[rounds % len(values)])
        world.live()
        check(world, parallelism)
        changed = world.reconcile()
        if not changed and not world.running():
            return
    raise AssertionError("the study does not come to an end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(ACTIONS, max_size=60),
    VALUES,
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_whatever_happens_the_finalists_are_chosen_once_and_run_again(
    actions, values, parallelism, count, repeats
):
    world = Simulated(
        study(
            trials={"max": 4, "parallelism": parallelism, "maxFailed": 50},
            finalists={"count": count, "repeats": repeats},
        )
    )
    seen: list[list[int]] = []
    for action in actions:
        act(world, action)
        check(world, parallelism)
        seen += told(world)
    finish(world, parallelism, values)
    seen += told(world)
    assert all(each == seen[-1] for each in seen), "the choice has changed"
    searched = [number for number in world.records if not is_repeat(number)]
    assert sorted(searched) == [0, 1, 2, 3]
    made = [repeat_of(number) for number in world.records if is_repeat(number)]
    status = world.view.status
    chosen = seen[-1] if seen else []
    wanted = {(of, index) for of in chosen for index in range(1, repeats + 1)}
    assert {(each.of, each.index) for each in made} == wanted
    completed = [n for n in searched if world.records[n].end.state is TrialState.COMPLETED]
    assert len(chosen) == min(count, len(completed))
    assert all(record.end is not None for record in world.records.values())
    assert sum(status["counts"].values()) == len(world.records)
    samples = {
        each["number"]: RepeatedValues((each["mean"],) if "mean" in each else ())
        for each in status.get("finalists", ())
    }
    if (best := best_mean(samples, Direction.MAXIMIZE)) is not None:
        assert status["best"]["number"] == best


def told(world: Simulated) -> list[list[int]]:
    """Return the finalists that the Study tells, in a list of its own; none before they are."""
    found = world.view.status.get("finalists")
    return [] if found is None else [[each["number"] for each in found]]
