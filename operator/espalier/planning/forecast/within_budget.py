"""How a budget moves the end of a study, and whether the study ends before it is spent."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from espalier.planning.forecast.of_end import Course, EndForecast, forecast


class Within(StrEnum):
    """Whether a study ends by itself before a limit of its budget is met."""

    YES = "Yes"
    NO = "No"
    UNSURE = "Unsure"


def within(found: EndForecast, starts: float, runs: float) -> Within:
    """Tell whether a study ends before its budget is spent.

    Parameters
    ----------
    found
        When it ends without a budget.
    starts, runs
        Until when trials may start, and until when they may run.
    """
    limit = min(starts, runs)
    if found.high < limit:
        return Within.YES
    return Within.NO if limit < found.low else Within.UNSURE


def cut(course: Course, found: EndForecast, starts: float, runs: float) -> EndForecast:
    """Return when a study ends of which no trial starts or runs beyond these times."""
    if starts < found.last_start:
        share = max(0.0, starts - course.now) / (found.last_start - course.now)
        found = forecast(replace(course, left=int(course.left * share))) or found
    return replace(
        found, end=min(found.end, runs), low=min(found.low, runs), high=min(found.high, runs)
    )
