"""A recommendation as a picture: saved against lost, a colour for each type of pruner."""

from __future__ import annotations

from espalier.backtest.compare import LOST_AXIS
from espalier.backtest.picture import Point, Series, draw, percent_axis, root_axis
from espalier.backtest.recommend.recommendation import Recommendation


def picture(found: Recommendation) -> str:
    """Draw every candidate, labelled where it is the recommended one or the chosen one."""
    named = {id(found.recommended), id(found.choice)}
    series: dict[str, list[Point]] = {}
    for each in found.outcomes:
        lost = each.lost
        label = each.candidate.label if id(each) in named else ""
        point = Point(each.sure_of("saved").mean, lost.mean, label, lost.low, lost.high)
        series.setdefault(each.candidate.type, []).append(point)
    drawn = [Series(kind, points, joined=False) for kind, points in series.items()]
    points = [point for one in drawn for point in one.points]
    x = percent_axis("compute saved", [point.x for point in points])
    y = root_axis(LOST_AXIS, [point.high or 0.0 for point in points])
    names = ", ".join(study.name for study in found.studies[:3])
    of = names if len(found.studies) <= 3 else f"{len(found.studies)} studies"
    return draw(f"Saved against lost on lists of {of}", x, y, drawn)
