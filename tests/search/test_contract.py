"""Every sampler that is registered keeps the contract that ships."""

from typing import Any

import pytest

from espalier.search import NO_HISTORY, SAMPLERS, Sampler
from espalier.search.contract import SEED, SamplerContract, situations

ARGUMENTS: dict[str, dict[str, Any]] = {"Grid": {"points": 7}}
"""Settings of samplers that cannot sample a continuum without any."""


class TestRegistered(SamplerContract):
    @pytest.fixture(autouse=True, params=SAMPLERS)
    def _each(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param

    def make(self) -> Sampler:
        return SAMPLERS[self.name](**ARGUMENTS.get(self.name, {}))

    def test_its_name_is_the_one_it_is_registered_by(self) -> None:
        assert self.make().name == self.name

    def test_it_does_not_learn_since_planning_has_no_history_to_give(self) -> None:
        for space, history in situations():
            proposed = self.make().propose(space, history, SEED, 0)
            assert proposed == self.make().propose(space, NO_HISTORY, SEED, 0)
