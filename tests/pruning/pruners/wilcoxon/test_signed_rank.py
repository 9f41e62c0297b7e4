"""Our signed-rank test is scipy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from espalier.pruning.pruners.wilcoxon.signed_rank import SignedRanks


def p_value_less(differences: list[float]) -> float:
    return SignedRanks(differences).p_value_less()


@pytest.mark.parametrize("size", [2, 3, 7, 10, 13, 14, 30, 50, 51, 80])
@pytest.mark.parametrize("grid", [0.0, 1.0, 0.1], ids=["no ties", "many ties", "some ties"])
def test_p_value_is_that_of_scipy(size: int, grid: float) -> None:
    rng = np.random.default_rng(size)
    for _ in range(4 if size < 10 else 1):
        values = rng.normal(rng.choice([-0.5, 0.0, 0.5]), 1.0, size)
        if grid:
            values = np.round(values / grid) * grid
        expected = wilcoxon(values, alternative="less", zero_method="zsplit").pvalue
        assert p_value_less(values.tolist()) == pytest.approx(float(expected), rel=1e-9)


def test_all_zeros_are_no_evidence() -> None:
    assert p_value_less([0.0] * 5) == 1.0
    assert p_value_less([0.0] * 20) == 0.5


def test_values_of_any_size_are_only_ranked() -> None:
    assert p_value_less([1e-308, -1e308, -1e300]) == p_value_less([1.0, -3.0, -2.0])


@given(
    st.lists(st.sampled_from([0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 3.0, -3.0]) | st.floats(-9, 9)),
    st.integers(0, 5),
)
def test_ranks_that_are_kept_are_those_that_are_made_anew(
    differences: list[float], at_once: int
) -> None:
    kept = SignedRanks(differences[:at_once])
    for count, difference in enumerate(differences[at_once:], at_once + 1):
        kept.add(difference)
        assert len(kept) == count
        assert kept.p_value_less() == p_value_less(differences[:count])
