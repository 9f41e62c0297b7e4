"""Laws that every sampler keeps over every space."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier.search import (
    NO_HISTORY,
    FloatRange,
    Grid,
    IntRange,
    Parameter,
    Random,
    Scale,
    Sobol,
    Space,
    same,
)
from espalier.search.samplers.grid import permute
from tests.search.spaces import any_domain, float_ranges, int_ranges, small_domain, spaces

UNLIMITED = [Random(), Sobol()]
seeds = st.integers(0, 2**53 - 1)
numbers = st.integers(0, 100_000)
units = st.floats(0, 1, exclude_max=True)


def check_configuration(space, chosen):
    """Exactly the active parameters are there, each with a legal value."""
    active = {}
    for parameter in space.parameters:
        if parameter.active(active):
            assert parameter.domain.legal(chosen[parameter.name])
            active[parameter.name] = chosen[parameter.name]
    assert list(chosen) == list(active)


@pytest.mark.parametrize("sampler", UNLIMITED, ids=lambda s: s.name)
@given(space=spaces(any_domain), seed=seeds, number=numbers)
@settings(max_examples=150, deadline=None)
def test_a_configuration_has_legal_values_of_exactly_the_active_parameters(
    sampler, space, seed, number
):
    check_configuration(space, sampler.propose(space, NO_HISTORY, seed, number))


@pytest.mark.parametrize("sampler", UNLIMITED, ids=lambda s: s.name)
@given(space=spaces(any_domain), seed=seeds, order=st.permutations(range(6)))
@settings(max_examples=50, deadline=None)
def test_a_trial_has_the_same_parameters_in_whatever_order_trials_are_asked_for(
    sampler, space, seed, order
):
    there = {number: sampler.propose(space, NO_HISTORY, seed, number) for number in range(6)}
    again = {number: sampler.propose(space, NO_HISTORY, seed, number) for number in order}
    assert there == again


@pytest.mark.parametrize("sampler", UNLIMITED, ids=lambda s: s.name)
def test_other_numbers_and_other_seeds_give_other_values(sampler):
    space = Space((Parameter("x", FloatRange(0, 1)),))
    by_number = {sampler.propose(space, NO_HISTORY, 1, number)["x"] for number in range(1000)}
    by_seed = {sampler.propose(space, NO_HISTORY, seed, 0)["x"] for seed in range(1000)}
    assert len(by_number) == len(by_seed) == 1000


@given(space=spaces(any_domain), extra=any_domain, seed=seeds, number=numbers)
@settings(max_examples=50, deadline=None)
def test_random_values_do_not_change_when_a_parameter_is_added(space, extra, seed, number):
    random = Random()
    longer = Space((Parameter("new", extra), *space.parameters))
    with_new = random.propose(longer, NO_HISTORY, seed, number)
    del with_new["new"]
    assert with_new == random.propose(space, NO_HISTORY, seed, number)


@given(space=spaces(small_domain), seed=seeds)
@settings(max_examples=150, deadline=None)
def test_a_grid_has_every_configuration_once_and_no_other(space, seed):
    grid = Grid()
    size = Grid().size(space)
    if size > 3000:
        return
    seen = [grid.propose(space, NO_HISTORY, seed, number) for number in range(size)]
    for chosen in seen:
        check_configuration(space, chosen)
    assert len({repr(chosen) for chosen in seen}) == size
    assert {repr(c) for c in seen} == {repr(c) for c in brute_force(space)}


def brute_force(space):
    """Every configuration, by walking all values of all active parameters."""
    configurations = [{}]
    for parameter in space.parameters:
        values = [parameter.domain.at(index) for index in range(parameter.domain.size)]
        configurations = [
            {**chosen, parameter.name: value} if value is not None else chosen
            for chosen in configurations
            for value in (values if parameter.active(chosen) else [None])
        ]
    return configurations


@given(space=spaces(small_domain), seed=seeds)
@settings(max_examples=50, deadline=None)
def test_a_grid_that_is_exhausted_says_so(space, seed):
    size = Grid().size(space)
    with pytest.raises(IndexError, match=f"{size} configurations"):
        Grid().propose(space, NO_HISTORY, seed, size)


@given(space=spaces(any_domain), points=st.integers(2, 7), seed=seeds, share=units)
@settings(max_examples=150, deadline=None)
def test_a_grid_with_points_is_finite_over_any_space(space, points, seed, share):
    sampler = Grid(points=points)
    size = sampler.size(space)
    check_configuration(
        space, sampler.propose(space, NO_HISTORY, seed, min(int(share * size), size - 1))
    )


@pytest.mark.parametrize("parameters", [20, 30, 64])
def test_a_grid_of_any_size_varies_every_parameter_and_repeats_nothing(parameters):
    space = Space(tuple(Parameter(f"p{i}", FloatRange(0, 1)) for i in range(parameters)))
    grid = Grid(points=1000)
    assert grid.size(space) == 1000**parameters
    seen = [grid.propose(space, NO_HISTORY, 3, number) for number in range(300)]
    assert len({repr(chosen) for chosen in seen}) == 300
    # Of 1,000 values, 300 draws meet some 259 different ones.
    met = [len({chosen[parameter.name] for chosen in seen}) for parameter in space.parameters]
    assert min(met) > 220


@given(bits=st.integers(1, 2000), seed=seeds, data=st.data())
@settings(max_examples=100, deadline=None)
def test_a_permutation_of_any_size_stays_within_it_and_repeats_nothing(bits, seed, data):
    size = data.draw(st.integers(2 ** (bits - 1), 2**bits))
    asked = data.draw(st.sets(st.integers(0, size - 1), max_size=20))
    sent = {permute(number, size, seed) for number in asked}
    assert len(sent) == len(asked)
    assert all(0 <= number < size for number in sent)


@given(
    low=st.floats(1e-3, 1e3),
    narrow=st.floats(0, 15),
    count=st.integers(2, 60),
    scale=st.sampled_from(Scale),
)
def test_points_differ_however_narrow_the_range_if_it_has_so_many_numbers(
    low, narrow, count, scale
):
    high = low + low * 10.0**-narrow
    domain = FloatRange(low, high, scale)
    # From a logarithm and back a number loses a few units of its last digit.
    if high - low < 16 * math.ulp(max(high, 1.0)) * max(high, 1.0) * count:
        return
    points = domain.points(count)
    values = [points.at(index) for index in range(count)]
    assert sorted(set(values)) == values
    assert (values[0], values[-1]) == (domain.min, domain.max)


@given(domain=float_ranges() | int_ranges(), unit=units)
def test_a_number_of_the_unit_interval_falls_on_a_legal_value(domain, unit):
    assert domain.legal(domain.from_unit(unit))


@given(domain=float_ranges() | int_ranges(), left=units, right=units)
def test_the_way_from_the_unit_interval_is_monotone(domain, left, right):
    low, high = sorted((left, right))
    assert domain.from_unit(low) <= domain.from_unit(high)


@given(low=st.floats(1e-6, 1e3), factor=st.floats(1.01, 1e6), unit=st.floats(0.001, 0.999))
def test_a_log_scale_is_symmetric_about_the_geometric_mean(low, factor, unit):
    domain = FloatRange(low, low * factor, Scale.LOG)
    product = domain.from_unit(unit) * domain.from_unit(1 - unit)
    assert math.isclose(product, domain.min * domain.max, rel_tol=1e-9)


@given(low=st.integers(-100, 100), step=st.integers(1, 20), count=st.integers(1, 50))
def test_a_step_of_a_tenth_gives_exact_decimals(low, step, count):
    domain = FloatRange(low / 10, (low + step * count) / 10, step=step / 10)
    assert domain.size == count + 1
    assert [domain.at(i) for i in range(domain.size)] == [
        (low + step * i) / 10 for i in range(count + 1)
    ]


@given(domain=int_ranges(50) | float_ranges(steps=st.just(True)))
def test_a_lattice_has_its_ends_and_nothing_beyond(domain):
    assert domain.at(0) == domain.min
    last = domain.at(domain.size - 1)
    step = domain.step or 1
    rounding = 1e-15 * (abs(domain.min) + abs(domain.max))
    assert last <= domain.max < last + step * (1 + 1e-9) + rounding


@given(domain=any_domain, unit=units)
def test_parsing_a_legal_value_gives_it_back_in_its_own_type(domain, unit):
    value = domain.from_unit(unit)
    through_json = int(value) if isinstance(value, float) and value.is_integer() else value
    assert same(domain.parse(through_json), value)
    assert type(domain.parse(through_json)) is type(value)


def test_an_int_log_range_keeps_its_ends():
    domain = IntRange(1, 1000, Scale.LOG)
    assert domain.from_unit(0.0) == 1
    assert domain.from_unit(1 - 1e-16) == 1000
    points = domain.points(4)
    assert points.values == (1, 10, 100, 1000)


def test_points_on_a_log_scale_are_the_round_numbers_that_people_expect():
    points = FloatRange(1e-4, 0.1, Scale.LOG).points(4)
    assert [points.at(index) for index in range(points.size)] == [0.0001, 0.001, 0.01, 0.1]


@given(domain=float_ranges(steps=st.just(False)), count=st.integers(2, 50))
def test_points_are_legal_values_in_order_from_end_to_end(domain, count):
    points = domain.points(count)
    values = [points.at(index) for index in range(points.size)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (domain.min, domain.max)
    assert all(domain.legal(value) for value in values)
