"""What is observed is counted once, from any thread, and forgotten with its study."""

import inspect
from concurrent.futures import ThreadPoolExecutor

from espalier.metrics import Observer
from espalier.metrics.declared import METRICS
from espalier.metrics.metric import MetricSource, MetricType
from tests.metrics.figures import observe_everything, registry_of
from tests.metrics.test_collector import scraped, value


def test_every_observed_metric_is_told_by_some_method():
    registry = registry_of()
    observe_everything(Observer(registry))
    samples = scraped(registry)
    for metric in METRICS:
        if metric.source is MetricSource.OBSERVED:
            name = metric.name + ("_count" if metric.kind is MetricType.HISTOGRAM else "")
            seen = [number for (sample, _), number in samples.items() if sample == name]
            assert sum(seen) > 0, f"nothing tells {metric.name}"


def test_the_call_of_everything_leaves_no_method_out():
    told = inspect.getsource(observe_everything)
    methods = {name for name, _ in inspect.getmembers(Observer, inspect.isfunction)}
    public = {name for name in methods if not name.startswith("_")} - {"forget"}
    assert all(f"observer.{name}(" in told for name in public)


def test_values_from_many_threads_are_all_counted():
    registry = registry_of()
    observer = Observer(registry)

    def tell(_: int) -> None:
        for _ in range(500):
            observer.values_received("team-a", "digits", "Appended", 2)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tell, range(4)))
    at = {"namespace": "team-a", "study": "digits", "receipt": "Appended"}
    assert value(scraped(registry), "espalier_reports_total", **at) == 4000


def test_a_forgotten_study_leaves_no_series_and_may_come_back():
    registry = registry_of()
    observer = Observer(registry)
    observer.values_received("team-a", "digits", "Appended", 3)
    observer.values_received("team-a", "digits", "Late", 1)
    observer.values_received("team-b", "digits", "Appended", 5)
    observer.report_taken("team-a", "digits", 0.02)
    observer.forget("team-a", "digits")
    observer.forget("team-a", "never-seen")
    reports = {k: n for k, n in scraped(registry).items() if k[0] == "espalier_reports_total"}
    assert list(reports.values()) == [5]
    assert not any("study_report_duration" in name for name, _ in scraped(registry))
    observer.values_received("team-a", "digits", "Appended", 1)
    at = {"namespace": "team-a", "study": "digits", "receipt": "Appended"}
    assert value(scraped(registry), "espalier_reports_total", **at) == 1


def test_a_clock_that_went_backwards_does_not_make_a_negative_duration():
    registry = registry_of()
    Observer(registry).prune_decided(-3.0)
    assert value(scraped(registry), "espalier_report_to_decision_seconds_sum") == 0


def test_a_long_watch_is_no_slow_request():
    registry = registry_of()
    observer = Observer(registry)
    observer.api_answered("watch", "jobs", 200, 1800.0)
    samples = scraped(registry)
    at = {"verb": "watch", "resource": "jobs", "code": "200"}
    assert value(samples, "espalier_api_requests_total", **at) == 1
    assert value(samples, "espalier_api_request_duration_seconds_count", verb="watch") is None
