"""With fixed seeds, values lie as their scale says."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from espalier.search import (
    NO_HISTORY,
    Choice,
    FloatRange,
    Grid,
    IntRange,
    Parameter,
    Random,
    Scale,
    Sobol,
    Space,
)

DRAWS = 4000
SAMPLERS = pytest.mark.parametrize(
    "sampler",
    [Random(), Sobol()],
    ids=lambda s: s.name,
)


def draw(domain, sampler, name="x"):
    space = Space((Parameter(name, domain),))
    return [sampler.propose(space, NO_HISTORY, 11, number)[name] for number in range(DRAWS)]


@SAMPLERS
def test_a_linear_float_is_uniform(sampler):
    values = draw(FloatRange(-3, 5), sampler)
    assert stats.kstest(values, stats.uniform(-3, 8).cdf).pvalue > 0.01


@SAMPLERS
def test_a_log_float_is_uniform_in_its_logarithm(sampler):
    values = np.log10(draw(FloatRange(1e-5, 1e1, Scale.LOG), sampler))
    assert stats.kstest(values, stats.uniform(-5, 6).cdf).pvalue > 0.01


@SAMPLERS
@pytest.mark.parametrize(
    "domain",
    [
        IntRange(1, 7),
        IntRange(0, 12, step=4),
        FloatRange(0, 1, step=0.25),
        Choice(("a", True, 1, 2.5)),
    ],
    ids=str,
)
def test_each_of_finitely_many_values_has_the_same_share(sampler, domain):
    counts = Counter(repr(value) for value in draw(domain, sampler))
    assert len(counts) == domain.size
    assert stats.chisquare(list(counts.values())).pvalue > 0.01


@SAMPLERS
def test_a_log_int_gives_each_order_of_magnitude_its_share(sampler):
    values = draw(IntRange(1, 999, Scale.LOG), sampler)
    whole = math.log(999.5) - math.log(0.5)
    for low, high in ((1, 9), (10, 99), (100, 999)):
        expected = (math.log(high + 0.5) - math.log(low - 0.5)) / whole
        assert sum(low <= value <= high for value in values) / DRAWS == pytest.approx(
            expected, abs=0.025
        )


def test_parameters_of_a_trial_are_independent():
    space = Space(tuple(Parameter(name, FloatRange(0, 1)) for name in ("x", "y")))
    random = Random()
    drawn = [random.propose(space, NO_HISTORY, 3, number) for number in range(DRAWS)]
    assert abs(stats.pearsonr([d["x"] for d in drawn], [d["y"] for d in drawn])[0]) < 0.05
    lagged = stats.pearsonr([d["x"] for d in drawn[1:]], [d["x"] for d in drawn[:-1]])[0]
    assert abs(lagged) < 0.05


def test_sobol_covers_the_unit_square_more_evenly_than_random():
    space = Space(tuple(Parameter(name, FloatRange(0, 1)) for name in ("x", "y")))

    def discrepancy(sampler):
        points = [sampler.propose(space, NO_HISTORY, 5, n) for n in range(256)]
        return qmc.discrepancy([[p["x"], p["y"]] for p in points])

    assert discrepancy(Sobol()) < discrepancy(Random()) / 5


def test_sobol_gives_the_points_of_scipy_also_across_its_blocks():
    space = Space(tuple(Parameter(name, FloatRange(0, 1)) for name in ("x", "y", "z")))
    engine = qmc.Sobol(3, scramble=True, rng=np.random.default_rng(42))
    for number, point in enumerate(engine.random(512)):
        assert list(Sobol().propose(space, NO_HISTORY, 42, number).values()) == list(point)


def test_a_grid_is_walked_all_over_and_not_from_one_corner():
    space = Space(tuple(Parameter(name, IntRange(0, 31)) for name in ("x", "y")))
    first = [Grid().propose(space, NO_HISTORY, 1, number) for number in range(100)]
    for name in ("x", "y"):
        assert 10 < np.mean([chosen[name] for chosen in first]) < 21
