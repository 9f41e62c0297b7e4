"""A Median pruner prunes the trials that the curves say, at the steps that they say."""

from __future__ import annotations

import pytest

from tests.bench.scale.curves import WARM_UP, Curves


def test_curves_rise_until_they_stand_still():
    curves = Curves(steps=50, pruned_percent=50.0)
    for number in range(200):
        values = [curves.value(number, step) for step in range(1, 51)]
        last = curves.last_rise(number) or 50
        assert values[:last] == sorted(set(values[:last]))
        assert set(values[last - 1 :]) == {values[last - 1]}


@pytest.mark.parametrize("percent", [0.0, 30.0, 100.0])
def test_so_many_stand_still(percent):
    curves = Curves(steps=50, pruned_percent=percent)
    still = [curves.pruned_at(number) for number in range(2000)]
    share = 100 * sum(at is not None for at in still) / len(still)
    assert share == pytest.approx(percent, abs=4.0)
    assert all(WARM_UP < at <= 50 for at in still if at is not None)
