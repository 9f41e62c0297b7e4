"""Grafana's dashboard, as the JSON that the chart ships."""

from __future__ import annotations

from typing import Any

from espalier.generate.panels import ROWS, SELECTED, Look, Panel, Query

WIDTH = 24
HEIGHT = 8
SOURCE = {"type": "prometheus", "uid": "${datasource}"}

Json = dict[str, Any]


def dashboard() -> Json:
    """Lay out all panels, row by row, from left to right."""
    laid: list[Json] = []
    top = 0
    for title, panels in ROWS.items():
        laid.append(_row(len(laid) + 1, title, top))
        top += 1
        left = 0
        for panel in panels:
            if left + panel.width > WIDTH:
                left, top = 0, top + HEIGHT
            at = {"h": HEIGHT, "w": panel.width, "x": left, "y": top}
            laid.append(_panel(len(laid) + 1, panel, at))
            left += panel.width
        top += HEIGHT
    return {
        "uid": "espalier",
        "title": "Espalier",
        "description": "Studies, their pruning, and the health of the operator.",
        "tags": ["espalier"],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "10s",
        "schemaVersion": 38,
        "version": 1,
        "annotations": {"list": []},
        "links": [],
        "templating": {"list": _variables()},
        "panels": laid,
    }


def _row(number: int, title: str, top: int) -> Json:
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": top},
        "panels": [],
    }


def _panel(number: int, panel: Panel, at: Json) -> Json:
    instant = panel.look is not Look.TIME
    laid: Json = {
        "id": number,
        "type": panel.look.value,
        "title": panel.title,
        "description": panel.help,
        "datasource": SOURCE,
        "gridPos": at,
        "targets": [_target(n, query, panel.look) for n, query in enumerate(panel.queries)],
        "options": _options(panel),
        "fieldConfig": {
            "defaults": {"unit": panel.unit, "min": 0} if instant else _time_defaults(panel),
            "overrides": [],
        },
    }
    if panel.look is Look.TABLE:
        laid["fieldConfig"]["defaults"] = {}
        laid["transformations"] = _as_rows(len(panel.queries))
    if panel.repeat:
        laid |= {"repeat": panel.repeat, "repeatDirection": "v"}
    return laid


def _options(panel: Panel) -> Json:
    if panel.look is Look.STAT:
        return _stat_options(panel)
    return _time_options() if panel.look is Look.TIME else {"showHeader": True}


def _as_rows(queries: int) -> list[Json]:
    """Make one table of what the queries found: labels are columns, equal ones share a row."""
    of = [f"Value #{chr(ord('A') + n)}" for n in range(queries)]
    told = {of[1]: "best result"} if queries > 1 else {}
    # The first query only lists what there is: its values are all 1.
    hidden = dict.fromkeys(("Time", "Value", of[0]), True)
    return [
        {"id": "merge", "options": {}},
        {
            "id": "organize",
            "options": {"excludeByName": hidden, "indexByName": {}, "renameByName": told},
        },
    ]


def _target(number: int, query: Query, look: Look) -> Json:
    instant = look is not Look.TIME
    return {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": instant,
        "range": not instant,
        "format": "table" if look is Look.TABLE else "time_series",
    }


def _stat_options(panel: Panel) -> Json:
    named = all(query.expr.startswith(INFO) for query in panel.queries)
    return {
        "graphMode": "none",
        "colorMode": "none" if named else "value",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": "name" if named else "value_and_name",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }


INFO = "espalier_build_info"


def _time_options() -> Json:
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _time_defaults(panel: Panel) -> Json:
    return {
        "unit": panel.unit,
        "custom": {
            "drawStyle": "line",
            "lineWidth": 1,
            "lineInterpolation": "stepAfter" if panel.stepped else "linear",
            "fillOpacity": 20 if panel.stacked else 0,
            "showPoints": "auto",
            "spanNulls": False,
            "stacking": {"group": "A", "mode": "normal" if panel.stacked else "none"},
        },
    }


def _variables() -> list[Json]:
    return [
        {
            "name": "datasource",
            "label": "Data source",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
        },
        _variable("namespace", "Namespace", "label_values(espalier_study_info, namespace)"),
        _variable(
            "study", "Study", 'label_values(espalier_study_info{namespace=~"$namespace"}, study)'
        ),
        _variable(
            "objective",
            "Objective",
            f"label_values(espalier_study_info{SELECTED}, objective)",
        ),
    ]


def _variable(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }
