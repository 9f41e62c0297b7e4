"""What a trial has reported of one metric, value by value."""

from __future__ import annotations

from espalier.errors import UsageError
from espalier.views.gathered import Gathered
from espalier.views.plain import View, finite, time_of
from espalier.views.query import Query


def values_view(gathered: Gathered, number: int, query: Query) -> View:
    """Return a trial's values of a metric in the order of arrival, the objective's by default.

    Raises
    ------
    UsageError
        If the trial has reported no such metric.
    """
    objective = gathered.study.terms.metric
    metric = query.text("metric", objective)
    reported = gathered.reported(number)
    if metric not in reported and metric != objective:
        known = ", ".join(sorted(reported))[:200] or "none"
        raise UsageError("metric", f"expected one that trial {number} reported ({known})")
    values = reported.get(metric, gathered.values.get(number))

    def show(place: int) -> View:
        assert values is not None
        return {
            "attempt": values.attempts[place],
            "step": values.steps[place],
            "value": finite(values.values[place]),
            "at": time_of(values.at[place]),
        }

    page = query.page(range(0 if values is None else len(values)), show)
    return {"number": number, "metric": metric, "metrics": sorted(reported), **page}
