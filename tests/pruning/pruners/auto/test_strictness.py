"""How much of the winner's distribution may lie beyond the limit at a stated risk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning.pruners.auto.strictness import TRUE_AT, WIDEST_TAIL, tail_for

risks = st.floats(1e-6, 0.5)


@given(risks, risks)
def test_a_smaller_risk_never_has_a_wider_tail(one, other):
    small, large = sorted((one, other))
    assert 0.0 < tail_for(small) <= tail_for(large) <= WIDEST_TAIL


def test_below_the_risk_that_is_told_truly_the_tail_is_smaller_and_above_it_wider():
    assert tail_for(TRUE_AT) == pytest.approx(TRUE_AT)
    assert tail_for(0.01) < 0.01 / 2
    assert tail_for(0.2) > 0.2
