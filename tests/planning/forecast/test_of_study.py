"""The facts of a study's course are those that its trials show."""

from dataclasses import replace

import pytest

from espalier.planning.budgets.spending import Limit, Spending
from espalier.planning.forecast.of_study import allowed_until, course_of
from espalier.planning.standing.look import look_at
from tests.planning.budgets.test_ending import HOUR, complete
from tests.planning.budgets.test_ending import Spending as World
from tests.planning.worlds import NOW, SETTINGS, study


def played(rounds: int, **spec) -> World:
    world = World(study(**{"trials": {"max": 20, "parallelism": 2, "maxFailed": 9}, **spec}))
    world.round()
    for _ in range(rounds):
        world.now += 100.0
        complete(world)
        world.round()
    return world


def facts(world: World):
    return course_of(look_at(world.snapshot()), 20, SETTINGS, world.now)


def test_all_trials_are_ended_running_or_left():
    world = played(5)
    course = facts(world)
    running = len(course.young) + len(course.old)
    assert len(course.ended) + running + course.left == 20
    assert len(course.ended) == sum(each.end is not None for each in world.records.values())
    assert course.slots == 2
    assert all(life == pytest.approx(100.0, abs=20.0) for life in course.ended)
    assert course.held == pytest.approx(sum(course.ended) + sum((*course.young, *course.old)))


def test_repeats_of_finalists_are_left_to_run_too():
    without = facts(played(3)).left
    assert facts(played(3, finalists={"count": 2, "repeats": 3})).left == without + 6


def test_the_pace_is_told_by_the_newest_endings():
    course = facts(played(6))
    assert course.recent is not None
    count, since = course.recent
    assert 0 < count < 20
    assert NOW < since < course.now


def test_a_budget_allows_starts_and_runs_until_its_limits_are_met():
    gpu = Limit("gpuHours", 0.0, 2 * HOUR, 4 * HOUR, 2.0)
    clock = Limit("wallClock", HOUR, None, 2 * HOUR, 1.0)
    assert allowed_until(Spending(NOW, (gpu,))) == (NOW + HOUR, NOW + 2 * HOUR)
    assert allowed_until(Spending(NOW, (gpu, clock))) == (NOW + HOUR, NOW + HOUR)
    spent = replace(gpu, used=3 * HOUR, rate=0.0)
    assert allowed_until(Spending(NOW, (spent,))) == (NOW, float("inf"))
