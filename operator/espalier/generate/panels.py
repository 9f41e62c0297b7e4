"""How the dashboard's panels ask Prometheus and how they look, by Grafana's builders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models.dashboard import DataSourceRef, DataTransformerConfig
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

HEIGHT = 8
"""Rows of Grafana's grid that a panel is high."""
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
INFO = "espalier_build_info"
"""The metric of which a label is what is worth seeing, not the value."""

Panel = timeseries.Panel | stat.Panel | tables.Panel
Query = prometheus.Dataquery

SELECTED = '{namespace=~"$namespace", study=~"$study"}'
SELECTED_INFO = (
    'espalier_study_info{namespace=~"$namespace", study=~"$study", direction=~"$direction"}'
)
STUDY = "namespace, study"
"""What tells a study apart: studies of two namespaces may have the same name."""
NAMED = "{{namespace}}/{{study}}"


def quantiles(metric: str) -> tuple[Query, ...]:
    """Ask a histogram for its median, 90th and 99th percentile."""
    return tuple(
        query(
            f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket[$__rate_interval])))",
            f"p{round(q * 100)}",
        )
        for q in (0.5, 0.9, 0.99)
    )


def of_studies(metric: str, by: str) -> str:
    """Sum a metric of the selected studies by some of its labels."""
    return f"sum by ({by}) ({metric}{SELECTED})"


def rate_of(metric: str, by: str, selected: str = "") -> str:
    """Rate of a counter per second, by some of its labels."""
    return f"sum by ({by}) (rate({metric}{selected}[$__rate_interval]))"


def query(expr: str, legend: str) -> Query:
    """Ask for the series of a PromQL expression, each with a legend made of its labels."""
    return Query().expr(expr).legend_format(legend).datasource(SOURCE)


def lines(
    title: str,
    about: str,
    queries: Sequence[Query],
    *,
    unit: str = "short",
    width: int = 8,
    stacked: bool = False,
    stepped: bool = False,
) -> timeseries.Panel:
    """Draw series over time.

    Parameters
    ----------
    title
        The question that the panel answers.
    about
        What the answer means, and what to do about it.
    queries
        What is drawn.
    unit
        Grafana's name of the values' unit.
    width
        Columns, of which the dashboard has 24.
    stacked
        Draw the series as areas above each other: their sum means something.
    stepped
        Join the points by steps: the value changes at once, and seldom.
    """
    made = (
        timeseries.Panel()
        .unit(unit)
        .draw_style(looks.GraphDrawStyle.LINE)
        .line_width(1)
        .line_interpolation(
            looks.LineInterpolation.STEP_AFTER if stepped else looks.LineInterpolation.LINEAR
        )
        .fill_opacity(20 if stacked else 0)
        .show_points(looks.VisibilityMode.AUTO)
        .span_nulls(False)
        .stacking(
            common.StackingConfig()
            .group("A")
            .mode(looks.StackingMode.NORMAL if stacked else looks.StackingMode.NONE)
        )
        .legend(
            common.VizLegendOptions()
            .display_mode(looks.LegendDisplayMode.LIST)
            .placement(looks.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(looks.TooltipDisplayMode.MULTI)
            .sort(looks.SortOrder.DESCENDING)
        )
    )
    return _asking(
        made.title(title).description(about).span(width),
        [each.range().format(PromQueryFormat.TIME_SERIES) for each in queries],
    )


def numbers(
    title: str, about: str, queries: Sequence[Query], *, unit: str = "short", width: int = 8
) -> stat.Panel:
    """Show the latest value of each series, or its name where that says all."""
    named = all(each.build().expr.startswith(INFO) for each in queries)
    made = (
        stat.Panel()
        .unit(unit)
        .min(0)
        .graph_mode(looks.BigValueGraphMode.NONE)
        .color_mode(looks.BigValueColorMode.NONE if named else looks.BigValueColorMode.VALUE)
        .justify_mode(looks.BigValueJustifyMode.AUTO)
        .orientation(looks.VizOrientation.AUTO)
        .text_mode(looks.BigValueTextMode.NAME if named else looks.BigValueTextMode.VALUE_AND_NAME)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    )
    return _asking(
        made.title(title).description(about).span(width),
        [each.instant().format(PromQueryFormat.TIME_SERIES) for each in queries],
    )


def table(title: str, about: str, queries: Sequence[Query], *, width: int = 8) -> tables.Panel:
    """Make one table of what the queries find: labels are columns, equal ones share a row."""
    values = [f"Value #{_letter(number)}" for number in range(len(queries))]
    told = {values[1]: "best result"} if len(values) > 1 else {}
    # The first query only lists what there is: its values are all 1.
    hidden = dict.fromkeys(("Time", "Value", values[0]), True)
    columns = {"excludeByName": hidden, "indexByName": {}, "renameByName": told}
    made = (
        tables.Panel()
        .show_header(True)
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(DataTransformerConfig(id_val="organize", options=columns))
    )
    return _asking(
        made.title(title).description(about).span(width),
        [each.instant().format(PromQueryFormat.TABLE) for each in queries],
    )


_P = TypeVar("_P", timeseries.Panel, stat.Panel, tables.Panel)


def _asking(panel: _P, queries: Sequence[Query]) -> _P:
    for number, each in enumerate(queries):
        panel.with_target(each.ref_id(_letter(number)))
    return panel.datasource(SOURCE).height(HEIGHT)


def _letter(number: int) -> str:
    return chr(ord("A") + number)
