"""Measurements as a picture: lines and points with intervals, in plain SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from espalier.backtest.labels import HEIGHT as SMALL
from espalier.backtest.labels import Box, placed, width

COLOURS = ("#1b7f5c", "#c0492f", "#2f62a8", "#b07a00", "#7a3f98", "#4d4d4d", "#14a3b8", "#d0569b")
MARKS = ("circle", "square", "triangle", "diamond")
GRID, TEXT = "#e4e4e4", "#222222"
WIDTH, HEIGHT, ROW = 640, 460, 20
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 56
ROOTS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Point:
    """A measured point.

    Parameters
    ----------
    x, y
        Where it lies.
    label
        Written beside it.
    low, high
        The interval of y, if it has one.
    """

    x: float
    y: float
    label: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Series:
    """Points of one pruner.

    Parameters
    ----------
    label
        Written in the legend.
    points
        In the order in which a line joins them.
    joined
        Whether one does.
    dashed
        Draw a dashed line without marks.
    shift
        How far to the right it is drawn, so that series with the same x can be told apart.
    """

    label: str
    points: Sequence[Point]
    joined: bool = True
    dashed: bool = False
    shift: float = 0.0


@dataclass(frozen=True)
class Axis:
    """An axis: what it says, from where to where it goes, and whether by the square root."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    root: bool = False

    def share(self, value: float) -> float:
        """Give the place of a value on the axis, between 0 and 1."""
        inside = min(self.high, max(self.low, value))
        share = (inside - self.low) / (self.high - self.low)
        return math.sqrt(share) if self.root else share


def percent_axis(label: str, values: Sequence[float]) -> Axis:
    """Make an axis in percent that holds all values; it begins below the least, or at 0."""
    low, high = min(values, default=0.0), max([*values, 0.1])
    low = math.floor(low * 10 - 0.2) / 10 if low > 0.2 else 0.0
    step = next(s for s in (0.02, 0.05, 0.1, 0.2) if (high - low) / s <= 8 or s == 0.2)
    count = max(1, math.ceil((high - low) / step - 1e-9))
    ticks = [round(low + step * i, 6) for i in range(count + 1)]
    return Axis(label, low, ticks[-1], ticks)


def root_axis(label: str, values: Sequence[float]) -> Axis:
    """Make an axis in percent from 0, by the square root: small shares are as readable as large."""
    high = next(tick for tick in ROOTS if tick >= max([*values, 0.05]) or tick == 1.0)
    ticks = [tick for tick in ROOTS if tick <= high]
    return Axis(f"{label} (square-root scale)", 0.0, high, ticks, root=True)


def draw(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """Draw the series into one SVG document; the legend takes the room that it needs."""
    wide = WIDTH + 46 + math.ceil(max(width(one.label, 12) for one in series))
    wide = max(wide, math.ceil(LEFT + width(title, 15) + RIGHT))
    tall = max(HEIGHT, TOP + 16 + ROW * len(series))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {tall}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label={quoteattr(title)}>',
        f'<rect width="{wide}" height="{tall}" fill="#ffffff"/>',
        _text(LEFT, 22, title, size=14, weight="bold"),
        *_axes(x, y),
    ]
    for i, one in enumerate(series):
        parts += _lines(one, i, x, y)
    for i, one in enumerate(series):
        parts += [_mark(i, *_place(x, y, p, one.shift)) for p in one.points if not one.dashed]
        parts += _legend(one, i)
    return "\n".join([*parts, *_labels(series, x, y), "</svg>", ""])


def _colour(series: Series, row: int) -> str:
    return "#8a8a8a" if series.dashed else COLOURS[row % len(COLOURS)]


def _place(x: Axis, y: Axis, point: Point, shift: float = 0.0) -> tuple[float, float]:
    across = LEFT + x.share(point.x) * (WIDTH - LEFT - RIGHT) + shift
    down = HEIGHT - BOTTOM - y.share(point.y) * (HEIGHT - TOP - BOTTOM)
    return round(across, 1), round(down, 1)


def _axes(x: Axis, y: Axis) -> list[str]:
    parts = []
    for tick in x.ticks:
        across, down = _place(x, y, Point(tick, y.low))
        parts.append(_line(across, down, across, TOP, GRID))
        parts.append(_text(across, down + 18, f"{tick:.0%}", anchor="middle"))
    for tick in y.ticks:
        across, down = _place(x, y, Point(x.low, tick))
        parts.append(_line(across, down, WIDTH - RIGHT, down, GRID))
        parts.append(_text(across - 8, down + 4, f"{tick:.0%}", anchor="end"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(_text(middle, HEIGHT - 16, x.label, anchor="middle"))
    centre = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'text-anchor="middle" transform="rotate(-90 16 {centre})"'
    parts.append(f'<text x="16" y="{centre}" {turned} fill="{TEXT}">{escape(y.label)}</text>')
    return parts


def _lines(series: Series, row: int, x: Axis, y: Axis) -> list[str]:
    """Draw what lies below the marks: the line, and the bars of the intervals."""
    colour, parts = _colour(series, row), []
    if series.joined and len(series.points) > 1:
        places = [_place(x, y, point, series.shift) for point in series.points]
        path = " ".join(f"{across},{down}" for across, down in places)
        dash = f' stroke-dasharray="{_dash(row)}"' if series.dashed else ""
        stroke = f'stroke="{colour}" stroke-width="{1.5 if series.dashed else 2}"{dash}'
        parts.append(f'<polyline points="{path}" fill="none" {stroke}/>')
    for box in _bars(series, x, y):
        across = box.left
        parts.append(_line(across, box.top, across, box.bottom, colour, opacity=0.35))
    return parts


def _dash(row: int) -> str:
    return ("6 4", "2 3", "9 3 2 3")[row % 3]


def _bars(series: Series, x: Axis, y: Axis) -> list[Box]:
    found = []
    for point in series.points:
        if point.low is not None and point.high is not None:
            across, top = _place(x, y, Point(point.x, point.high), series.shift)
            found.append(Box(across, top, across, _place(x, y, Point(point.x, point.low))[1]))
    return found


def _mark(row: int, across: float, down: float) -> str:
    colour = COLOURS[row % len(COLOURS)]
    kind = MARKS[row % len(MARKS)]
    if kind == "circle":
        return f'<circle cx="{across}" cy="{down}" r="4" fill="{colour}"/>'
    corners = {
        "square": ((-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)),
        "triangle": ((0, -4.6), (4.4, 3.6), (-4.4, 3.6)),
        "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
    }[kind]
    path = " ".join(f"{across + dx:.1f},{down + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{path}" fill="{colour}"/>'


def _labels(series: Sequence[Series], x: Axis, y: Axis) -> list[str]:
    """Write the labels for which there is room, those of a line's ends first."""
    marked = [
        (inner, i, point)
        for i, one in enumerate(series)
        for inner, point in zip(_inner(one), one.points, strict=True)
        if not one.dashed
    ]
    marked.sort(key=lambda item: item[0])
    places = [_place(x, y, point, series[i].shift) for _, i, point in marked]
    bars = [Box(b.left - 1, b.top, b.right + 1, b.bottom) for s in series for b in _bars(s, x, y)]
    frame = Box(LEFT, TOP, WIDTH, HEIGHT - BOTTOM)
    boxes = placed(places, [point.label for _, _, point in marked], bars, frame)
    return [
        _text(box.left, box.bottom - 2, p.label, size=int(SMALL), colour=_colour(series[i], i))
        for (_, i, p), box in zip(marked, boxes, strict=True)
        if box is not None
    ]


def _inner(series: Series) -> list[bool]:
    last = len(series.points) - 1
    return [0 < place < last for place in range(last + 1)]


def _legend(series: Series, row: int) -> list[str]:
    down = TOP + 16 + row * ROW
    colour = _colour(series, row)
    dash = f' stroke-dasharray="{_dash(row)}"' if series.dashed else ""
    parts = [
        f'<line x1="{WIDTH + 4}" y1="{down}" x2="{WIDTH + 28}" y2="{down}" '
        f'stroke="{colour}" stroke-width="2"{dash}/>'
        if series.joined
        else "",
        "" if series.dashed else _mark(row, WIDTH + 16, down),
        _text(WIDTH + 34, down + 4, series.label),
    ]
    return [part for part in parts if part]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, opacity: float = 1.0) -> str:
    faint = f' stroke-opacity="{opacity:g}"' if opacity < 1 else ""
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}"{faint}/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 12,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = TEXT,
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}" fill="{colour}" stroke="#ffffff" stroke-width="3" '
        f'paint-order="stroke">{escape(text)}</text>'
    )
