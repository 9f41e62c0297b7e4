"""What trials are called in sentences."""

from __future__ import annotations

import pytest

from espalier.planning.world.names import called, titled
from espalier.pruning import Repeat


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "trial 0"), (1_000_002, "trial 1000002"), (Repeat(7, 3).number, "repeat 3 of trial 7")],
    ids=["a sampled one", "one made by hand", "a repeat"],
)
def test_a_repeat_is_called_by_its_finalist_and_all_others_by_their_number(number, words):
    assert called(number) == words
    assert titled(number) == words[0].upper() + words[1:]
