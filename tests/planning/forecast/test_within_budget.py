"""How a budget moves the end."""

import math

import pytest

from espalier.planning.forecast.of_end import EndForecast, forecast
from espalier.planning.forecast.within_budget import Within, cut, within
from tests.planning.forecast.test_of_end import NOW, STEADY

FOUND = EndForecast(NOW + 100, NOW + 80, NOW + 150, NOW + 60, 4.0, 40.0)


@pytest.mark.parametrize(
    ("starts", "runs", "said"),
    [
        (math.inf, math.inf, Within.YES),
        (NOW + 151, NOW + 200, Within.YES),
        (NOW + 100, math.inf, Within.UNSURE),
        (NOW + 70, math.inf, Within.NO),
        (math.inf, NOW + 10, Within.NO),
    ],
)
def test_it_is_told_whether_the_study_ends_before(starts, runs, said):
    assert within(FOUND, starts, runs) is said


def test_no_study_ends_after_its_hard_limit():
    found = cut(STEADY, FOUND, math.inf, NOW + 90)
    assert (found.low, found.end, found.high) == (NOW + 80, NOW + 90, NOW + 90)


def test_what_starts_no_more_does_not_count():
    whole = forecast(STEADY)
    assert whole is not None
    found = cut(STEADY, whole, NOW + 500, math.inf)
    assert found.end - NOW == pytest.approx(550, rel=0.2)
