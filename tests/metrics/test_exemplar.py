"""An exemplar names the trial, within what OpenMetrics allows, whatever the names are."""

import http.client

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from espalier.metrics import Observer
from espalier.metrics.exemplar import MOST, exemplar_of
from tests.metrics.figures import FULL, observe_everything, registry_of, served
from tests.metrics.prometheus import filled_in, panels, scraping
from tests.patience import PATIENCE

names = st.text('a-z0-9é"\\\n/', max_size=MOST + 10)


@given(names)
def test_whatever_the_names_are_it_fits_and_is_taken(trial):
    labels = exemplar_of(trial)
    if labels is not None:
        assert sum(len(name) + len(value) for name, value in labels.items()) <= MOST
    Observer(registry_of()).report_answered("Accepted", 0.002, trial)


@pytest.mark.parametrize(
    ("trial", "labels"),
    [
        ("team-a/digits-3", {"namespace": "team-a", "trial": "digits-3"}),
        (f"{'n' * 63}/{'t' * 63}", {"trial": "t" * 63}),
        (f"{'n' * 51}/{'t' * 63}", {"namespace": "n" * 51, "trial": "t" * 63}),
        ("team-a/" + "t" * 124, None),
        ("team-a/", None),
        ("", None),
    ],
)
def test_the_namespace_goes_first_where_both_are_too_long(trial, labels):
    assert exemplar_of(trial) == labels


OF_TRIAL = {"namespace": "team-a", "trial": "digits-3"}
LATENCIES = (
    "espalier_report_request_duration_seconds",
    "espalier_report_to_decision_seconds",
    "espalier_decision_to_delete_seconds",
    "espalier_decision_to_pod_gone_seconds",
)


def scrape(accept):
    registry = registry_of(FULL)
    observe_everything(Observer(registry))
    with served(registry) as address:
        asking = http.client.HTTPConnection(address, timeout=PATIENCE)
        asking.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
        answer = asking.getresponse()
        return answer.getheader("Content-Type"), answer.read().decode()


# What Prometheus 2.53 and 3.5 ask for.
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1",
)


@pytest.mark.parametrize("accept", PROMETHEUS)
def test_who_asks_for_open_metrics_gets_it_with_an_exemplar_of_each_latency(accept):
    kind, page = scrape(accept)
    assert kind.startswith("application/openmetrics-text")
    found = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.exemplar:
                found[family.name] = sample.exemplar.labels
    assert found == dict.fromkeys(LATENCIES, OF_TRIAL)


@pytest.mark.parametrize("accept", ["", "text/plain", "*/*"])
def test_who_does_not_gets_the_plain_text_without_any(accept):
    kind, page = scrape(accept)
    assert kind.startswith("text/plain")
    assert "digits-3" not in page


@pytest.mark.parametrize("name", LATENCIES)
def test_a_real_prometheus_keeps_the_trial_of_a_latency_that_a_panel_asks_for(name, tmp_path):
    registry = registry_of(FULL)
    observe_everything(Observer(registry))
    (panel,) = (p for p in panels("espalier.json") if name in p.targets[0].expr)
    assert all(query.exemplar for query in panel.targets)
    with served(registry) as address, scraping(address, tmp_path, keep_exemplars=True) as server:
        expr = filled_in(panel.targets[0].expr)
        found = server.await_exemplars(expr)
    assert found == [OF_TRIAL]
