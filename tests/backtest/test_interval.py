"""Intervals: over tasks, or over the lists of the only one."""

from __future__ import annotations

import pytest

from espalier.backtest.interval import bootstrap, of_tasks
from espalier.backtest.measure import Measured, mean_of
from espalier.pruning.oversight.summary import clopper_pearson


def lists(*saved: float, lost: int = 0) -> list[Measured]:
    return [Measured(share, 0.0, float(number < lost)) for number, share in enumerate(saved)]


def test_the_interval_holds_the_mean_and_shrinks_to_it_where_all_agree():
    low, high = bootstrap([0.1, 0.5, 0.9])
    assert low < 0.5 < high
    assert bootstrap([0.3, 0.3]) == (pytest.approx(0.3), pytest.approx(0.3))


def test_several_tasks_are_drawn_as_wholes():
    tasks = [lists(0.0, 0.2), lists(0.4, 0.6)]
    assert of_tasks(tasks, "saved") == bootstrap([0.1, 0.5])


def test_of_a_single_task_the_lists_are_drawn():
    assert of_tasks([lists(0.1, 0.5, 0.9)], "saved") == bootstrap([0.1, 0.5, 0.9])


def test_a_single_task_without_a_loss_may_still_lose():
    assert of_tasks([lists(*[0.5] * 20)], "lost") == clopper_pearson(0, 20)
    assert of_tasks([lists(*[0.5] * 20, lost=3)], "lost") == clopper_pearson(3, 20)


def test_a_mean_counts_each_the_same_and_keeps_the_budgets():
    two = [Measured(0.2, 0.0, 0.0, (0.5, 0.1)), Measured(0.4, 0.1, 1.0, (0.3, 0.0))]
    assert mean_of(two) == Measured(
        pytest.approx(0.3), pytest.approx(0.05), 0.5, (pytest.approx(0.4), pytest.approx(0.05))
    )
