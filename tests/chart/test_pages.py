"""What the pages on installing and observing show works: helm commands, values, queries."""

import re
import shlex
import subprocess

import pytest
import yaml

from espalier.metrics.declared import BY_NAME
from tests.chart.rendering import CHART, ROOT, helm
from tests.chart.test_alerts import RULES
from tests.generate.test_dashboard import declared_names
from tests.metrics.prometheus import binary

PAGES = [
    "README.md",
    "docs/how-to/install.md",
    "docs/how-to/observe.md",
    "charts/espalier/README.md",
]
OF_HELM = ("--create-namespace", "--reset-then-reuse-values")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language):
    for page in PAGES:
        for found, text in FENCE.findall((ROOT / page).read_text()):
            if found == language:
                yield text


def helm_lines():
    for text in blocks("console"):
        for line in text.replace("\\\n", " ").splitlines():
            if line.startswith("helm "):
                yield " ".join(line.split())


def values():
    """YAML blocks that set values of the chart."""
    known = set(yaml.safe_load((CHART / "values.yaml").read_text()))
    for text in blocks("yaml"):
        found = yaml.safe_load(text)
        if isinstance(found, dict) and "kind" not in found and set(found) & known:
            yield text


@pytest.mark.parametrize("line", list(helm_lines()))
def test_a_helm_command_that_installs_renders(line):
    _, command, release, *rest = shlex.split(line.replace("YOUR/", "registry.local/"))
    if command in ("uninstall", "test"):
        assert rest == ["--namespace", "espalier-system"]
        return
    assert command in ("install", "upgrade")
    assert rest[0] == "charts/espalier"
    flags = [word for word in rest[1:] if word not in OF_HELM]
    done = helm("template", release, str(CHART), *flags)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", list(values()))
def test_values_that_are_shown_are_accepted(text, tmp_path):
    (tmp_path / "values.yaml").write_text(text)
    done = helm("template", "espalier", str(CHART), "-f", str(tmp_path / "values.yaml"))
    assert done.returncode == 0, done.stderr


def test_the_pages_show_commands_values_and_queries():
    assert len(list(helm_lines())) >= 4
    assert len(list(values())) >= 5
    assert len(list(blocks("promql"))) >= 5


@pytest.mark.parametrize("expr", list(blocks("promql")))
def test_a_query_that_is_shown_parses_and_asks_for_what_exists(expr, tmp_path):
    names = set(declared_names(expr))
    assert names
    assert names <= set(BY_NAME)
    rules = {"groups": [{"name": "shown", "rules": [{"record": "shown", "expr": expr}]}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules))
    done = subprocess.run(
        [binary("promtool"), "check", "rules", str(tmp_path / "rules.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_charts_page_names_values_that_exist():
    known = yaml.safe_load((CHART / "values.yaml").read_text())
    rows = re.findall(r"^\| (`.*?`) \|", (CHART / "README.md").read_text(), re.MULTILINE)
    named = [path for row in rows for path in re.findall(r"`([\w.]+)`", row)]
    assert len(named) > 15
    for path in named:
        at = known
        for key in path.split("."):
            assert key in at, path
            at = at[key]


def test_the_page_lists_every_alert():
    runbooks = (ROOT / "docs/how-to/runbooks.md").read_text()
    listed = re.findall(r"^## (Espalier\w+)$", runbooks, re.MULTILINE)
    assert listed == list(RULES)
