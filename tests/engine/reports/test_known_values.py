"""A trial's values are known as a dict would know them, in a fraction of its room."""

from __future__ import annotations

import math
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from espalier.engine.reports.known_values import KnownValues

keys = st.tuples(st.integers(1, 3), st.sampled_from(["loss", "acc"]), st.integers(0, 2**53))
near = st.tuples(st.just(1), st.just("loss"), st.integers(0, 20))


@given(st.lists(st.tuples(keys | near, st.floats())), st.lists(keys | near))
def test_they_are_those_of_a_dict(
    added: list[tuple[tuple[int, str, int], float]], asked: list[tuple[int, str, int]]
) -> None:
    known, model = KnownValues(), dict[tuple[int, str, int], float]()
    for key, value in added:
        if key not in model:
            model[key] = value
            known.add(*key, value)
    for key in [*asked, *model]:
        expected, came = model.get(key), known.at(*key)
        assert came == expected or (math.isnan(came) and math.isnan(expected))  # type: ignore[arg-type]


def test_a_value_takes_at_most_twenty_bytes() -> None:
    values = 100_000
    tracemalloc.start()
    try:
        known = KnownValues()
        before, _ = tracemalloc.get_traced_memory()
        for step in range(values // 100):
            for metric in range(100):
                known.add(1, f"metric_{metric}", step, 0.5 * step)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / values <= 20
