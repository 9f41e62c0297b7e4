"""Numbers as ranges come back as they were, in their order, each once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.planning.proposing.ranges import numbers_of_ranges, text_of_ranges

numbers = st.lists(st.integers(0, 40) | st.integers(10**6, 10**6 + 5))


@given(numbers)
def test_numbers_come_back(given_: list[int]) -> None:
    assert numbers_of_ranges(text_of_ranges(given_)) == sorted(set(given_))


@pytest.mark.parametrize(
    ("found", "text"),
    [([], ""), ([3], "3"), ([0, 1, 2, 3, 7], "0-3,7"), (range(10_000), "0-9999")],
)
def test_what_follows_one_another_is_one_range(found: list[int], text: str) -> None:
    assert text_of_ranges(found) == text


@pytest.mark.parametrize("text", ["x", "1-x", "1;2", "--"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        numbers_of_ranges(text)
