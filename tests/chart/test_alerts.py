"""The alerts fire when they should, and only then, as Prometheus itself computes them."""

import re
import subprocess

import pytest
import yaml

from espalier.metrics.declared import BY_NAME
from tests.chart.rendering import CHART, ROOT, of_kind, render
from tests.generate.test_dashboard import declared_names
from tests.metrics.prometheus import binary

ALERTS = CHART / "files" / "alerts.yaml"
RUNBOOKS = ROOT / "docs" / "how-to" / "runbooks.md"
MEANS = ["It means", "Look", "Do"]
EVERY = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
RULES = {rule["alert"]: rule for rule in EVERY if "alert" in rule}
RECORDS = {rule["record"]: rule for rule in EVERY if "record" in rule}
BUILD = ('espalier_build_info{version="0.1.0"}', "1+0x120")
RUNNING = 'espalier_trials{namespace="a",study="s",phase="Running"}'
ACCEPTED = 'espalier_report_requests_total{code="Accepted"}'
REFUSED = 'espalier_report_requests_total{code="BadStep"}'
GONE = "espalier_decision_to_pod_gone_seconds_bucket"
CONDITION = 'espalier_study_condition{namespace="a",study="s",type="%s",status="%s"}'
REASON = (
    'espalier_study_condition_reason{namespace="a",study="s",type="%s",status="%s",reason="%s"}'
)
BUDGET = 'espalier_study_budget_used_ratio{namespace="a",study="s",limit="gpuHours",bound="%s"}'
ENDED = 'espalier_study_completion_time_seconds{namespace="a",study="s"}'
LIMIT = 'espalier_limits_reached_total{namespace="a",study="s",limit="values_a_trial"}'
SLOW = "espalier_report_request_duration_seconds_bucket"
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
        ["EspalierStoreNearlyFull", "EspalierStoreFilling"],
    ),
    "the disk will be full the day after tomorrow": (
        [BUILD, (VOLUME, "1000000+0x120"), (FREE, "400000-100x120")],
        ["EspalierStoreFilling"],
    ),
    "the disk lasts for weeks": (
        [BUILD, (VOLUME, "1000000+0x120"), (FREE, "400000-10x120")],
        [],
    ),
    "the disk is large, and a study has just begun": (
        [BUILD, (VOLUME, "1000000+0x120"), (FREE, "900000-400x120")],
        [],
    ),
    "room was made a moment ago": (
        [BUILD, (VOLUME, "1000000+0x120"), (FREE, "400000-100x60 900000+0x60")],
        [],
    ),
    "answers take seconds": (
        [
            BUILD,
            (SLOW + '{le="1"}', "0+90x120"),
            (SLOW + '{le="2.5"}', "0+100x120"),
            (SLOW + '{le="+Inf"}', "0+100x120"),
        ],
        ["EspalierIngestSlow"],
    ),
    "one answer in a thousand takes seconds": (
        [
            BUILD,
            (SLOW + '{le="1"}', "0+999x120"),
            (SLOW + '{le="2.5"}', "0+1000x120"),
            (SLOW + '{le="+Inf"}', "0+1000x120"),
        ],
        [],
    ),
    "a study reports more than it may": (
        [BUILD, (LIMIT, "0+5x120")],
        ["EspalierLimitReached"],
    ),
    "a study reported more than it may once": ([BUILD, (LIMIT, "0+0x60 3+0x60")], []),
    "a sampler fails": (
        [BUILD, ('espalier_sampler_failures_total{sampler="TPE",how="TooLong"}', "0+1x120")],
        ["EspalierSamplerFails"],
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
    "a study has used up what it may start with": (
        [BUILD, (BUDGET % "soft", "0+0.01x120"), (BUDGET % "hard", "0+0.005x120")],
        ["EspalierBudgetMet"],
    ),
    "a study ended with its budget, hours ago": (
        [BUILD, (BUDGET % "soft", "1.2+0x120"), (ENDED, "60+0x120")],
        [],
    ),
    "a study is stuck": (
        [
            BUILD,
            (CONDITION % ("Degraded", "True"), "0+0x60 1+0x60"),
            (REASON % ("Degraded", "True", "Unschedulable"), "_x60 1+0x60"),
        ],
        ["EspalierStudyDegraded"],
    ),
    "a study is stuck, by one thing after the other": (
        [
            BUILD,
            (CONDITION % ("Degraded", "True"), "1+0x120"),
            (REASON % ("Degraded", "True", "QuotaExceeded"), "1+0x110"),
            (REASON % ("Degraded", "True", "Unschedulable"), "_x110 1+0x10"),
        ],
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
        [BUILD, (REASON % ("Accepted", "False", "SpecRefused"), "1+0x120")],
        ["EspalierStudyNotAccepted"],
    ),
    "a study has failed": (
        [
            BUILD,
            (REASON % ("Succeeded", "Unknown", "InProgress"), "1+0x119"),
            (REASON % ("Succeeded", "False", "TooManyFailures"), "_x119 1"),
            (ENDED, "_x119 7140"),
        ],
        ["EspalierStudyFailed"],
    ),
    "a study has failed, and nothing says when": (
        [BUILD, (REASON % ("Succeeded", "False", "TooManyFailures"), "1+0x120")],
        ["EspalierStudyFailed"],
    ),
    "a study failed two days ago": (
        [
            BUILD,
            (REASON % ("Succeeded", "False", "TooManyFailures"), "1+0x120"),
            (ENDED, "-172800+0x120"),
        ],
        [],
    ),
    "a study has succeeded": (
        [BUILD, (CONDITION % ("Succeeded", "True"), "0+0x119 1"), (ENDED, "_x119 7140")],
        ["EspalierStudySucceeded"],
    ),
    "a study succeeded before lunch": (
        [BUILD, (CONDITION % ("Succeeded", "True"), "1+0x120"), (ENDED, "60+0x120")],
        [],
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
    check(test, tmp_path)


def check(test, folder):
    """Have promtool run a test of the rules."""
    (folder / "test.yaml").write_text(yaml.safe_dump(test))
    done = subprocess.run(
        [binary("promtool"), "test", "rules", str(folder / "test.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


# Labels of the one series of a case, besides the study's.
LABELS = {
    "EspalierReconcileErrors": {"treatment": "InternalError"},
    "EspalierListsFail": {"resource": "jobs"},
    "EspalierLimitReached": {"limit": "values_a_trial"},
    "EspalierSamplerFails": {"sampler": "TPE", "how": "TooLong"},
    "EspalierBudgetMet": {"limit": "gpuHours", "bound": "soft"},
    "EspalierStudyNotAccepted": {"reason": "SpecRefused"},
    "EspalierStudyFailed": {"reason": "TooManyFailures"},
}


def expected(name):
    """The alert as it fires for the one series of the case."""
    study = {"namespace": "a", "study": "s"} if "$labels.study" in str(RULES[name]) else {}
    labels = {**study, **LABELS.get(name, {})}
    annotations = dict(RULES[name]["annotations"])
    for label, value in labels.items():
        annotations["summary"] = annotations["summary"].replace(f"{{{{ $labels.{label} }}}}", value)
    asked = re.compile(r"{{ range query .* }}{{ .Labels.reason }}{{ end }}")
    annotations["summary"] = asked.sub("Unschedulable", annotations["summary"])
    return {"exp_labels": {**RULES[name]["labels"], **labels}, "exp_annotations": annotations}


def test_every_alert_fires_in_some_case():
    assert {name for _, firing in CASES.values() for name in firing} == set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_alert_tells_whose_it_is_and_how_bad(rule):
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    if "study" in rule["expr"]:
        assert "{{ $labels.namespace }}/{{ $labels.study }}" in rule["annotations"]["summary"]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert():
    said = {rule["annotations"]["runbook_url"] for rule in RULES.values()}
    titles = re.findall(r"^## (.*)$", RUNBOOKS.read_text(), re.MULTILINE)
    assert titles == sorted(titles, key=list(RULES).index), "as the alerts are ordered"
    assert said == {f"docs/how-to/runbooks.md#{name.lower()}" for name in RULES}
    assert set(titles) == set(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(name):
    section = re.search(rf"^## {name}$(.*?)(?=^## |\Z)", RUNBOOKS.read_text(), re.M | re.S)[1]
    parts = [part for part in section.split("\n\n") if part.strip()]
    assert [re.match(r"\s*\*\*(.*?)\*\*", part)[1] for part in parts] == MEANS


def test_runbooks_are_where_the_chart_is_told():
    base = "https://pages.example/runbooks"
    values = {
        "metrics.prometheusRule.enabled": True,
        "metrics.prometheusRule.runbookBase": base,
    }
    spec = of_kind(render(values), "PrometheusRule")["espalier"]["spec"]
    rules = [rule for group in spec["groups"] for rule in group["rules"] if "alert" in rule]
    assert {rule["annotations"]["runbook_url"] for rule in rules} == {
        f"{base}#{name.lower()}" for name in RULES
    }
    for rule in rules:  # nothing else is touched
        ours = RULES[rule["alert"]]
        other = {**rule["annotations"], "runbook_url": ours["annotations"]["runbook_url"]}
        assert {**rule, "annotations": other} == ours


@pytest.mark.parametrize("rule", EVERY, ids=[*RULES, *RECORDS])
def test_a_rule_asks_for_declared_metrics_alone(rule):
    names = set(declared_names(rule["expr"]))
    assert names
    assert names <= set(BY_NAME)


AT = 'namespace="a",study="%s"'
WAY = 'espalier_report_to_decision_seconds_bucket{job="e",le="%s"}'
PODS = 'espalier_decision_to_pod_gone_seconds_bucket{job="e",le="%s"}'

# Series over an hour, a sample a minute; and what the records of a rule are at its end.
RECORDED = {
    "namespace:espalier_gpu_seconds_used:rate5m": (
        [
            (f"espalier_gpu_seconds_used_total{{{AT % 's'}}}", "0+120x60"),
            (f"espalier_gpu_seconds_used_total{{{AT % 't'}}}", "0+60x60"),
        ],
        {'namespace="a"': 3},
    ),
    "namespace:espalier_gpu_seconds_saved_estimate:sum": (
        [
            (f"espalier_gpu_seconds_saved_estimate{{{AT % 's'}}}", "40+0x60"),
            (f"espalier_gpu_seconds_saved_estimate{{{AT % 't'}}}", "2+0x60"),
        ],
        {'namespace="a"': 42},
    ),
    "namespace:espalier_gpu_seconds_saved_estimate:deriv1h": (
        [
            (f"espalier_gpu_seconds_saved_estimate{{{AT % 's'}}}", "0+60x60"),
            (f"espalier_gpu_seconds_saved_estimate{{{AT % 't'}}}", "5000-30x60"),
        ],
        {'namespace="a"': 0.5},
    ),
    "namespace:espalier_trial_seconds_used:rate5m": (
        [(f"espalier_trial_seconds_used_total{{{AT % 's'}}}", "0+60x60")],
        {'namespace="a"': 1},
    ),
    "namespace:espalier_trial_seconds_saved_estimate:sum": (
        [(f"espalier_trial_seconds_saved_estimate{{{AT % 's'}}}", "7+0x60")],
        {'namespace="a"': 7},
    ),
    "namespace_phase:espalier_trials:sum": (
        [
            (f'espalier_trials{{{AT % "s"},phase="Running"}}', "4+0x60"),
            (f'espalier_trials{{{AT % "t"},phase="Running"}}', "1+0x60"),
            (f'espalier_trials{{{AT % "t"},phase="Failed"}}', "0+0x60"),
        ],
        {'namespace="a",phase="Running"': 5, 'namespace="a",phase="Failed"': 0},
    ),
    "namespace_state:espalier_study_state:sum": (
        [
            (f'espalier_study_state{{{AT % "s"},state="Running"}}', "1+0x60"),
            (f'espalier_study_state{{{AT % "t"},state="Running"}}', "1+0x60"),
        ],
        {'namespace="a",state="Running"': 2},
    ),
    "job:espalier_report_requests:refused_ratio10m": (
        [
            ('espalier_report_requests_total{job="e",code="Accepted"}', "0+75x60"),
            ('espalier_report_requests_total{job="e",code="BadStep"}', "0+25x60"),
        ],
        {'job="e"': 0.25},
    ),
    "job:espalier_report_to_decision_seconds:p50_10m": (
        [(WAY % "0.01", "0+5x60"), (WAY % "0.025", "0+10x60"), (WAY % "+Inf", "0+10x60")],
        {'job="e"': 0.01},
    ),
    "job:espalier_report_to_decision_seconds:p99_10m": (
        [(WAY % "0.01", "0+99x60"), (WAY % "0.025", "0+100x60"), (WAY % "+Inf", "0+100x60")],
        {'job="e"': 0.01},
    ),
    "job:espalier_decision_to_pod_gone_seconds:p50_10m": (
        [(PODS % "2", "0+5x60"), (PODS % "3", "0+10x60"), (PODS % "+Inf", "0+10x60")],
        {'job="e"': 2},
    ),
    "job:espalier_decision_to_pod_gone_seconds:p99_10m": (
        [(PODS % "2", "0+99x60"), (PODS % "3", "0+100x60"), (PODS % "+Inf", "0+100x60")],
        {'job="e"': 2},
    ),
}


@pytest.mark.parametrize("record", RECORDED)
def test_recording(record, tmp_path):
    series, found = RECORDED[record]
    samples = [
        {"labels": f"{record}{{{labels}}}", "value": value} for labels, value in found.items()
    ]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "promql_expr_test": [{"expr": record, "eval_time": "1h", "exp_samples": samples}],
    }
    check({"rule_files": [str(ALERTS)], "tests": [test]}, tmp_path)


def test_every_record_is_made_in_some_case():
    assert set(RECORDED) == set(RECORDS)


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_is_named_by_its_level_metric_and_operation(record):
    level, metric, _ = record.split(":")
    grouped = re.search(r"sum by \(([^)]*)\)", RECORDS[record]["expr"])[1]
    assert level == "_".join(each for each in grouped.split(", ") if each != "le")
    assert any(name.startswith(metric) for name in declared_names(RECORDS[record]["expr"]))
