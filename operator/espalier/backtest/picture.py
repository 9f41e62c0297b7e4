"""Measurements as a picture: lines and points with intervals, in plain SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

COLOURS = ("#1b7f5c", "#c0492f", "#2f62a8", "#9a6a12", "#7a3f98", "#4d4d4d", "#0f8b8d", "#b5427f")
WIDTH, HEIGHT, LEGEND = 560, 400, 250
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 40, 56


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
    """Points of one pruner; joined by a line if `joined`."""

    label: str
    points: Sequence[Point]
    joined: bool = True
    dashed: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis: what it says, and from where to where it goes."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]

    def share(self, value: float) -> float:
        """Give the place of a value on the axis, between 0 and 1."""
        inside = min(self.high, max(self.low, value))
        return (inside - self.low) / (self.high - self.low)


def percent_axis(label: str, values: Sequence[float], least: float = 0.0) -> Axis:
    """Make an axis in percent that holds all values."""
    high = max([*values, least + 0.1])
    step = next(s for s in (0.02, 0.05, 0.1, 0.2) if (high - least) / s <= 8 or s == 0.2)
    count = int((high - least) / step - 1e-9) + 1
    ticks = [round(least + step * i, 6) for i in range(count + 1)]
    return Axis(label, least, ticks[-1], ticks)


def draw(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """Draw the series into one SVG document."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEGEND} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="{WIDTH + LEGEND}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 22, title, size=14, weight="bold"),
    ]
    parts += _axes(x, y)
    for i, one in enumerate(series):
        parts += _series(one, COLOURS[i % len(COLOURS)], x, y)
        parts += _legend(one, COLOURS[i % len(COLOURS)], i)
    return "\n".join([*parts, "</svg>", ""])


def _place(x: Axis, y: Axis, at: tuple[float, float]) -> tuple[float, float]:
    across = LEFT + x.share(at[0]) * (WIDTH - LEFT - RIGHT)
    down = HEIGHT - BOTTOM - y.share(at[1]) * (HEIGHT - TOP - BOTTOM)
    return round(across, 1), round(down, 1)


def _axes(x: Axis, y: Axis) -> list[str]:
    parts = []
    for tick in x.ticks:
        across, down = _place(x, y, (tick, y.low))
        parts.append(_line(across, down, across, TOP, "#e4e4e4"))
        parts.append(_text(across, down + 18, f"{tick:.0%}", anchor="middle"))
    for tick in y.ticks:
        across, down = _place(x, y, (x.low, tick))
        parts.append(_line(across, down, WIDTH - RIGHT, down, "#e4e4e4"))
        parts.append(_text(across - 8, down + 4, f"{tick:.0%}", anchor="end"))
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(_text(middle, HEIGHT - 16, x.label, anchor="middle"))
    centre = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="16" y="{centre}" text-anchor="middle" '
        f'transform="rotate(-90 16 {centre})">{escape(y.label)}</text>'
    )
    return parts


def _series(series: Series, colour: str, x: Axis, y: Axis) -> list[str]:
    places = [_place(x, y, (point.x, point.y)) for point in series.points]
    parts = []
    if series.joined and len(places) > 1:
        path = " ".join(f"{across},{down}" for across, down in places)
        dash = ' stroke-dasharray="5 4"' if series.dashed else ""
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )
    for point, (across, down) in zip(series.points, places, strict=True):
        if point.low is not None and point.high is not None:
            low, high = (_place(x, y, (point.x, end))[1] for end in (point.low, point.high))
            parts.append(_line(across, low, across, high, colour))
        if not series.dashed:
            parts.append(f'<circle cx="{across}" cy="{down}" r="4" fill="{colour}"/>')
        if point.label:
            parts.append(_text(across + 6, down - 6, point.label, size=10))
    return parts


def _legend(series: Series, colour: str, row: int) -> list[str]:
    down = TOP + 16 + row * 20
    return [
        _line(WIDTH + 4, down, WIDTH + 24, down, colour, 3),
        _text(WIDTH + 30, down + 4, series.label),
    ]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: int = 1) -> str:
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
        f'font-weight="{weight}" fill="#222222">{escape(text)}</text>'
    )
