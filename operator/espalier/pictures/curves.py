"""A study's curves as a picture: PNG, SVG, or a page that needs nothing else.

matplotlib is the extra `pictures`: nothing here imports it before something is to be drawn.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from espalier.errors import UsageError
from espalier.pictures.drawn_limits import drawable, limits
from espalier.pictures.page import page_of
from espalier.views.plain import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Blue, vermilion, green, purple: told apart by colour-blind people, and by their marks in grey.
BEST, PRUNED, RUNNING, FAILED, OTHER = "#0050a0", "#d55e00", "#009e73", "#cc79a7", "#8a8a8a"
COLOURS = {"Pruned": PRUNED, "Running": RUNNING, "Failed": FAILED}
DASHES = {"Running": (0, (5, 2)), "Failed": (0, (1, 1.5))}
"""Not by colour alone."""
GRID, BAND = "#e4e4e4", "#f0e442"
INCHES = (8.6, 5.2)
MANY = 60
"""From so many curves on each is drawn fainter."""


@dataclass(frozen=True)
class CurvesPicture:
    """What a picture of curves shows.

    Parameters
    ----------
    study, curves
        The views of the study and its curves.
    band
        By step the least, the middle and the greatest cut-off; empty where none is known.
    trials
        The trials' views, for the table of a page.
    """

    study: View
    curves: View
    band: Sequence[View] = ()
    trials: Sequence[View] = ()

    def picture(self, kind: str, *, log: bool = False) -> bytes:
        """Return the picture: `png`, `svg`, or `html`.

        Raises
        ------
        UsageError
            If matplotlib is not installed.
        """
        require_matplotlib()
        if kind == "html":
            return page_of(self.study, self.trials, _saved(self, "svg", log).decode()).encode()
        return _saved(self, kind, log)


def require_matplotlib() -> None:
    """Make sure that pictures can be drawn.

    Raises
    ------
    UsageError
        If matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise UsageError(
            "--png, --svg, --html",
            "expected matplotlib, which draws pictures, got none; install it beside espalier: "
            "pip install 'espalier[pictures]'",
        )


def _saved(curves: CurvesPicture, kind: str, log: bool) -> bytes:
    from matplotlib import rc_context

    title = _shown(f"{curves.study['namespace']}/{curves.study['name']}")
    metadata: dict[str, Any] = {"Title": title} | ({"Date": None} if kind == "svg" else {})
    with rc_context(
        {
            "svg.fonttype": "none",  # text that can be searched and read out
            "svg.hashsalt": "espalier",  # the same figures make the same file
            "font.family": ["sans-serif"],
            "font.size": 9,
            "text.parse_math": False,  # a name may have dollars
        }
    ):
        made = io.BytesIO()
        figure(curves, log=log).savefig(
            made, format=kind, bbox_inches="tight", dpi=150, metadata=metadata
        )
    return made.getvalue()


def figure(curves: CurvesPicture, *, log: bool = False) -> Figure:
    """Draw curves into a figure of matplotlib's."""
    from matplotlib.figure import Figure

    made = Figure(figsize=INCHES)
    axes = made.add_subplot()
    study, view = curves.study, curves.curves
    axes.set_title(_shown(f"{study['namespace']}/{study['name']}"), loc="left", weight="bold")
    axes.set_xlabel(_shown(study["resource"].get("name", "step")))
    axes.set_ylabel(_shown(view["metric"]))
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.grid(color=GRID)
    axes.set_axisbelow(True)
    if log:
        axes.set_yscale("log", nonpositive="mask")
    _band(axes, [each for each in curves.band if drawable(each["low"], log)])
    _lines(axes, view, log)
    axes.set_ylim(*limits(view["trials"], log))
    if view["horizon"]:
        axes.set_xlim(
            0, max(view["horizon"], *(max(each["steps"], default=0) for each in view["trials"]), 1)
        )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    return made


def _shown(text: object) -> str:
    return "".join(each if each.isprintable() else "?" for each in str(text))[:80]


def _values(trial: View, log: bool) -> list[float]:
    return [value if drawable(value, log) else float("nan") for value in trial["values"]]


def _band(axes: Axes, band: Sequence[View]) -> None:
    if not band:
        return
    steps = [each["step"] for each in band]
    lows, highs = ([each[key] for each in band] for key in ("low", "high"))
    axes.fill_between(steps, lows, highs, color=BAND, alpha=0.35, linewidth=0, label="cut-off")
    middles = [each["middle"] for each in band]
    axes.plot(steps, middles, color="#6b6400", linewidth=0.8, linestyle=(0, (2, 2)))


def _lines(axes: Axes, view: View, log: bool) -> None:
    """Draw the curves, the best last, and mark where trials were cut."""
    faint = 0.8 if len(view["trials"]) <= MANY else 0.4
    named: set[str] = set()
    for trial in view["trials"]:
        if trial["number"] == view["best"]:
            continue
        state = trial["state"]
        axes.plot(
            trial["steps"],
            _values(trial, log),
            color=COLOURS.get(state, OTHER),
            linestyle=DASHES.get(state, "-"),
            linewidth=1.0,
            alpha=faint,
            marker="" if len(trial["steps"]) > 1 else ".",
            label=None if state in named else state.lower(),
        )
        named.add(state)
    ends = [
        (trial["steps"][-1], trial["values"][-1])
        for trial in view["trials"]
        if trial["prunedAt"] is not None and trial["values"] and drawable(trial["values"][-1], log)
    ]
    if ends:
        axes.plot(
            *zip(*ends, strict=True),
            linestyle="",
            marker="x",
            markersize=5,
            color=PRUNED,
            label="cut here",
        )
    for trial in view["trials"]:
        if trial["number"] == view["best"]:
            label = f"best: trial {trial['number']}"
            axes.plot(
                trial["steps"],
                _values(trial, log),
                color=BEST,
                linewidth=2.2,
                marker="o",
                markersize=3,
                label=label,
            )
