"""A few fuzzed runs; `tests/bench/test_fuzz.py` has a thousand.

What may go wrong in a run is drawn from its seed (`tests.simulation.faults`), and what must hold
all the same is `tests.simulation.oracle`.
"""

from __future__ import annotations

import random

import pytest

from tests.simulation.faults import MOST, Faults, drawn
from tests.simulation.fuzz import fuzzed, run_with

KINDS = sorted(vars(Faults()))
SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_law_is_broken_whatever_goes_wrong(seed: int) -> None:
    run = fuzzed(seed)
    assert not run.broken, str(run)


@pytest.mark.parametrize("kind", KINDS)
def test_no_law_is_broken_where_one_kind_of_thing_goes_wrong_often(kind: str) -> None:
    faults = Faults(**{kind: getattr(MOST, kind)})
    run = run_with(faults, seed=7)
    assert not run.broken, str(run)


def test_the_same_seed_draws_the_same_faults() -> None:
    assert drawn(random.Random(3)) == drawn(random.Random(3))
