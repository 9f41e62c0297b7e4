"""A real Prometheus beside a real study: every panel of the dashboard has data, and it is true."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from tests.e2e.world import ROOT, SYSTEM, Timeout, World, wait_for
from tests.metrics.prometheus import Prometheus, scraping
from tests.patience import PATIENCE

STUDY = "observed"
COSTS = {
    "gpuSeconds": ("gpu_seconds_used_total", "gpu_seconds_saved_estimate"),
    "trialSeconds": ("trial_seconds_used_total", "trial_seconds_saved_estimate"),
    "steps": ("steps_done_total", "steps_saved_estimate"),
}
"""By field of the status: the metrics of what was used and saved."""
USED = {"steps": "done"}
HERE = '{namespace="NAMESPACE",study="observed"}'


@contextmanager
def forwarded(world: World) -> Iterator[str]:
    """Forward the metrics Service to a port of this machine, on any cluster."""
    command = [
        world.kubectl_path,
        "port-forward",
        "-n",
        SYSTEM,
        "service/espalier-metrics",
        ":9090",
    ]
    process = subprocess.Popen(
        command,
        env={**os.environ, "KUBECONFIG": world.kubeconfig},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # it complains of every scrape that came too late
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found, "kubectl port-forward did not say its port"
        yield f"127.0.0.1:{found[1]}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def observed_study(namespace: str) -> dict[str, Any]:
    """Take the README's study, with a pruner that states a risk, a shadow, and exempt trials."""
    study = yaml.safe_load((ROOT / "examples/digits/study.yaml").read_text())
    study["metadata"] = {"name": STUDY, "namespace": namespace}
    study["spec"]["trials"]["max"] = 16
    study["spec"]["pruner"] = {"type": "Auto"}
    study["spec"]["budget"] = {"trialHours": {"soft": 1000}}
    study["spec"]["pruning"] = {
        "gracePeriodSeconds": 2,
        "exemptPercent": 25,
        "shadows": [{"name": "median", "type": "Median", "median": {"startupTrials": 4}}],
    }
    return study


def repeated_study(namespace: str) -> dict[str, Any]:
    """Take the same with few trials, the best of which is run again."""
    study = observed_study(namespace)
    study["metadata"]["name"] = "repeated"
    study["spec"]["trials"]["max"] = 2
    study["spec"]["pruner"] = {"type": "Nop"}
    study["spec"]["pruning"] = {"gracePeriodSeconds": 2}
    study["spec"]["finalists"] = {"count": 1, "repeats": 2}
    study["spec"]["sampler"] = {"type": "TPE"}
    return study


@pytest.fixture(scope="module")
def observed(world: World, tmp_path_factory) -> Iterator[tuple[Prometheus, str]]:
    """A Prometheus that has watched a whole study, and the study's namespace."""
    with (
        world.namespace("observed") as namespace,
        forwarded(world) as target,
        scraping(target, tmp_path_factory.mktemp("prometheus"), interval=2) as prometheus,
    ):
        studies = observed_study(namespace), repeated_study(namespace)
        for study in studies:
            world.apply(study)
        for study in studies:
            world.wait_condition(namespace, study["metadata"]["name"], "Succeeded")
        yield prometheus, namespace


def value(prometheus: Prometheus, namespace: str, expr: str) -> float:
    """Return the one value of a query about the study."""
    values = prometheus.values(expr.replace("HERE", HERE.replace("NAMESPACE", namespace)))
    assert len(values) == 1, f"{expr}: {values}"
    return values[0]


def test_every_panel_has_data(observed):
    prometheus, _ = observed
    prometheus.await_data()


def test_metrics_and_status_agree(observed, world):
    """Within a scrape and a coalesced write of the status; a difference that stays is named."""
    prometheus, namespace = observed
    asked = {
        "pruned": "sum(espalier_prunings_totalHERE)",
        "ended": "sum(espalier_trial_endings_totalHERE)",
        "best": "espalier_best_valueHERE",
        **{
            f"{field} {name}": f"espalier_{metric}HERE"
            for field, (used, saved) in COSTS.items()
            for name, metric in (("used", used), ("saved", saved))
        },
    }

    def differences() -> dict[str, tuple[float, float]]:
        status = world.get("study", namespace, STUDY)["status"]
        counts = status["counts"]
        said = {
            "pruned": counts["pruned"],
            "ended": counts["completed"] + counts["pruned"] + counts["failed"],
            "best": status["best"]["value"],
            **{
                f"{field} {name}": status[field].get(key)
                for field in COSTS
                for name, key in (("used", USED.get(field, "used")), ("saved", "saved"))
            },
        }
        pairs = {key: (value(prometheus, namespace, asked[key]), said[key]) for key in asked}
        for phase, count in counts.items():
            here = f'namespace="{namespace}",study="{STUDY}",phase="{phase.title()}"'
            pairs[phase] = (sum(prometheus.values(f"espalier_trials{{{here}}}")), count)
        return {key: pair for key, pair in pairs.items() if pair[0] != approx(pair[1])}

    wait_until_empty(differences)
    assert value(prometheus, namespace, asked["pruned"]) > 0
    assert value(prometheus, namespace, asked["trialSeconds saved"]) > 0
    assert value(prometheus, namespace, asked["steps saved"]) > 0


def approx(number: float) -> Any:
    """The status rounds GPU-seconds to tenths."""
    return pytest.approx(number, abs=0.06)


def wait_until_empty(differences: Callable[[], dict[str, tuple[float, float]]]) -> None:
    """Wait until Prometheus and the status say the same; else show (metric, status)."""
    found: dict[str, tuple[float, float]] = {}

    def none_left() -> bool:
        found.clear()
        found.update(differences())
        return not found

    try:
        wait_for("metrics and status to agree", none_left)
    except Timeout:
        raise AssertionError(f"(metric, status): {found}") from None


def test_every_value_that_was_stored_was_counted(observed, world):
    prometheus, namespace = observed
    stored = [r for r in world.log_of(namespace, STUDY) if r["kind"] == "observation"]
    received = value(
        prometheus,
        namespace,
        'sum(espalier_reports_totalHERE) - (sum(espalier_reports_total{receipt="Repeated",'
        f'namespace="{namespace}"}}) or vector(0))',
    )
    assert received == len(stored) > 0


def test_each_pruning_was_timed_on_its_way(observed, world):
    """From the report to the freed GPU; the operator may have pruned for other studies before."""
    prometheus, namespace = observed
    pruned = world.get("study", namespace, STUDY)["status"]["counts"]["pruned"]
    for step in ("report_to_decision", "decision_to_delete", "decision_to_pod_gone"):
        wait_for(
            f"every pruning in {step}",
            lambda step=step: prometheus.values(f"espalier_{step}_seconds_count")[0] >= pruned,
        )


def test_a_deleted_study_leaves_no_series(observed, world):
    """Last: it deletes the studies that the others ask about."""
    prometheus, namespace = observed
    world.run("delete", "study", "--all", "-n", namespace)
    series = f'{{__name__=~"espalier_.*",namespace="{namespace}"}}'
    wait_for("the studies' series to go away", lambda: not prometheus.values(series))
