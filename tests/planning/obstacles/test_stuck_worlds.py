"""No world that stands still is silent for longer than the operator's patience, nor one that moves
called stuck."""

from __future__ import annotations

import pytest

from espalier.planning.status import of_study as study_status
from tests.planning.obstacles.stuck_worlds import PATIENCE, STOPS, StuckWorld


@pytest.mark.parametrize("seed", range(12))
def test_a_world_that_moves_is_never_called_stuck(seed: int) -> None:
    world = StuckWorld(seed)
    assert world.play(4 * 3600, world.over), world.view.status
    assert world.degraded == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", STOPS)
def test_a_world_that_stands_still_says_why_until_the_trouble_has_passed(
    name: str, seed: int
) -> None:
    world = StuckWorld(seed)
    world.play(world.rnd.uniform(0, 40 * world.slow))
    world.stop(name)
    event = STOPS[name].event
    assert world.play(PATIENCE + world.still(), world.is_degraded), world.view.status
    if event is not None:
        assert event[1] in world.said(), "the cause is not said in the cluster's own words"
    world.go()
    assert world.play(4 * 3600, world.over), world.view.status
    assert not world.is_degraded(), world.said()


@pytest.mark.parametrize("name", STOPS)
def test_a_world_that_stands_still_would_be_silent_without_what_says_so(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study_status, "obstacle_of", lambda _scene: None)
    world = StuckWorld(1)
    world.play(world.rnd.uniform(0, 40 * world.slow))
    world.stop(name)
    assert not world.play(PATIENCE + world.still(), world.is_degraded)
    goes_on = name == "statuses that are not taken"  # only that nobody sees it
    assert world.over() == goes_on, "nothing has been stopped"
