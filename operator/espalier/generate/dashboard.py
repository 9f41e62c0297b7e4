"""Grafana's dashboards, as the JSON that the chart ships."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from espalier.generate import one_study_panels, operator_panels, study_panels
from espalier.generate.panels import (
    ALL_STUDIES,
    ONE_STUDY,
    SELECTED,
    SOURCE,
    Panel,
    links_to_study,
)

PAGES = "https://espalier.example"
"""Where the pages of studies are, until the chart's value or a person says it."""

_OF_NAMESPACE = '{namespace=~"$namespace"}'
_STUDIES = f"label_values(espalier_study_info{_OF_NAMESPACE}, study)"
_NAMESPACES = "label_values(espalier_study_info, namespace)"


def all_studies() -> models.Dashboard:
    """Make the dashboard of all studies and of the operator."""
    laid = _begun("Espalier", ALL_STUDIES, "Studies, their pruning, and the operator's health.")
    laid.variables(
        [
            *_common(),
            _several("namespace", _NAMESPACES),
            _several("study", _STUDIES),
            _several("direction", f"label_values(espalier_study_info{SELECTED}, direction)"),
        ]
    )
    laid.links([_board("One study", ONE_STUDY)])
    return _built(laid, study_panels.ROWS | operator_panels.ROWS)


def one_study() -> models.Dashboard:
    """Make the dashboard of one study."""
    laid = _begun("Espalier: one study", ONE_STUDY, "One study, as closely as metrics tell.")
    laid.variables([*_common(), _one("namespace", _NAMESPACES), _one("study", _STUDIES)])
    (page,) = links_to_study("")
    laid.links([_board("All studies", ALL_STUDIES), page])
    return _built(laid, one_study_panels.ROWS)


BOARDS: Mapping[str, Callable[[], models.Dashboard]] = {
    "espalier.json": all_studies,
    "espalier-study.json": one_study,
}
"""What makes each dashboard, by its file."""


def dashboard_json(name: str) -> str:
    """Return a dashboard as the chart ships it."""
    return JSONEncoder(sort_keys=True, indent=2).encode(BOARDS[name]()) + "\n"


def _begun(title: str, uid: str, about: str) -> builders.Dashboard:
    return (
        builders.Dashboard(title)
        .uid(uid)
        .description(about)
        .tags(["espalier"])
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time("now-1h", "now")
        .refresh("10s")
        .version(1)
        .annotations([])
    )


def _built(laid: builders.Dashboard, rows: Mapping[str, tuple[Panel, ...]]) -> models.Dashboard:
    """Lay out all panels, row by row, from left to right."""
    for title, panels in rows.items():
        laid.with_row(builders.Row(title))
        for panel in panels:
            laid.with_panel(panel)
    made = laid.build()
    for number, each in enumerate(made.panels or (), 1):
        each.id_val = number
    return made


def _board(title: str, uid: str) -> builders.DashboardLink:
    link = builders.DashboardLink(title).type(models.DashboardLinkType.LINK)
    return link.url(f"/d/{uid}").icon("dashboard").keep_time(True).include_vars(True)


def _common() -> list[Builder[models.VariableModel]]:
    return [
        builders.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        builders.TextBoxVariable("read_api_url").label("Pages of studies").default_value(PAGES),
    ]


def _several(name: str, query: str) -> builders.QueryVariable:
    chosen = models.VariableOption(selected=True, text=["All"], value=["$__all"])
    return _one(name, query).multi(True).include_all(True).all_value(".*").current(chosen)


def _one(name: str, query: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )
