"""The token bucket: never more than burst at once, never more than qps on average."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.kube.limiter import TokenBucket


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@given(
    st.floats(0.5, 200),
    st.integers(1, 50),
    st.lists(st.floats(0, 2), min_size=1, max_size=200),
)
def test_in_any_window_no_more_pass_than_burst_and_rate_allow(qps, burst, pauses):
    clock = Clock()
    bucket = TokenBucket(qps, burst, clock)
    passed = []
    for pause in pauses:
        clock.now += pause
        passed.append(clock.now + bucket.reserve())
    for index, start in enumerate(passed):
        for count, end in enumerate(passed[index:], 1):
            assert count <= burst + qps * (end - start) + 1 + 1e-6


def test_an_urgent_request_never_waits_and_those_after_it_pay():
    clock = Clock()
    bucket = TokenBucket(1.0, 1, clock)
    assert bucket.reserve() == 0.0
    assert bucket.reserve(urgent=True) == 0.0
    assert bucket.reserve() == pytest.approx(2.0)


@pytest.mark.parametrize(("qps", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_lets_nothing_through_is_refused(qps, burst):
    with pytest.raises(ValueError, match="expected qps > 0 and burst >= 1"):
        TokenBucket(qps, burst)
