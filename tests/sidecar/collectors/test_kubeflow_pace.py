"""The length of an epoch, found out from what is posted."""

import math

from hypothesis import assume, given
from hypothesis import strategies as st

from espalier_sidecar.collectors.kubeflow_pace import Pace


@given(
    length=st.integers(1, 5000),
    at=st.integers(1, 20000),
    before=st.integers(0, 60),
    after=st.integers(1, 60),
    epochs=st.integers(1, 20),
)
def test_a_step_lies_between_its_posts_and_is_exact_where_its_epoch_says_enough(
    length: int, at: int, before: int, after: int, epochs: int
) -> None:
    assume(at <= length * epochs)
    first, last = max(0, at - before), at + after - 1
    pace = Pace()
    for step in (first, at + after):
        pace = pace.after_post(step, round(step / length, 2))
    epoch = at / length
    pace = pace.after_log(epoch)
    found = pace.step_at(epoch, first, last, length * epochs)
    assert first <= found <= last
    if math.isfinite(pace.high):
        assert pace.low <= length * (1 + 1e-9)
        assert pace.high >= length * (1 - 1e-9)
    if before == 0 and after == 1:
        assert found == at


def test_an_epoch_of_a_fraction_in_lowest_terms_gives_the_step_exactly() -> None:
    pace = Pace().after_post(502, 0.37).after_log(500 / 1357)
    assert pace.step_at(500 / 1357, 1, 501, 1357 * 3) == 500


def test_a_training_of_another_length_is_learned_anew() -> None:
    pace = Pace().after_post(100, 1.0).after_post(10, 1.0).after_log(2.0)
    assert pace.step_at(2.0, 11, 21, 30) == 20


@given(
    st.floats(0, 1e6), st.integers(0, 2**53), st.integers(0, 2**53), st.floats(0, allow_nan=False)
)
def test_no_post_makes_it_long_or_wrong(epoch: float, first: int, more: int, at: float) -> None:
    pace = Pace().after_post(first, at if at < 1e9 else 1.0).after_log(epoch)
    found = pace.step_at(epoch, first, first + more, None)
    assert first <= found <= first + more
