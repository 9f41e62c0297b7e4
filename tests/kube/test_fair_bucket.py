"""Tokens in turn: none beyond the rate, none kept back, nobody kept waiting by another's line."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.kube import Rank, Tenant
from espalier.kube.fair_bucket import SHARES, FairBucket

TENANTS = [Tenant("a", "x"), Tenant("a", "y"), Tenant("b", "x"), Tenant("c", "")]
arrivals = st.lists(
    st.tuples(
        st.floats(0, 0.5),
        st.integers(0, 30),
        st.sampled_from(list(Rank)),
        st.sampled_from(TENANTS),
        st.booleans(),
    ),
    min_size=1,
    max_size=40,
)


def run_until_idle(turns, now, served):
    while (delay := turns.due(now)) is not None:
        now += delay
        served += [(now, item) for item in turns.grant(now)]
    return now


@given(st.floats(0.5, 200), st.integers(1, 50), arrivals)
def test_in_any_window_no_more_pass_than_burst_and_rate_allow(qps, burst, script):
    turns, now, served, joined = FairBucket(qps, burst, 0.0), 0.0, [], 0
    for pause, count, rank, tenant, leaves in script:
        now += pause
        for _ in range(count):
            turns.join(rank, tenant, joined)
            joined += 1
        served += [(now, item) for item in turns.grant(now)]
        if leaves and count and turns.leave(rank, tenant, joined - 1):
            served.append((None, joined - 1))
    run_until_idle(turns, now, served)
    assert sorted(item for _, item in served) == list(range(joined))  # each once, none forgotten
    times = [at for at, _ in served if at is not None]
    for index, start in enumerate(times):
        for count, end in enumerate(times[index:], 1):
            assert count <= burst + qps * (end - start) + 1e-3


@given(st.floats(0.5, 200), st.integers(1, 50), arrivals)
def test_no_token_is_kept_back_while_somebody_waits(qps, burst, script):
    turns, now, granted, spare, then = FairBucket(qps, burst, 0.0), 0.0, 0, float(burst), 0.0
    joined = itertools.count()
    for pause, count, rank, tenant, _ in script:
        now += pause
        spare = min(float(burst), spare + (now - then) * qps)
        then = now
        for _ in range(count):
            turns.join(rank, tenant, next(joined))
        waiting = len(turns)
        came = len(turns.grant(now))
        assert came >= min(waiting, int(spare - 1e-3))
        granted += came
        spare -= came


@given(st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 10), st.floats(1, 100))
def test_a_tenant_waits_no_longer_than_its_own_line_times_the_number_of_tenants(others, mine, qps):
    turns = FairBucket(qps, 1, 0.0)
    for number, count in enumerate(others):
        for item in range(count):
            turns.join(Rank.TENANT, Tenant(f"other-{number}"), ("other", number, item))
    for item in range(mine):
        turns.join(Rank.TENANT, Tenant("small"), ("mine", item))
    served = [(0.0, item) for item in turns.grant(0.0)]
    run_until_idle(turns, 0.0, served)
    last = max(at for at, item in served if item[0] == "mine")
    assert last <= mine * (len(others) + 1) / qps + 1e-6


@pytest.mark.parametrize("flood", list(Rank))
def test_each_rank_has_its_share_while_another_floods(flood):
    turns, served = FairBucket(10.0, 1, 0.0), []
    for rank in Rank:
        for item in range(1000 if rank is flood else 60):
            turns.join(rank, Tenant("a"), (rank, item))
    now = 0.0
    while len(served) < 100:
        served += turns.grant(now)
        now += turns.due(now)
    counts = {rank: sum(item[0] is rank for item in served) for rank in Rank}
    for rank, share in SHARES.items():
        assert abs(counts[rank] - 100 * share / sum(SHARES.values())) <= 2


def test_what_is_urgent_goes_before_a_long_line():
    turns = FairBucket(1.0, 1, 0.0)
    for item in range(100):
        turns.join(Rank.TENANT, Tenant("a"), item)
    turns.grant(0.0)
    turns.join(Rank.URGENT, Tenant("b"), "delete")
    assert turns.grant(1.0) == ["delete"]


def test_a_rank_that_was_away_has_saved_nothing_up():
    turns = FairBucket(1.0, 1, 0.0)
    now = 0.0
    for item in range(500):
        turns.join(Rank.TENANT, Tenant("a"), item)
        now += 1.0
        turns.grant(now)
    for item in range(100):
        turns.join(Rank.URGENT, Tenant("a"), ("urgent", item))
        turns.join(Rank.TENANT, Tenant("a"), ("late", item))
    first = []
    for _ in range(20):
        now += 1.0
        first += turns.grant(now)
    assert sum(item[0] == "late" for item in first) >= 4


@pytest.mark.parametrize(("qps", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_lets_nothing_through_is_refused(qps, burst):
    with pytest.raises(ValueError, match="expected qps > 0 and burst >= 1"):
        FairBucket(qps, burst, 0.0)
