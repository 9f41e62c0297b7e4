"""Which finalist is best by its repeats, and what is said of that."""

import pytest

from espalier.planning.finalists.results import Finalist, best_mean
from espalier.planning.finalists.words import outcome
from espalier.pruning import Direction, RepeatedValues


@pytest.mark.parametrize("direction", Direction)
def test_the_best_mean_is_the_directions_and_of_equals_the_first(direction: Direction) -> None:
    each = {3: (0.5, 0.5), 7: (0.875, 0.625), 1: (0.75,), 9: ()}
    samples = {number: RepeatedValues(values) for number, values in each.items()}
    assert best_mean(samples, direction) == (7 if direction is Direction.MAXIMIZE else 3)
    assert best_mean({9: RepeatedValues(), 8: RepeatedValues(failed=2)}, direction) is None


LUCKY = Finalist(3, 0.931, RepeatedValues((0.889, 0.905, 0.897, 0.893, 0.901)), told_apart=True)
GOOD = Finalist(7, 0.918, RepeatedValues((0.908, 0.916, 0.912, 0.91, 0.914)))
NEAR = Finalist(12, 0.92, RepeatedValues((0.91, 0.912, 0.908, 0.914, 0.911)), told_apart=False)


@pytest.mark.parametrize(
    ("finalists", "said"),
    [
        pytest.param(
            (LUCKY, NEAR, GOOD),
            "By 5 repeats, trial 7 is best: 0.912 [0.908074, 0.915926]; trial 3, which led with "
            "0.931, has 0.897 [0.889147, 0.904853]. Beyond the noise it cannot be told apart from "
            "trial 12.",
            id="the winner by one run is not the winner by five",
        ),
        pytest.param(
            (GOOD, LUCKY),
            "By 5 repeats, trial 7, which led with 0.918, is best: 0.912 [0.908074, 0.915926].",
            id="the winner stays the winner, and is told apart",
        ),
        pytest.param(
            (
                Finalist(4, 0.8, RepeatedValues((0.7,), failed=1)),
                Finalist(5, 0.7, RepeatedValues(failed=2)),
            ),
            "By 1 repeat (1 failed), trial 4, which led with 0.8, is best: 0.7 (1 repeat, no "
            "interval). So few repeats do not tell how sure that is.",
            id="one repeat has no interval",
        ),
        pytest.param(
            (
                Finalist(4, 0.8, RepeatedValues(failed=2)),
                Finalist(5, 0.7, RepeatedValues((0.5, 0.6))),
            ),
            "By 2 repeats, trial 5 is best: 0.55 [-0.0853102, 1.18531]; trial 4, which led with "
            "0.8, has no repeat that completed.",
            id="no repeat of the one that led completed",
        ),
        pytest.param(
            (Finalist(4, 0.8, RepeatedValues(failed=5)),),
            "No repeat of a finalist has completed: trial 4 stays the best.",
            id="all repeats failed",
        ),
        pytest.param((), "", id="nothing could be run again"),
    ],
)
def test_what_came_of_the_repeats_is_said_in_a_sentence(finalists, said: str) -> None:
    assert outcome(finalists, Direction.MAXIMIZE) == said
