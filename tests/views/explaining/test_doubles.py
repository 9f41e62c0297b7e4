"""Numbers are told apart to the last bit."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from espalier.views.explaining.doubles import least, next_below

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(low=NUMBERS, high=NUMBERS, part=st.floats(0, 1))
def test_the_least_number_is_found_wherever_it_lies(low: float, high: float, part: float) -> None:
    low, high = min(low, high), max(low, high)
    bound = min(high, max(next_above(low), low * (1 - part) + high * part))
    if not low < bound:
        return
    asked: list[float] = []

    def holds(value: float) -> bool:
        asked.append(value)
        return value >= bound

    assert least(holds, low, high) == bound
    assert len(asked) <= 64


@given(value=NUMBERS)
def test_nothing_lies_between_a_number_and_the_one_a_hair_less(value: float) -> None:
    below = next_below(value)
    assert below < value
    assert not below < (below + value) / 2 < value or math.isinf(below)


def next_above(value: float) -> float:
    return math.nextafter(value, math.inf)
