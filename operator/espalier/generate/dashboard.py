"""Grafana's dashboard, as the JSON that the chart ships."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from espalier.generate import operator_panels, study_panels
from espalier.generate.panels import SELECTED, SOURCE

ROWS = study_panels.ROWS | operator_panels.ROWS
"""The panels by the row in which they stand, from left to right."""


def dashboard_json() -> str:
    """Return the dashboard as the chart ships it."""
    return JSONEncoder(sort_keys=True, indent=2).encode(dashboard()) + "\n"


def dashboard() -> models.Dashboard:
    """Lay out all panels, row by row, from left to right."""
    laid = (
        builders.Dashboard("Espalier")
        .uid("espalier")
        .description("Studies, their pruning, and the health of the operator.")
        .tags(["espalier"])
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time("now-1h", "now")
        .refresh("10s")
        .version(1)
        .annotations([])
        .links([])
        .variables(_variables())
    )
    for title, panels in ROWS.items():
        laid.with_row(builders.Row(title))
        for panel in panels:
            laid.with_panel(panel)
    made = laid.build()
    for number, each in enumerate(made.panels or (), 1):
        each.id_val = number
    return made


def _variables() -> list[Builder[models.VariableModel]]:
    of_namespace = '{namespace=~"$namespace"}'
    return [
        builders.DatasourceVariable("datasource").label("Data source").type("prometheus"),
        _variable("namespace", "label_values(espalier_study_info, namespace)"),
        _variable("study", f"label_values(espalier_study_info{of_namespace}, study)"),
        _variable("direction", f"label_values(espalier_study_info{SELECTED}, direction)"),
    ]


def _variable(name: str, query: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query(query)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(models.VariableOption(selected=True, text=["All"], value=["$__all"]))
    )
