"""Figures are read out of timings and metrics as they are."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from tests.bench.scale.figures import buckets, quantile, since, spread, total
from tests.bench.scale.size import Size


def test_a_spread_is_in_milliseconds():
    assert spread([]) == {"n": 0}
    assert spread([0.002]) == {"n": 1, "p50": 2.0, "p99": 2.0, "max": 2.0}
    many = [index / 1000 for index in range(1000)]
    assert spread(many) == {"n": 1000, "p50": 500.0, "p99": 990.0, "max": 999.0}


def test_counters_are_added_up_by_their_labels():
    registry = CollectorRegistry()
    counter = Counter("asked", "Requests.", ("verb", "code"), registry=registry)
    counter.labels("get", "200").inc(3)
    counter.labels("get", '4"4').inc()
    counter.labels("list", "200").inc(2)
    text = generate_latest(registry).decode()
    assert total(text, "asked_total", ("verb",)) == {"get": 4, "list": 2}
    assert total(text, "asked_total") == {"": 6}
    assert total(text, "other_total") == {}


def test_quantiles_are_interpolated_in_the_bucket_that_holds_them():
    registry = CollectorRegistry()
    histogram = Histogram("took", "Time.", buckets=(0.1, 0.2, 0.4), registry=registry)
    for seconds in (0.05, 0.05, 0.15, 0.15):
        histogram.observe(seconds)
    before = buckets(generate_latest(registry).decode(), "took")
    assert quantile(before, 0.75) == pytest.approx(0.15)
    for _ in range(10):
        histogram.observe(0.3)
    now = buckets(generate_latest(registry).decode(), "took")
    assert quantile(since(now, before), 0.5) == pytest.approx(0.3)
    assert quantile({}, 0.5) is None
    histogram.observe(9.0)
    assert quantile(buckets(generate_latest(registry).decode(), "took"), 1.0) == pytest.approx(0.4)


def test_enough_trials_are_left_to_run_at_once_and_to_replace_what_is_pruned():
    assert Size(running=1000, trials=10_000, pruned_percent=30.0).first_live == 8700
    assert Size(running=1000, trials=1000).first_live == 0
    assert Size(running=10, trials=100, ended=95).first_live == 95
    assert Size(running=1000).nodes == 138
