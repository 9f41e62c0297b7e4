"""The page about observing: what it asks is answered, and what it routes fires."""

import re

import pytest
import yaml

from espalier.generate.crds import study_crd, trial_crd
from espalier.metrics import Observer
from espalier.metrics.declared import BY_NAME
from tests.chart.test_alerts import RECORDS, RULES
from tests.docs.test_examples import ROOT
from tests.generate.test_dashboard import declared_names
from tests.metrics.figures import FULL, observe_everything, registry_of, served
from tests.metrics.prometheus import scraping

PAGE = (ROOT / "docs" / "how-to" / "observe.md").read_text()
QUESTIONS = re.findall(r"^```promql\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
EXAMPLES = [yaml.safe_load(text) for text in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_asks_for_declared_metrics(question):
    assert set(declared_names(question)) <= set(BY_NAME)


def test_a_real_prometheus_takes_every_question(tmp_path):
    registry = registry_of(FULL)
    observe_everything(Observer(registry))
    with served(registry) as address, scraping(address, tmp_path) as prometheus:
        for question in QUESTIONS:
            prometheus.values(question)


def test_the_page_lists_every_record():
    assert set(re.findall(r"`(\w+:espalier_\w+:\w+)`", PAGE)) == set(RECORDS)


def test_the_page_explains_the_columns_that_there_are():
    said = re.findall(r"^\| (`[A-Z][^|]*) \|", PAGE, re.MULTILINE)
    named = {name for cell in said for name in re.findall(r"`([^`]*)`", cell)}
    columns = [
        column
        for crd in (study_crd(), trial_crd())
        for column in crd["spec"]["versions"][0]["additionalPrinterColumns"]
    ]
    assert named <= {column["name"].upper() for column in columns}
    default = {column["name"].upper() for column in columns if not column.get("priority")}
    assert default - {"AGE"} <= named


def matchers(found):
    """Yield every matcher of an example, of whatever depth."""
    if isinstance(found, dict):
        for key, value in found.items():
            if key.endswith("matchers"):
                yield from value
            else:
                yield from matchers(value)
    elif isinstance(found, list):
        for each in found:
            yield from matchers(each)


def test_what_alertmanager_is_to_route_are_alerts_and_their_labels():
    found = [re.match(r"(\w+) *(=~|!=|=) *\"?([^\"]*)\"?$", each) for each in matchers(EXAMPLES)]
    assert found
    for each in found:
        label, _, value = each.groups()
        if label == "alertname":
            assert any(re.fullmatch(value, name) for name in RULES)
        else:
            assert label == "namespace"


def test_what_is_routed_to_a_namespaces_people_tells_the_namespace():
    (pattern,) = (
        each[3]
        for each in (re.match(r'(\w+) *(=~) *"(.*\(.*)"$', m) for m in matchers(EXAMPLES))
        if each
    )
    for name, rule in RULES.items():
        if re.fullmatch(pattern, name):
            assert "$labels.namespace" in rule["annotations"]["summary"]
