"""What a forecast chance costs a study, and that the two ways of asking agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.pruning.pruners.posterior.risk_scale import FIRST, FITTED, RiskScale
from espalier.pruning.terms import NEWEST_EDITION

risks = st.floats(1e-6, 0.5)


@pytest.mark.parametrize("scale", [FIRST, FITTED])
@given(risk=risks)
def test_what_is_pruned_at_the_limit_costs_the_risk(scale: RiskScale, risk: float) -> None:
    assert scale.risk(scale.limit(risk)) == pytest.approx(risk)


@pytest.mark.parametrize("scale", [FIRST, FITTED])
@given(less=risks, more=risks)
def test_who_risks_more_prunes_more(scale: RiskScale, less: float, more: float) -> None:
    less, more = sorted((less, more))
    assert scale.limit(less) <= scale.limit(more)
    assert scale.risk(less) <= scale.risk(more)


@given(risk=risks)
def test_the_first_edition_took_forecasts_as_they_are(risk: float) -> None:
    assert RiskScale.of(1) is FIRST
    assert FIRST.limit(risk) == FIRST.risk(risk) == risk


@pytest.mark.parametrize("edition", range(2, NEWEST_EDITION + 1))
def test_later_editions_take_them_as_fitted(edition: int) -> None:
    assert RiskScale.of(edition) is FITTED
    # The default risk allows more than forecasts say, and a tiny one less.
    assert FITTED.limit(0.05) > 0.05
    assert FITTED.limit(0.005) < 0.005


def test_nothing_costs_nothing() -> None:
    assert FIRST.risk(0.0) == FITTED.risk(0.0) == 0.0
