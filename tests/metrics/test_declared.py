"""The metrics' names and labels follow Prometheus' conventions, and stay bounded."""

import re
import subprocess

import pytest
from prometheus_client import generate_latest

from espalier.metrics import Observer
from espalier.metrics.declared import BY_NAME, METRICS
from espalier.metrics.labels import LABELS
from espalier.metrics.metric import MetricSource, MetricType
from tests.metrics.figures import FULL, observe_everything, registry_of
from tests.metrics.prometheus import binary

PER_OBJECT = {"trial", "pod", "step", "uid", "node", "job", "attempt", "user"}

all_metrics = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


@all_metrics
def test_the_name_has_the_prefix_and_the_suffix_of_its_type(metric):
    assert re.fullmatch(r"espalier_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is MetricType.COUNTER)


@all_metrics
def test_a_unit_in_the_name_is_a_base_unit(metric):
    wrong = {"milliseconds", "ms", "minutes", "hours", "percent", "kilobytes", "megabytes", "mib"}
    assert not wrong & set(metric.name.split("_"))


@all_metrics
def test_no_label_names_one_trial_pod_or_step(metric):
    assert not PER_OBJECT & set(metric.labels)
    assert set(metric.labels) <= set(LABELS), "a label is not explained in LABELS"


@all_metrics
def test_the_help_is_a_sentence(metric):
    assert metric.help[0].isupper() or metric.help[0].isdigit()
    assert metric.help.endswith(".")


def test_no_label_is_what_training_code_calls_a_metric():
    """Names of up to 250 characters of anything, which differ from study to study."""
    assert not {"metric", "objective"} & {label for metric in METRICS for label in metric.labels}


def test_every_label_that_is_explained_is_used():
    assert set(LABELS) == {label for metric in METRICS for label in metric.labels}


def test_no_two_metrics_share_a_name():
    assert len(BY_NAME) == len(METRICS)


def test_an_observed_metric_with_a_study_in_its_labels_is_forgotten_with_it():
    named = [m.name for m in METRICS if m.source is MetricSource.OBSERVED and "study" in m.labels]
    assert named == [
        "espalier_reports_total",
        "espalier_judging_seconds_total",
        "espalier_study_report_duration_seconds",
        "espalier_limits_reached_total",
    ], "Observer.forget must remove these"


def test_promtool_finds_nothing_to_complain_of():
    registry = registry_of(FULL)
    observe_everything(Observer(registry))
    page = b"".join(
        line for line in generate_latest(registry).splitlines(keepends=True) if b"espalier_" in line
    )
    done = subprocess.run(
        [binary("promtool"), "check", "metrics"], input=page, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
