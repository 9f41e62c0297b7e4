"""What a Study's status says of when it will end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.api.conditions import timestamp
from espalier.planning.budgets.spending import Spending
from espalier.planning.forecast.of_end import ENOUGH, Course, EndForecast, forecast
from espalier.planning.forecast.of_study import allowed_until, course_of
from espalier.planning.forecast.within_budget import cut, within
from espalier.planning.obstacles.scene import Scene
from espalier.planning.world.status_words import words

_ROUND = (1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0, 1800.0, 3600.0)
"""Seconds to which times are rounded, so that what is told does not change all the time."""
_PARTS = 50.0


def estimate_status(scene: Scene) -> Mapping[str, Any] | None:
    """Return ``status.estimate`` of a Study; None where it has not begun or is over.

    It is worked out when progress is written: at other times it stays as it was.
    """
    course, study = scene.course, scene.snapshot.study
    if study.spec is None or not course.accepted or course.over:
        return None
    said: Mapping[str, Any] | None = study.status.get("estimate")
    if said and scene.now < study.status_written_at + scene.settings.progress_interval:
        return said
    if study.spec.suspend:
        return {"why": "The study is suspended."}
    if study.spec.trials.parallelism == 0:
        return {"why": "spec.trials.parallelism is 0."}
    facts = course_of(scene.look, course.limit, scene.settings, scene.now)
    found = forecast(facts)
    if found is None:
        return {"why": _too_early(facts), "trialsLeft": facts.left}
    return _told(facts, found, course.spending)


def _told(facts: Course, found: EndForecast, spending: Spending) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if spending.limits:
        starts, runs = allowed_until(spending)
        fields["withinBudget"] = str(within(found, starts, runs))
        found = cut(facts, found, starts, runs)
    now = facts.now
    unit = _unit(found.high - now)
    return {
        "end": _time(found.end, now, unit),
        "low": _time(found.low, now, unit),
        "high": _time(found.high, now, unit),
        "trialsLeft": facts.left,
        "why": _why(facts, found),
        **fields,
    }


def _time(at: float, now: float, unit: float) -> str:
    """Return a time, rounded, and never one that is over."""
    return timestamp(max(now, round(at / unit) * unit))


def _unit(span: float) -> float:
    return max((each for each in _ROUND if each <= span / _PARTS), default=1.0)


def _too_early(facts: Course) -> str:
    ended = len(facts.ended)
    which = "1 trial that ran has ended" if ended == 1 else f"{ended} trials that ran have ended"
    return f"Too early to tell: {which}, and {ENOUGH} are needed."


def _why(facts: Course, found: EndForecast) -> str:
    running = len(facts.young) + len(facts.old)
    return (
        f"{facts.left} trials are left to start and {running} run; about {found.at_once:.2g} run"
        f" at once, for {words(found.life)} each on the mean, pruned ones included."
    )
