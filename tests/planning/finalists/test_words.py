"""What is said of finalists, in sentences."""

from __future__ import annotations

import pytest

from espalier.planning.finalists.results import Finalist
from espalier.planning.finalists.words import outcome
from espalier.pruning import Direction, RepeatedValues

ALIKE = "The repeats of each trial are all alike: does the trainer use ESPALIER_SEED?"


def said_of(*repeats: tuple[float, ...]) -> str:
    finalists = [
        Finalist(number, 0.9, RepeatedValues(values)) for number, values in enumerate(repeats)
    ]
    return outcome(finalists, Direction.MAXIMIZE)


@pytest.mark.parametrize(
    "repeats",
    [[(0.5, 0.5)], [(0.5, 0.5), (0.7, 0.7, 0.7)], [(0.5, 0.5), (0.7,)]],
    ids=["of one trial", "of each by itself", "of those that have two"],
)
def test_where_all_repeats_are_alike_it_asks_for_the_seed(repeats):
    assert said_of(*repeats).endswith(ALIKE)


@pytest.mark.parametrize(
    "repeats",
    [[(0.5, 0.6)], [(0.5, 0.5), (0.7, 0.8)], [(0.5,)], [()]],
    ids=["they differ", "those of one differ", "a single one", "none"],
)
def test_where_repeats_differ_or_there_are_too_few_it_does_not(repeats):
    assert ALIKE not in said_of(*repeats)
