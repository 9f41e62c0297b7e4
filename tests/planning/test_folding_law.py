"""What is planned and shown is the same with all trials and with those that have ended folded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from espalier.engine.control.figures import study_figures
from espalier.planning.costs.costs import costs_of
from espalier.planning.plan import plan_of
from espalier.planning.standing.look import look_at
from espalier.planning.world.snapshot import Snapshot
from espalier.pruning import TrialState
from tests.planning.folded import Folded
from tests.planning.obstacles.stuck_worlds import STOPS, StuckWorld
from tests.planning.test_laws import ACTIONS, act
from tests.planning.worlds import SETTINGS, TEMPLATE, Simulated, study


def come_to(snapshot: Snapshot, now: float) -> tuple[Any, Any]:
    """Return what is planned and what is shown."""
    look = look_at(snapshot)
    costs = costs_of(look)
    return plan_of(look, costs, now, SETTINGS), study_figures(look, costs)


def check(folded: Folded, snapshot: Snapshot, now: float) -> None:
    everything = come_to(snapshot, now)
    kept = folded.of(snapshot)
    assert come_to(kept, now) == everything
    anew = Folded().of(snapshot, backwards=True)
    assert come_to(anew, now) == everything
    assert {each.number for each in kept.trials} == {each.number for each in anew.trials}


GRID = {
    "parameters": [{"name": "lr", "categorical": {"values": [0.1, 0.2, 0.3]}}],
    "sampler": {"type": "Grid"},
}
OTHER = {"spec": {"containers": [{"name": "trainer", "image": "other"}]}}
CHANGES = st.one_of(
    ACTIONS,
    st.tuples(st.just("another template"), st.just(0), st.just(0)),
    st.tuples(st.just("delete pod"), st.integers(0, 9), st.just(0)),
    st.tuples(st.just("fault"), st.integers(0, 9), st.sampled_from([0, 1])),
    st.tuples(st.just("touch"), st.integers(0, 9), st.just(0)),
)


def change(world: Simulated, action: tuple[str, int, int], spec: dict[str, Any]) -> None:
    """Let one thing happen, ended trials included."""
    what, which, code = action
    if what == "another template":
        changed = study(generation=world.view.generation + 1, template=OTHER, **spec)
        world.view = replace(changed, status=world.view.status)
    elif what == "delete pod" and world.pods:
        del world.pods[sorted(world.pods)[which % len(world.pods)]]
    elif what == "fault" and (number := which % 6) in world.records:
        fault(world, number, code)
    elif what == "touch" and world.trials:
        number = sorted(world.trials)[which % len(world.trials)]
        status = {**world.trials[number].status, "stepsSaved": float(which)}
        world.trials[number] = replace(world.trials[number], status=status)
    else:
        act(world, action)


def fault(world: Simulated, number: int, code: int) -> None:
    """Let a trial that has ended have ended by a fault of the template, of this one or another."""
    old = world.records[number]
    if old.end is not None and old.prune is None:
        ended = replace(
            old.end,
            reason="ImagePullFailed" if code else "BadCommand",
            state=TrialState.FAILED,
            template=7 if number % 2 else TEMPLATE,
        )
        world.records[number] = replace(old, end=ended)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(CHANGES, max_size=50), st.integers(1, 3), st.sampled_from([{}, GRID]))
def test_folding_the_settled_changes_nothing(actions, parallelism, spec):
    spec = {"trials": {"max": 6, "parallelism": parallelism, "maxFailed": 5}, **spec}
    world, folded = Simulated(study(**spec)), Folded()
    for action in actions:
        change(world, action, spec)
        check(folded, world.snapshot(), world.now)


class Checked(StuckWorld):
    """A world in which the law is checked at each look."""

    folded: Folded

    def snapshot(self) -> Snapshot:
        found = super().snapshot()
        check(self.folded, found, self.now)
        return found


@pytest.mark.parametrize("name", [None, *STOPS])
def test_folding_changes_nothing_of_what_is_in_the_way(name):
    world = Checked(3)
    world.folded = Folded()
    world.play(40 * world.slow)
    if name is not None:
        world.stop(name)
        world.play(300.0)
        world.go()
    world.play(3600.0, world.over)
