"""The alerts fire when they should, and only then, as Prometheus itself computes them."""

import subprocess

import pytest
import yaml

from espalier.metrics.declared import BY_NAME
from tests.chart.rendering import CHART
from tests.generate.test_dashboard import declared_names
from tests.metrics.prometheus import binary

ALERTS = CHART / "files" / "alerts.yaml"
RULES = {
    rule["alert"]: rule
    for group in yaml.safe_load(ALERTS.read_text())["groups"]
    for rule in group["rules"]
}
BUILD = ('espalier_build_info{version="0.1.0"}', "1+0x120")
RUNNING = 'espalier_trials{namespace="a",study="s",phase="Running"}'
ACCEPTED = 'espalier_report_requests_total{code="Accepted"}'
REFUSED = 'espalier_report_requests_total{code="BadStep"}'
GONE = "espalier_decision_to_pod_gone_seconds_bucket"
CONDITION = 'espalier_study_condition{namespace="a",study="s",type="%s",status="%s"}'
FREE, VOLUME = "espalier_store_volume_free_bytes", "espalier_store_volume_bytes"
BREAKER = 'espalier_pruning_breaker_open{namespace="a",study="s"}'

# Series over two hours, a sample a minute; and the alerts that fire at their end.
CASES = {
    "all is well": ([BUILD, (RUNNING, "4+0x120"), (ACCEPTED, "0+60x120")], []),
    "a tenth of a percent is refused": (
        [BUILD, (ACCEPTED, "0+1000x120"), (REFUSED, "0+1x120")],
        [],
    ),
    "a bad Study is its author's business": (
        [BUILD, ('espalier_reconcile_errors_total{treatment="SpecError"}', "0+60x120")],
        [],
    ),
    "the operator is gone": ([(BUILD[0], "1+0x10")], ["EspalierDown"]),
    "half of the posts are refused": (
        [BUILD, (ACCEPTED, "0+60x120"), (REFUSED, "0+60x120")],
        ["EspalierIngestErrors"],
    ),
    "trials run and nothing comes": (
        [BUILD, (RUNNING, "4+0x120"), (ACCEPTED, "7+0x120")],
        ["EspalierIngestSilent"],
    ),
    "the disk is full": (
        [BUILD, ("espalier_store_commit_errors_total", "0+5x120")],
        ["EspalierStoreFails"],
    ),
    "a bug comes up again and again": (
        [BUILD, ('espalier_reconcile_errors_total{treatment="InternalError"}', "0+60x120")],
        ["EspalierReconcileErrors"],
    ),
    "trainers do not end on SIGTERM": (
        [
            BUILD,
            (GONE + '{le="120"}', "0+0x120"),
            (GONE + '{le="300"}', "0+2x120"),
            (GONE + '{le="+Inf"}', "0+2x120"),
        ],
        ["EspalierPodsGoSlowly"],
    ),
    "a watch is silent until the operator is restarted": (
        [BUILD, ('espalier_watch_age_seconds{resource="jobs"}', "0+0x112 0 60 120 180 20 30 0 0")],
        ["EspalierWatchDead"],
    ),
    "the watches end again and again": (
        [BUILD, ("espalier_watch_restarts_total", "0+1x120")],
        ["EspalierWatchDead"],
    ),
    "a watch that is opened each minute": (
        [BUILD, ('espalier_watch_age_seconds{resource="jobs"}', "60+0x120")],
        [],
    ),
    "the API server is away": (
        [BUILD, ('espalier_list_age_seconds{resource="jobs"}', "0+60x120")],
        ["EspalierListsFail"],
    ),
    "another operator works here": (
        [BUILD, ('espalier_namespaces{lease="Foreign"}', "1+0x120")],
        ["EspalierStandsBack"],
    ),
    "this operator alone works here": (
        [
            BUILD,
            ('espalier_namespaces{lease="Foreign"}', "0+0x120"),
            ('espalier_namespaces{lease="Held"}', "3+0x120"),
        ],
        [],
    ),
    "the breaker stays open": ([BUILD, (BREAKER, "1+0x120")], ["EspalierBreakerOpen"]),
    "the disk fills up": (
        [BUILD, (VOLUME, "1000+0x120"), (FREE, "500-4x120")],
        ["EspalierStoreNearlyFull"],
    ),
    "half of the disk is free": ([BUILD, (VOLUME, "1000+0x120"), (FREE, "500+0x120")], []),
    "a study runs as it should": (
        [
            BUILD,
            (CONDITION % ("Accepted", "True"), "1+0x120"),
            (CONDITION % ("Accepted", "False"), "0+0x120"),
            (CONDITION % ("Degraded", "True"), "0+0x120"),
            (CONDITION % ("Degraded", "False"), "1+0x120"),
            (CONDITION % ("Succeeded", "Unknown"), "1+0x120"),
            (CONDITION % ("Succeeded", "False"), "0+0x120"),
            (CONDITION % ("Succeeded", "True"), "0+0x120"),
        ],
        [],
    ),
    "a study is stuck": (
        [BUILD, (CONDITION % ("Degraded", "True"), "0+0x60 1+0x60")],
        ["EspalierStudyDegraded"],
    ),
    "a study was in trouble for some minutes": (
        [BUILD, (CONDITION % ("Degraded", "True"), "0+0x60 1+0x10 0+0x50")],
        [],
    ),
    "trials train and report nothing": (
        [BUILD, ('espalier_trials_unheard{namespace="a",study="s"}', "0+0x100 1+0x20")],
        ["EspalierTrialHeardNothing"],
    ),
    "a study is refused": (
        [BUILD, (CONDITION % ("Accepted", "False"), "1+0x120")],
        ["EspalierStudyNotAccepted"],
    ),
    "a study has failed": (
        [BUILD, (CONDITION % ("Succeeded", "False"), "0+0x119 1")],
        ["EspalierStudyFailed"],
    ),
    "a study has succeeded": (
        [BUILD, (CONDITION % ("Succeeded", "True"), "0+0x119 1")],
        ["EspalierStudySucceeded"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_firing(case, tmp_path):
    series, firing = CASES[case]
    asked = [
        {
            "eval_time": "2h",
            "alertname": name,
            "exp_alerts": [expected(name)] if name in firing else [],
        }
        for name in RULES
    ]
    test = {
        "rule_files": [str(ALERTS)],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series],
                "alert_rule_test": asked,
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [binary("promtool"), "test", "rules", str(tmp_path / "test.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def expected(name):
    """The alert as it fires for the one series of the case."""
    study = {"namespace": "a", "study": "s"} if "$labels.study" in str(RULES[name]) else {}
    others = {
        "EspalierReconcileErrors": {"treatment": "InternalError"},
        "EspalierListsFail": {"resource": "jobs"},
    }
    labels = {**study, **others.get(name, {})}
    annotations = dict(RULES[name]["annotations"])
    for label, value in labels.items():
        annotations["summary"] = annotations["summary"].replace(f"{{{{ $labels.{label} }}}}", value)
    return {"exp_labels": {**RULES[name]["labels"], **labels}, "exp_annotations": annotations}


def test_every_alert_fires_in_some_case():
    assert {name for _, firing in CASES.values() for name in firing} == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_alert_asks_for_declared_metrics_alone(rule):
    names = set(declared_names(rule["expr"]))
    assert names
    assert names <= set(BY_NAME)
