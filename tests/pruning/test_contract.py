"""Every registered pruner passes the contract suite that ships with the package."""

from __future__ import annotations

import pytest

from espalier.pruning import AllOf, AnyOf, Nop, Pruner
from espalier.pruning.contract import PrunerContract
from espalier.pruning.pruners.registry import BUILT_IN, make
from tests.pruning.every_pruner import NEEDED
from tests.pruning.ousting import Ousting

ARGUMENTS = {
    **NEEDED,
    "SuccessiveHalving": {"min_resource": 3, "reduction_factor": 3},
    "Threshold": {"lower": -10.0, "upper": 10.0},
}
WARM = {
    "SuccessiveHalving": lambda step: {"min_resource": step},
    "Hyperband": lambda step: {"min_resource": step},
}


def built(name: str, **more: object) -> Pruner:
    return make(name, {**ARGUMENTS.get(name, {}), **more})


@pytest.mark.parametrize("name", sorted(BUILT_IN))
class TestRegisteredPruner(PrunerContract):
    @pytest.fixture(autouse=True)
    def choose(self, name: str) -> None:
        self.name = name
        self.prunes = name != "Nop"

    def make(self) -> Pruner:
        return built(self.name)

    def make_warm(self, step: int) -> Pruner | None:
        settings = WARM.get(self.name, lambda step: {"warmup_steps": step})(step)
        return built(self.name, **settings)


class TestAny(PrunerContract):
    def make(self) -> Pruner:
        return AnyOf(of=(Nop(), built("Median"), built("Patient")))

    def make_warm(self, step: int) -> Pruner | None:
        return AnyOf(of=(Nop(), built("Median", warmup_steps=step)))


class TestAll(PrunerContract):
    def make(self) -> Pruner:
        return AllOf(of=(built("Threshold"), built("Median"), built("Patient")))

    def make_warm(self, step: int) -> Pruner | None:
        return AllOf(of=(built("Threshold"), built("Median", warmup_steps=step)))


class TestPrunerThatJudgesOthers(PrunerContract):
    prunes = False

    def make(self) -> Pruner:
        return Ousting(margin=0.5)

    def make_warm(self, step: int) -> Pruner | None:
        return None
