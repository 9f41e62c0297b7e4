"""Measurements as a picture: lines and points with intervals, drawn by matplotlib into SVG.

matplotlib is the extra `pictures`: nothing here imports it before something is to be drawn.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from espalier.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.transforms import Bbox

COLOURS = ("#1b7f5c", "#c0492f", "#2f62a8", "#b07a00", "#7a3f98", "#4d4d4d", "#14a3b8", "#d0569b")
MARKS = "os^D"
DASHES = ((0, (6, 4)), (0, (2, 3)), (0, (9, 3, 2, 3)))
GREY, GRID = "#8a8a8a", "#e4e4e4"
INCHES = (7.8, 5.0)
HALF_MARK = 3.5
"""Half of a mark's width, in points of 1/72 inch."""
PLACES = ((5, 4, "left"), (5, -10, "left"), (-5, 4, "right"), (-5, -10, "right"))
"""Where a label may go from its point, in points, and which of its sides is there."""
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
        How far to the right it is drawn, in points of 1/72 inch, so that series with the same x
        can be told apart.
    """

    label: str
    points: Sequence[Point]
    joined: bool = True
    dashed: bool = False
    shift: float = 0.0


@dataclass(frozen=True)
class Axis:
    """An axis of shares.

    Parameters
    ----------
    label
        What it says.
    low, high
        From where to where it goes.
    ticks
        The values that are written at it, in percent.
    root
        Whether it goes by the square root.
    """

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    root: bool = False


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


def require_matplotlib() -> None:
    """Make sure that pictures can be drawn, before the long run whose result they show.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise UsageError(
            "--picture",
            "expected matplotlib, which draws pictures, got none; "
            "install it beside espalier: pip install '.[pictures]' in the checkout",
        )


def draw(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> str:
    """Draw the series into one SVG document; the legend takes the room that it needs.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib import rc_context

    with rc_context(
        {
            "svg.fonttype": "none",  # text that can be searched and read out
            "svg.hashsalt": "espalier",  # the same figures make the same file
            "font.family": ["sans-serif"],
            "font.size": 9,
        }
    ):
        drawn = io.StringIO()
        figure(title, x, y, series).savefig(
            drawn, format="svg", bbox_inches="tight", metadata={"Title": title, "Date": None}
        )
    return drawn.getvalue()


def figure(title: str, x: Axis, y: Axis, series: Sequence[Series]) -> Figure:
    """Draw the series into a figure of matplotlib's."""
    from matplotlib.figure import Figure

    made = Figure(figsize=INCHES)
    axes = made.add_subplot()
    axes.set_title(title, loc="left", weight="bold")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    _scale(axes, x, y)
    for row, one in enumerate(series):
        _lines(axes, one, row)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, handlelength=3.0)
    made.draw_without_rendering()  # only now it is known where each point comes to lie
    _label(axes, series)
    return made


def _scale(axes: Axes, x: Axis, y: Axis) -> None:
    from numpy import sign, sqrt, square

    # The inverse is asked beyond the axis' ends too, where the root must still be a number.
    roots = (lambda share: sign(share) * sqrt(abs(share)), lambda root: sign(root) * square(root))
    for axis, scale in ((x, axes.set_xscale), (y, axes.set_yscale)):
        if axis.root:
            scale("function", functions=roots)
    axes.set(xlabel=x.label, xlim=(x.low, x.high), ylabel=y.label, ylim=(y.low, y.high))
    axes.set_xticks(list(x.ticks), [f"{tick:.0%}" for tick in x.ticks], minor=False)
    axes.set_yticks(list(y.ticks), [f"{tick:.0%}" for tick in y.ticks], minor=False)


def _colour(series: Series, row: int) -> str:
    return GREY if series.dashed else COLOURS[row % len(COLOURS)]


def _lines(axes: Axes, series: Series, row: int) -> None:
    """Draw a series, and the intervals of its points as faint bars below the marks."""
    from matplotlib.transforms import ScaledTranslation

    colour = _colour(series, row)
    shifted = axes.transData + ScaledTranslation(series.shift / 72, 0, axes.figure.dpi_scale_trans)
    for point in series.points:
        if point.low is not None and point.high is not None:
            ends = ([point.x, point.x], [point.low, point.high])
            (bar,) = axes.plot(*ends, color=colour, alpha=0.35, linewidth=1, transform=shifted)
            bar.set_clip_on(False)
    axes.plot(
        [point.x for point in series.points],
        [point.y for point in series.points],
        label=series.label,
        color=colour,
        linewidth=1.5,
        linestyle=DASHES[row % len(DASHES)] if series.dashed else "-" if series.joined else "",
        marker="" if series.dashed else MARKS[row % len(MARKS)],
        markersize=2 * HALF_MARK - 1.5,
        transform=shifted,
        clip_on=False,
    )


def _label(axes: Axes, series: Sequence[Series]) -> None:
    """Write the labels for which there is room, those of a line's ends first."""
    wanted = [
        (0 < place < len(one.points) - 1, row, point)
        for row, one in enumerate(series)
        for place, point in enumerate(one.points)
        if point.label and not one.dashed
    ]
    taken = [_around(axes, point) for one in series if not one.dashed for point in one.points]
    for _, row, point in sorted(wanted, key=lambda item: item[0]):
        if (box := _write(axes, point, COLOURS[row % len(COLOURS)], taken)) is not None:
            taken.append(box)


def _around(axes: Axes, point: Point) -> Bbox:
    """Return the box that a point's mark fills."""
    from matplotlib.transforms import Bbox

    across, down = axes.transData.transform((point.x, point.y))
    half = HALF_MARK * axes.figure.dpi / 72
    return Bbox([[across - half, down - half], [across + half, down + half]])


def _write(axes: Axes, point: Point, colour: str, taken: Sequence[Bbox]) -> Bbox | None:
    """Write a point's label beside it where nothing else is; return its box, None without room."""
    for across, up, side in PLACES:
        written = axes.annotate(
            point.label,
            (point.x, point.y),
            xytext=(across, up),
            textcoords="offset points",
            horizontalalignment=side,
            color=colour,
            fontsize=7.5,
        )
        box, frame = written.get_window_extent(), axes.get_window_extent()
        inside = frame.containsy(box.y0) and frame.containsy(box.y1) and frame.containsx(box.x0)
        if inside and not any(box.overlaps(other) for other in taken):
            return box
        written.remove()
    return None
