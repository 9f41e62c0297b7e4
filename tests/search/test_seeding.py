"""A trial's seed follows from its study's seed and its number, and from nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from espalier.search import LARGEST_SEED, seed_of

SEEDS = st.integers(0, 2**53 - 1)
NUMBERS = st.integers(0, 2**53)


@given(SEEDS, NUMBERS)
def test_a_seed_is_one_that_every_library_takes(seed: int, number: int) -> None:
    assert 0 <= seed_of(seed, number) <= LARGEST_SEED
    assert seed_of(seed, number) == seed_of(seed, number)


def test_trials_and_their_repeats_have_other_seeds() -> None:
    numbers = [
        *range(1000),
        *(10**12 + of * 100 + index for of in range(10) for index in range(20)),
    ]
    assert len({seed_of(0, number) for number in numbers}) == len(numbers)
    assert len({seed_of(seed, 7) for seed in range(1000)}) == 1000


def test_a_seed_stays_what_it_was_in_earlier_versions() -> None:
    assert [seed_of(0, 0), seed_of(0, 1), seed_of(7, 3), seed_of(7, 1_000_000_000_703)] == GOLDEN


GOLDEN = [1735201683, 1131208407, 2094219050, 1787510992]
