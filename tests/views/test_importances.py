"""How much of the order each parameter accounts for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kruskal, rankdata

from espalier.pruning import Direction, TrialState
from espalier.views.gathered import Gathered
from espalier.views.importances import NEEDED, explained, grouped, importances_view
from tests.views.studies import study_of


def drawn(trials: int, seed: int = 7) -> Gathered:
    """Return a study whose result follows from one parameter, and from two others not at all."""
    chance = np.random.default_rng(seed)
    parameters: dict[int, dict[str, Any]] = {
        number: {
            "lr": float(10 ** chance.uniform(-5, 0)),
            "layers": int(chance.integers(1, 9)),
            "optimizer": str(chance.choice(["sgd", "adam"])),
        }
        for number in range(trials)
    }
    values = [
        (number, 1, -abs(float(np.log10(each["lr"])) + 2) + 0.1 * float(chance.standard_normal()))
        for number, each in parameters.items()
    ]
    ends = dict.fromkeys(parameters, TrialState.COMPLETED)
    return study_of(values, ends=ends, parameters=parameters)


def test_what_matters_comes_first_and_what_does_not_is_not_told_from_chance() -> None:
    found = importances_view(drawn(200))["parameters"]
    assert next(each["name"] for each in found) == "lr"
    assert found[0]["share"] > 0.5
    assert found[0]["sure"]
    assert [each["sure"] for each in found[1:]] == [False, False]


def test_of_too_few_trials_nothing_is_said() -> None:
    view = importances_view(drawn(NEEDED - 1))
    assert (view["trials"], view["needed"], view["parameters"]) == (NEEDED - 1, NEEDED, [])
    assert importances_view(drawn(NEEDED))["parameters"]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50)), min_size=5, max_size=60, unique=True)
)
def test_the_chance_is_that_of_the_kruskal_wallis_test(pairs: list[tuple[int, int]]) -> None:
    groups, scores = [each[0] for each in pairs], [each[1] for each in pairs]
    share, chance = explained(groups, list(rankdata(scores)))
    parted = [[s for g, s in pairs if g == each] for each in sorted(set(groups))]
    if len(parted) < 2 or len(set(scores)) < 2 or len(parted) >= len(pairs):
        assert share is chance is None
        return
    assert chance == pytest.approx(kruskal(*parted).pvalue, abs=1e-9)
    assert share is not None
    assert 0 <= share <= 1


def test_a_parameter_that_some_trials_do_not_have_is_a_group_of_its_own() -> None:
    assert grouped([None, 0.1, 0.9] * 20)[:3] == [-1, 0, 1]
    assert grouped(["a", None, "b", "a"]) == [grouped(["a"])[0] + 1, 0, 2, 1]
    assert len(set(grouped([True, False, True]))) == 2


def test_pruned_trials_come_after_completed_ones_by_how_far_they_went() -> None:
    count = 24
    parameters = {number: {"good": number % 2 == 0} for number in range(count)}
    values = [(n, 9 if n % 2 == 0 else 2, 0.5 if n % 2 == 0 else 0.9) for n in range(count)]
    ends = {n: TrialState.COMPLETED if n % 2 == 0 else TrialState.PRUNED for n in range(count)}
    view = importances_view(
        study_of(values, ends=ends, parameters=parameters, direction=Direction.MAXIMIZE)
    )
    assert view["parameters"][0]["share"] == pytest.approx(1.0)
