"""The dashboard: Grafana's schema, metrics that exist, and data in every panel."""

import itertools
import json
import re
from dataclasses import replace

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from espalier.generate.dashboard import BOARDS, PAGES, dashboard_json
from espalier.metrics import Observer, build_registry
from espalier.metrics.declared import BY_NAME, METRICS
from espalier.metrics.metric import MetricType
from tests.metrics.figures import CONTROL, FRESH, FULL, observe_everything, served
from tests.metrics.prometheus import panel_queries, panels, scraping

FOREIGN = {"process_resident_memory_bytes", "process_cpu_seconds_total"}

each_board = pytest.mark.parametrize("board", BOARDS)
each_query = pytest.mark.parametrize(
    "query", [pytest.param(q, id=f"{p.title}: {q.legend_format}") for p, q in panel_queries()]
)


def declared_names(expr):
    """Names of the declared metrics that an expression asks for; others are left as they are."""
    for name in re.findall(r"\b(?:espalier|process)_[a-z_]+", expr):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        histogram = base in BY_NAME and BY_NAME[base].kind is MetricType.HISTOGRAM
        yield base if histogram else name


@each_query
def test_every_metric_that_a_panel_asks_for_is_declared(query):
    names = set(declared_names(query.expr))
    assert names
    assert names <= set(BY_NAME) | FOREIGN


@each_query
def test_every_label_in_a_query_or_its_legend_is_a_label_of_the_metric(query):
    known = {"instance", "job", "le"}
    for name in declared_names(query.expr):
        known |= set(BY_NAME[name].labels) if name in BY_NAME else set()
    legend = set(re.findall(r"{{(\w+)}}", query.legend_format))
    grouped = {w for by in re.findall(r"(?:by|on) \(([^)]*)\)", query.expr) for w in by.split(", ")}
    selected = set(re.findall(r"(\w+)=~", query.expr))
    assert legend | grouped | selected <= known
    if by := re.search(r"by \(([^)]*)\)", query.expr):
        assert legend <= set(by[1].split(", ")), "the legend names a label that was summed away"


@each_query
def test_a_panel_of_studies_obeys_the_variables(query):
    for name in declared_names(query.expr):
        if "study" in getattr(BY_NAME.get(name), "labels", ()):
            asked = query.expr.replace(f"{name}_bucket", name)
            assert f'{name}{{namespace=~"$namespace", study=~"$study"' in asked


@each_query
def test_studies_of_the_same_name_in_two_namespaces_are_told_apart(query):
    """By what is grouped, and by what is written beside the line."""
    if "{{study}}" in query.legend_format:
        assert "{{namespace}}/{{study}}" in query.legend_format
    for by in re.findall(r"by \(([^)]*)\)", query.expr):
        names = by.split(", ")
        assert ("study" in names or "shadow" in names) == (
            "namespace" in names and "study" in names
        )


def test_one_axis_has_the_values_of_one_metric():
    (panel,) = (panel for panel in panels("espalier.json") if "Best result" in panel.title)
    assert panel.repeat == "direction"
    assert 'direction=~"$direction"' in panel.targets[0].expr


def test_every_declared_metric_is_on_the_dashboard():
    asked = {name for _, query in panel_queries() for name in declared_names(query.expr)}
    assert {metric.name for metric in METRICS} <= asked


@each_board
def test_grafanas_own_schema_knows_every_field(board):
    register_default_plugins()
    made = json.loads(dashboard_json(board))
    read = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(made)))
    assert not list(lost(made, read)), "Grafana's SDK dropped or changed these"


def lost(made, read, path=""):
    """Paths of `made` that are not the same in `read`, which may have more."""
    if isinstance(made, dict) and isinstance(read, dict):
        for key, value in made.items():
            yield from lost(value, read.get(key), f"{path}.{key}")
    elif isinstance(made, list) and isinstance(read, list) and len(made) == len(read):
        for n, (left, right) in enumerate(zip(made, read, strict=True)):
            yield from lost(left, right, f"{path}[{n}]")
    elif made != read:
        yield f"{path}: {made!r} became {read!r}"


def test_the_comparison_with_the_schema_can_fail():
    assert list(lost({"a": [{"b": 1}]}, {"a": [{"c": 1}]})) == [".a[0].b: 1 became None"]


@each_board
def test_panels_do_not_overlap_and_fill_the_width(board):
    cells = set()
    for panel in json.loads(dashboard_json(board))["panels"]:
        at = panel["gridPos"]
        area = set(
            itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"]))
        )
        assert not cells & area, f"{panel['title']} lies over another panel"
        cells |= area
    assert max(x for x, _ in cells) == 23


@each_board
def test_ids_and_titles_are_unique(board):
    everything = BOARDS[board]().panels
    assert len({panel.id_val for panel in everything}) == len(everything)
    titles = [panel.title for panel in panels(board)]
    assert len(set(titles)) == len(titles)


def test_a_real_prometheus_has_data_for_every_panel(tmp_path):
    """Every scrape finds a little more, as in a real study; test_prometheus.py has a real one."""
    scrapes = itertools.count()

    def studies():
        observe_everything(observer)
        return (replace(FULL, gpu_seconds=replace(FULL.gpu_seconds, used=420.0 + next(scrapes))),)

    registry = build_registry(studies, lambda: CONTROL, "0.1.0")
    observer = Observer(registry)
    with served(registry) as address, scraping(address, tmp_path) as prometheus:
        prometheus.await_data()


@pytest.mark.parametrize("views", [(), (FRESH,)], ids=["no study", "a study that has just begun"])
def test_before_there_is_anything_to_show_a_panel_has_data_or_says_why_not(views, tmp_path):
    registry = build_registry(lambda: views, lambda: CONTROL, "0.1.0")
    Observer(registry)
    with served(registry) as address, scraping(address, tmp_path) as prometheus:
        prometheus.await_data_or_words()


@each_board
def test_it_comes_out_alike_however_often_it_is_made(board):
    assert dashboard_json(board) == dashboard_json(board)


def urls(board):
    """Every address that a dashboard leads to, with the panel's title where it is one's."""
    made = json.loads(dashboard_json(board))
    yield from ((None, link["url"]) for link in made["links"])
    for panel in made["panels"]:
        defaults = panel.get("fieldConfig", {}).get("defaults", {})
        yield from ((panel["title"], link["url"]) for link in defaults.get("links", ()))
        for override in panel.get("fieldConfig", {}).get("overrides", ()):
            for each in override["properties"]:
                yield from ((panel["title"], link["url"]) for link in each["value"])


@each_board
def test_a_link_to_a_dashboard_leads_to_one_and_gives_it_variables_that_it_has(board):
    known = {(made := json.loads(dashboard_json(name)))["uid"]: made for name in BOARDS}
    to_boards = [url for _, url in urls(board) if url.startswith("/d/")]
    assert to_boards
    for url in to_boards:
        uid = re.match(r"/d/([a-z-]+)", url)[1]
        given = set(re.findall(r"[?&]var-(\w+)=", url))
        assert given <= {each["name"] for each in known[uid]["templating"]["list"]}


def test_where_a_line_or_row_is_a_studys_it_leads_to_the_study():
    linked = {title for title, _ in urls("espalier.json")}
    for panel in panels("espalier.json"):
        legends = [target.legend_format for target in panel.targets]
        if "{{namespace}}/{{study}}" in legends or panel.title == "Studies":
            assert panel.title in linked
    for title, url in urls("espalier.json"):
        if title is not None:
            assert re.search(r"\$\{__(field.labels|data.fields).namespace\}", url), title


@each_board
def test_pages_are_where_the_variable_says(board):
    made = json.loads(dashboard_json(board))
    (box,) = (each for each in made["templating"]["list"] if each["name"] == "read_api_url")
    assert box["type"] == "textbox"
    assert box["query"] == PAGES
    pages = [url for _, url in urls(board) if not url.startswith("/d/")]
    assert pages
    assert all(url.startswith("${read_api_url}/studies/") for url in pages)
