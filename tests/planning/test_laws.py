"""What holds whatever happens: crashes in the middle of a plan, deletions, failures, prunings."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.planning.worlds import Simulated, study

MOST_ROUNDS = 400
ACTIONS = st.one_of(
    st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from([0, 0, 0, 1, 137])),
    st.tuples(st.just("prune"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("delete job"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("delete trial"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("crash after"), st.integers(0, 6), st.just(0)),
    st.tuples(st.just("cluster"), st.just(0), st.just(0)),
    st.tuples(st.just("reconcile"), st.just(0), st.just(0)),
)


def act(world: Simulated, action: tuple[str, int, int]) -> None:
    """Let one thing happen."""
    what, which, code = action
    if what == "end" and (running := world.running()):
        world.end_pod(running[which % len(running)].uid, code, 0.1 * which if which else None)
    elif what == "prune":
        world.prune(which)
    elif what == "delete job" and world.jobs:
        gone = world.jobs.pop(sorted(world.jobs)[which % len(world.jobs)])
        for pod in [p for p in world.pods.values() if p.job_uid == gone.uid]:
            del world.pods[pod.uid]
    elif what == "delete trial" and world.trials:
        del world.trials[sorted(world.trials)[which % len(world.trials)]]
    elif what == "crash after":
        world.reconcile(budget=which)
        world.crash()
    elif what == "cluster":
        world.live()
    else:
        world.reconcile()


def check(world: Simulated, parallelism: int) -> None:
    """What must hold at every moment."""
    live = [pod for pod in world.pods.values() if not pod.over]
    assert len(live) <= parallelism, "more pods than parallelism"
    # A crash before anything is recorded of the newest trial, then its deletion by a person, looks
    # as if it had never been created.
    noted = [name for name in world.jobs_created if name not in world.unnoted]
    assert len(set(noted)) == len(noted), "a Job was created twice"
    assert len(set(world.ends)) == len(world.ends), "a trial ended twice"


def finish(world: Simulated, parallelism: int) -> None:
    """Let every pod that runs complete, until nothing is left to be done."""
    for _ in range(MOST_ROUNDS):
        for pod in world.running():
            if pod.uid in world.bound:
                world.end_pod(pod.uid, 0, 0.5)
        world.live()
        check(world, parallelism)
        changed = world.reconcile()
        check(world, parallelism)
        if not changed and not world.running():
            return
    raise AssertionError("the study does not come to an end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=40), st.integers(1, 3))
def test_whatever_happens_the_study_ends_with_one_ending_a_trial(actions, parallelism):
    world = Simulated(study(trials={"max": 6, "parallelism": parallelism, "maxFailed": 50}))
    for action in actions:
        act(world, action)
        check(world, parallelism)
    finish(world, parallelism)
    status = world.view.status
    conditions = {c["type"]: c["status"] for c in status["conditions"]}
    assert conditions["Succeeded"] in ("True", "False")
    assert sorted(world.records) == list(range(6))
    assert all(record.end is not None for record in world.records.values())
    assert status["active"] == 0
    assert sum(status["counts"].values()) == 6
    for number, record in world.records.items():
        assert (record.end.reason == "Pruned") == (record.prune is not None), number


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_a_plan_that_was_carried_out_is_not_made_again(ends):
    world = Simulated(study(trials={"max": 6, "parallelism": 3}))
    for which in ends:
        world.live()
        if running := world.running():
            world.end_pod(running[which % len(running)].uid, 0, 0.5)
        for _ in range(20):
            if not world.reconcile():
                break
        else:
            raise AssertionError("plans go on without anything happening")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 12), st.integers(1, 3))
def test_a_pruned_trial_never_gets_another_pod(rounds, parallelism):
    world = Simulated(study(trials={"max": 4, "parallelism": parallelism}))
    for _ in range(rounds):
        world.reconcile()
        world.live()
    pruned = [number for number, record in world.records.items() if record.attempt]
    for number in pruned:
        world.prune(number)
    before = len(world.jobs_created)
    for _ in range(10):
        world.reconcile()
        world.live()
        for pod in world.pods.values():
            assert pod.number not in pruned or pod.deleting
    assert all(f"s-{number}" not in world.jobs_created[before:] for number in pruned)
