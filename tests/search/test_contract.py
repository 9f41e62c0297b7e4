"""Every sampler that is registered keeps the contract that ships."""

from typing import Any

import pytest

from espalier.search import SAMPLERS, Sampler
from espalier.search.contract import SPACES, SamplerContract

ARGUMENTS: dict[str, dict[str, Any]] = {"Grid": {"points": 7}}
"""Settings of samplers that cannot sample a continuum without any."""
ELSEWHERE = {"GP"}
"""It needs PyTorch, which is too large for these tests: tests/bench/test_gp_with_pytorch.py."""


def test_every_other_sampler_can_sample_what_the_contract_samples() -> None:
    assert set(SAMPLERS) > ELSEWHERE
    for name in set(SAMPLERS) - ELSEWHERE:
        sampler = SAMPLERS[name](**ARGUMENTS.get(name, {}))
        assert [sampler.objection(space) for space in SPACES] == [None] * len(SPACES), name


class TestRegistered(SamplerContract):
    @pytest.fixture(autouse=True, params=[each for each in SAMPLERS if each not in ELSEWHERE])
    def _each(self, request: pytest.FixtureRequest) -> None:
        self.name = request.param

    def make(self) -> Sampler:
        return SAMPLERS[self.name](**ARGUMENTS.get(self.name, {}))

    def test_its_name_is_the_one_it_is_registered_by(self) -> None:
        assert self.make().name == self.name
