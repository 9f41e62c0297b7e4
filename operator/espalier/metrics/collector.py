"""The metrics that are derived at each scrape from frozen views."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from espalier.api.reasons import StudyCondition, StudyReason
from espalier.metrics.declared import BY_NAME, METRICS
from espalier.metrics.figures import Control, ControlView, Cost, Studies, StudyFigures
from espalier.metrics.metric import MetricSource, MetricType

PHASES = ("Pending", "Running", "Completed", "Pruned", "Failed")
"""Every phase is shown for every study, so that a panel has a 0 where nothing is."""

STATES = (
    *(str(each) for each in StudyReason if each.type == StudyCondition.PROGRESSING),
    *(str(StudyCondition.SUCCEEDED), str(StudyCondition.FAILED)),
)
"""Each is shown for every study, 1 for the one that it is in."""

STATUSES = ("True", "False", "Unknown")
"""Each is shown for every condition, 1 for the one that it has."""

Sample = tuple[str, tuple[str, ...], float]
"""Name of the metric, values of its labels in the declared order, value."""


class SnapshotCollector(Collector):
    """Turns the latest views into samples; keeps nothing between scrapes.

    So a deleted study's series are gone with its view, and a restart of the operator changes
    no total.

    Parameters
    ----------
    studies : callable
        Returns the latest view of each study.
    control : callable
        Returns the latest view of the control path.
    version : str
        The operator's version.
    """

    def __init__(self, studies: Studies, control: Control, version: str) -> None:
        self._studies = studies
        self._control = control
        self._version = version

    def describe(self) -> Iterable[Metric]:
        """Name the families without computing them (registration asks for it)."""
        return _families(()).values()

    def collect(self) -> Iterable[Metric]:
        """Compute all samples of one scrape."""
        build = (self._version, platform.python_version())
        samples: list[Sample] = [("espalier_build_info", build, 1.0)]
        samples += control_samples(self._control())
        for view in self._studies():
            samples += study_samples(view)
        return _families(samples).values()


def study_samples(view: StudyFigures) -> Iterator[Sample]:
    """List one study's samples."""
    at = (view.namespace, view.study)
    yield "espalier_study_info", (*at, view.pruner, view.direction), 1.0
    for phase in PHASES:
        yield "espalier_trials", (*at, phase), view.trials.get(phase, 0)
    for reason, count in view.endings.items():
        yield "espalier_trial_endings_total", (*at, reason), count
    for (pruner, reason), count in view.prunings.items():
        yield "espalier_prunings_total", (*at, pruner, reason), count
    for shadow, count in view.shadows.items():
        yield "espalier_shadow_prunings_total", (*at, shadow), count
    yield from _standing(view, at)
    yield "espalier_trials_planned", at, view.planned
    for (limit, bound), used in view.budget.items():
        yield "espalier_study_budget_used_ratio", (*at, limit, bound), used
    yield "espalier_trials_unheard", at, view.unheard
    yield from _cost("espalier_gpu_seconds", "used", at, view.gpu_seconds)
    yield from _cost("espalier_trial_seconds", "used", at, view.trial_seconds)
    yield from _cost("espalier_steps", "done", at, view.steps)
    yield "espalier_pruning_breaker_open", at, float(view.breaker_open)
    optional = {
        "espalier_study_start_time_seconds": view.started_at,
        "espalier_study_completion_time_seconds": view.ended_at,
        "espalier_best_value": view.best_value,
        "espalier_best_expected_value": view.best_expected,
        "espalier_best_sure_ratio": view.best_sure,
        "espalier_best_mean": view.best_mean,
        "espalier_pruning_risk_stated_ratio": view.risk_stated,
        "espalier_pruning_risk_spent_ratio": view.risk_spent,
        "espalier_false_prune_ratio": view.false_prune_rate,
    }
    for name, value in optional.items():
        if value is not None:
            yield name, at, value
    intervals = {
        "espalier_best_expected_value_bound": view.best_expected_interval,
        "espalier_best_mean_bound": view.best_mean_interval,
        "espalier_false_prune_ratio_bound": view.false_prune_interval,
    }
    for name, interval in intervals.items():
        if interval is not None:
            for bound, value in zip(("lower", "upper"), interval, strict=True):
                yield name, (*at, bound), value


def _standing(view: StudyFigures, at: tuple[str, str]) -> Iterator[Sample]:
    """List what the Study says of itself: its state, and each condition with its reason."""
    for type_, now in view.conditions.items():
        for status in STATUSES:
            yield "espalier_study_condition", (*at, type_, status), float(status == now)
        yield "espalier_study_condition_reason", (*at, type_, now, view.reasons.get(type_, "")), 1.0
    if view.state:
        for state in dict.fromkeys((*STATES, view.state)):
            yield "espalier_study_state", (*at, state), float(state == view.state)


def _cost(name: str, verb: str, at: tuple[str, str], cost: Cost) -> Iterator[Sample]:
    yield f"{name}_{verb}_total", at, cost.used
    if cost.saved is not None:
        yield f"{name}_saved_estimate", at, cost.saved
    if cost.band is not None:
        for bound, value in zip(("lower", "upper"), cost.band, strict=True):
            yield f"{name}_saved_estimate_bound", (*at, bound), value


def control_samples(view: ControlView) -> Iterator[Sample]:
    """List the control path's samples."""
    yield "espalier_queue_depth", (), view.queue_depth
    yield "espalier_queue_oldest_age_seconds", (), view.queue_oldest_age
    for resource, age in view.watch_ages.items():
        yield "espalier_watch_age_seconds", (resource,), age
    for resource, age in view.list_ages.items():
        yield "espalier_list_age_seconds", (resource,), age
    yield "espalier_watch_restarts_total", (), view.watch_restarts
    for claim, count in view.claims.items():
        yield "espalier_namespaces", (str(claim),), count
    if view.store_bytes is not None:
        yield "espalier_store_size_bytes", (), view.store_bytes
    if view.volume_bytes is not None:
        yield "espalier_store_volume_bytes", (), view.volume_bytes
    if view.volume_free_bytes is not None:
        yield "espalier_store_volume_free_bytes", (), view.volume_free_bytes


def _families(samples: Sequence[Sample]) -> dict[str, Metric]:
    families: dict[str, Metric] = {}
    for metric in METRICS:
        if metric.source is MetricSource.SNAPSHOT:
            family = CounterMetricFamily if metric.kind is MetricType.COUNTER else GaugeMetricFamily
            families[metric.name] = family(metric.name, metric.help, labels=metric.labels)
    for name, values, number in samples:
        family_name = name.removesuffix("_total") + "_total" * (
            BY_NAME[name].kind is MetricType.COUNTER
        )
        labels = dict(zip(BY_NAME[name].labels, values, strict=True))
        families[name].add_sample(family_name, labels, number)
    return families
