"""Studies whose sampler learns live through what may go wrong; `tests.simulation.oracle` judges.

Nothing may be run that was not recorded, no configuration twice, and a replay of the log must come
to the same proposals.
"""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.simulation.faults import Faults, drawn
from tests.simulation.fuzz import run_with

SAMPLER = {"type": "TPE", "seed": 5, "tpe": {"startupTrials": 2}}
FEW: list[dict[str, Any]] = [{"name": "lr", "float": {"min": 0.1, "max": 1.0, "step": 0.1}}]
OFTEN = {
    "kills": Faults(kills=0.6),
    "kills amid lost answers": Faults(kills=0.4, lost=0.3, refused=0.2),
    "a store in trouble": Faults(commits=0.2, kills=0.3),
    "an etcd that goes back again and again": Faults(restores=0.5, late=1.0),
    "tenants and people at once": Faults(tenants=2.0, people=1.0),
}


@pytest.mark.parametrize("seed", range(6))
def test_no_law_is_broken_whatever_goes_wrong(seed: int) -> None:
    run = run_with(drawn(random.Random(seed)), seed, sampler=SAMPLER)
    assert not run.broken, str(run)


@pytest.mark.parametrize("faults", OFTEN.values(), ids=OFTEN)
def test_no_law_is_broken_where_one_kind_of_thing_goes_wrong_often(faults: Faults) -> None:
    run = run_with(faults, 11, sampler=SAMPLER)
    assert not run.broken, str(run)


@pytest.mark.parametrize("seed", range(4))
def test_a_small_space_is_tried_once_whatever_goes_wrong(seed: int) -> None:
    listed = [{"lr": 0.3}, {"lr": 0.3}]
    run = run_with(drawn(random.Random(seed)), seed, parameters=FEW, enqueue=listed)
    assert not run.broken, str(run)
