"""A sampler that costs one process after the other is left alone for a while, and only that one."""

from __future__ import annotations

import pytest

from espalier.engine.proposing.messages import FailedBy, SamplerFailure
from espalier.engine.proposing.trust import MOST_LOST, PAUSE, Trust

COSTLY = (FailedBy.TOO_LONG, FailedBy.DIED, FailedBy.NOT_STARTED)


def failed(trust: Trust, by: FailedBy, times: int, now: float = 100.0) -> None:
    for _ in range(times):
        assert trust.paused(now) is None
        trust.failed(SamplerFailure(by, "it was so"), now)


@pytest.mark.parametrize("by", COSTLY)
def test_it_is_not_asked_after_it_has_cost_several_processes_in_a_row(by: FailedBy) -> None:
    trust = Trust()
    failed(trust, by, MOST_LOST)
    paused = trust.paused(101.0)
    assert paused is not None
    assert paused.by is FailedBy.PAUSED
    assert "it was so" in paused.words
    assert f"again in {PAUSE - 1:.0f} s" in paused.words
    trust.failed(paused, 101.0)
    assert trust.words == "it was so"
    assert trust.paused(100.0 + PAUSE) is None


def test_once_it_has_served_all_is_forgotten() -> None:
    trust = Trust()
    failed(trust, FailedBy.DIED, MOST_LOST - 1)
    trust.served()
    assert trust.words == ""
    failed(trust, FailedBy.DIED, MOST_LOST - 1)
    assert trust.paused(100.0) is None


def test_exceptions_cost_nothing_and_are_raised_again_and_again() -> None:
    trust = Trust()
    failed(trust, FailedBy.RAISED, 10 * MOST_LOST)
    assert trust.paused(100.0) is None
    assert trust.words == "it was so"
