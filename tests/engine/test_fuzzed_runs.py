"""A few fuzzed runs; `tests/bench/test_fuzz.py` has a thousand.

What may go wrong in a run is drawn from its seed (`tests.simulation.faults`), and what must hold
all the same is `tests.simulation.oracle`.
"""

from __future__ import annotations

import random

import pytest

from tests.pruning.ousting import NAME, ousting  # noqa: F401
from tests.simulation.faults import MOST, Faults, drawn
from tests.simulation.fuzz import fuzzed, run_with

OFTEN: dict[str, dict[str, float]] = {
    name: {name: getattr(MOST, name)} for name in vars(Faults()) if name not in ("deaf", "ttl")
}
OFTEN |= {
    "trainers that exit with 0 when drained": {"drains": 0.5, "deaf": 1.0},
    "a clean-up of finished Jobs while it is down": {"kills": 0.3, "ttl": 0.5},
    "an API server in trouble": {"refused": 0.3, "lost": 0.3, "slow": 5.0, "breaks": 0.5},
    "watches that are of no use": {"dropped": 0.9, "late": 6.0, "repeated": 0.5, "breaks": 1.0},
    "a store in trouble": {"commits": 0.2, "kills": 0.3},
    "an etcd that goes back again and again": {"restores": 0.5, "late": 1.0},
    "tenants and people at once": {"tenants": 2.0, "people": 1.0},
}
SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_law_is_broken_whatever_goes_wrong(seed: int) -> None:
    run = fuzzed(seed)
    assert not run.broken, str(run)


@pytest.mark.parametrize("rates", OFTEN.values(), ids=OFTEN)
def test_no_law_is_broken_where_one_kind_of_thing_goes_wrong_often(rates: dict[str, float]) -> None:
    run = run_with(Faults(**rates), seed=7)
    assert not run.broken, str(run)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.usefixtures("ousting")
def test_no_law_is_broken_where_trials_are_pruned_by_others_values(seed: int) -> None:
    pruner = {"type": "Plugin", "plugin": {"name": NAME, "settings": {"margin": 0.3}}}
    run = run_with(drawn(random.Random(seed)), seed, pruner=pruner)
    assert not run.broken, str(run)


@pytest.mark.parametrize("seed", [2, 33])
def test_the_same_seed_gives_the_same_run(seed: int) -> None:
    first, second = fuzzed(seed), fuzzed(seed)
    assert first.faults == second.faults
    assert len(first.writes) > 20
    assert first.writes == second.writes
