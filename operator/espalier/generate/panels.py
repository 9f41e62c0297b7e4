"""How the dashboard's panels ask Prometheus and how they look, by Grafana's builders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import common, prometheus, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as boards
from grafana_foundation_sdk.builders import table as tables
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as looks
from grafana_foundation_sdk.models.dashboard import (
    DashboardLink,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

HEIGHT = 8
"""Rows of Grafana's grid that a panel is high."""
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
Panel = timeseries.Panel | stat.Panel | tables.Panel
Query = prometheus.Dataquery

SELECTED = '{namespace=~"$namespace", study=~"$study"}'
SELECTED_INFO = (
    'espalier_study_info{namespace=~"$namespace", study=~"$study", direction=~"$direction"}'
)
STUDY = "namespace, study"
"""What tells a study apart: studies of two namespaces may have the same name."""
NAMED = "{{namespace}}/{{study}}"
NO_STUDY = "No Study is there, or none is selected."
"""What a panel of studies says where it has nothing to show."""
NOTHING_TIMED = "Nothing was timed lately."
"""What a panel of durations says then."""

ONE_STUDY = "espalier-study"
"""Uid of the dashboard of one study."""
ALL_STUDIES = "espalier"
"""Uid of the dashboard of all studies."""


def quantiles(metric: str) -> tuple[Query, ...]:
    """Ask a histogram for its median, 90th and 99th percentile, and for exemplars of trials."""
    return tuple(
        query(
            f"histogram_quantile({q}, sum by (le) (rate({metric}_bucket[$__rate_interval])))",
            f"p{round(q * 100)}",
        ).exemplar(True)
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
    empty: str = "",
    linked: bool = False,
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
    empty
        What is said where there is nothing to draw; needed where that may be.
    linked
        Lead from each line, which is a study's, to what else there is of the study.
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
    if linked:
        made.data_links(links_to_study("__field.labels"))
    return _asking(
        made.title(title).description(about).span(width),
        [each.range().format(PromQueryFormat.TIME_SERIES) for each in queries],
        empty,
    )


def numbers(
    title: str,
    about: str,
    queries: Sequence[Query],
    *,
    unit: str = "short",
    width: int = 8,
    empty: str = "",
) -> stat.Panel:
    """Show the latest value of each series."""
    made = _stat(unit).text_mode(looks.BigValueTextMode.VALUE_AND_NAME)
    made.color_mode(looks.BigValueColorMode.VALUE)
    return _instant(made.title(title).description(about).span(width), queries, empty)


def words(
    title: str, about: str, queries: Sequence[Query], *, width: int = 8, empty: str = ""
) -> stat.Panel:
    """Show the legend of each series: a label is what is worth seeing, not the value."""
    made = _stat("short").text_mode(looks.BigValueTextMode.NAME)
    made.color_mode(looks.BigValueColorMode.NONE)
    return _instant(made.title(title).description(about).span(width), queries, empty)


def _stat(unit: str) -> stat.Panel:
    return (
        stat.Panel()
        .unit(unit)
        .min(0)
        .graph_mode(looks.BigValueGraphMode.NONE)
        .justify_mode(looks.BigValueJustifyMode.AUTO)
        .orientation(looks.VizOrientation.AUTO)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False))
    )


def _instant(panel: stat.Panel, queries: Sequence[Query], empty: str) -> stat.Panel:
    asked = [each.instant().format(PromQueryFormat.TIME_SERIES) for each in queries]
    return _asking(panel, asked, empty)


def table(
    title: str,
    about: str,
    queries: Mapping[str, Query],
    *,
    width: int = 8,
    empty: str = "",
    linked: bool = False,
) -> tables.Panel:
    """Make one table of what the queries find: labels are columns, equal ones share a row.

    Parameters
    ----------
    title, about, width, empty
        As of `lines`.
    queries
        What is asked, by the heading of the column of values; ``-1``, ``-2`` and so on for those
        of which only the labels are worth seeing.
    linked
        Lead from each row, which is a study's, to what else there is of the study.
    """
    values = {name: f"Value #{_letter(number)}" for number, name in enumerate(queries)}
    hidden = [column for name, column in values.items() if name.startswith("-")]
    columns = {
        "excludeByName": dict.fromkeys(("Time", "Value", *hidden), True),
        "indexByName": {},
        "renameByName": {
            column: name for name, column in values.items() if not name.startswith("-")
        },
    }
    made = (
        tables.Panel()
        .show_header(True)
        .with_transformation(DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(DataTransformerConfig(id_val="organize", options=columns))
    )
    if linked:
        found = [link.build() for link in links_to_study("__data.fields")]
        made.override_by_name("study", [DynamicConfigValue(id_val="links", value=found)])
    return _asking(
        made.title(title).description(about).span(width),
        [each.instant().format(PromQueryFormat.TABLE) for each in queries.values()],
        empty,
    )


def links_to_study(labels: str) -> list[Builder[DashboardLink]]:
    """Lead to the dashboard and to the page of a study.

    Parameters
    ----------
    labels
        Where Grafana has the labels of what was clicked on; empty: in the dashboard's variables.
    """
    namespace, study = (
        f"${{{labels}.{name}}}" if labels else f"${{{name}}}" for name in ("namespace", "study")
    )
    board = boards.DashboardLink("Dashboard of the study").url(
        f"/d/{ONE_STUDY}?var-datasource=${{datasource}}&var-read_api_url=${{read_api_url}}"
        f"&var-namespace={namespace}&var-study={study}&${{__url_time_range}}"
    )
    page = (
        boards.DashboardLink("Page of the study")
        .url(f"${{read_api_url}}/studies/{namespace}/{study}")
        .target_blank(True)
    )
    return [board, page] if labels else [page]


_P = TypeVar("_P", timeseries.Panel, stat.Panel, tables.Panel)


def _asking(panel: _P, queries: Sequence[Query], empty: str) -> _P:
    if empty:
        panel.no_value(empty)
    for number, each in enumerate(queries):
        panel.with_target(each.ref_id(_letter(number)))
    return panel.datasource(SOURCE).height(HEIGHT)


def _letter(number: int) -> str:
    return chr(ord("A") + number)
