"""Curves drawn into a terminal, by plotext."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.text import Text

from espalier.cli.words import one_line
from espalier.pictures.drawn_limits import drawable, limits
from espalier.views.plain import View

_TICKS = 4
LEAST = (30, 10)
"""Columns and lines below which nothing can be told apart."""
_COLOURS = {"Running": "cyan", "Completed": "gray", "Pruned": "orange", "Failed": "magenta"}
_BEST, _CUT = "blue+", "gray"
_MARKER, _PLAIN = "braille", "."
_END = "x"
"""Marks where a trial was cut; colours alone are not told apart by everybody."""


def drawn(
    study: View,
    curves: View,
    band: Sequence[View],
    size: tuple[int, int],
    *,
    log: bool = False,
    plain: bool = False,
) -> Text:
    """Return the curves as a text of the given columns and lines.

    Parameters
    ----------
    study, curves
        Their views.
    band
        By step what the values were compared with; empty where that is not known.
    log
        Draw the values' logarithm; those that have none are left out.
    plain
        Draw with ASCII.
    """
    from plotext import figure  # it takes a while, and few commands draw

    figure.clear()
    try:
        _fill(figure, study, curves, band, size, log, plain)
        return Text.from_ansi(figure.build().string())
    finally:
        figure.clear()


def _fill(
    figure: Any,
    study: View,
    curves: View,
    band: Sequence[View],
    size: tuple[int, int],
    log: bool,
    plain: bool,
) -> None:
    figure.plot_size(max(size[0], LEAST[0]), max(size[1], LEAST[1]))
    figure.theme("colorless").canvas("default")
    figure.label(one_line(str(study["resource"].get("name", "step")))[:40], "x")
    figure.label(one_line(str(curves["metric"]))[:40], "y")
    low, high = limits(curves["trials"], log)
    if log:  # plotext's own logarithm fails where all values are one
        low, high = math.log10(low), math.log10(high)
        ticks = [low + share * (high - low) / _TICKS for share in range(_TICKS + 1)]
        figure.ruler("y").ticks(ticks, [f"{10**tick:.3g}" for tick in ticks])
    figure.ruler("y").lim(low, high)
    if curves["horizon"]:
        figure.ruler("x").lim(0, curves["horizon"])
    symbol = _PLAIN if plain else _MARKER
    for key in ("low", "high"):
        _line(figure, [each["step"] for each in band], [each[key] for each in band], "-", _CUT, log)
    trials = sorted(curves["trials"], key=lambda trial: trial["number"] == curves["best"])
    for trial in trials:
        best = trial["number"] == curves["best"]
        colour = _BEST if best else _COLOURS.get(trial["state"], "gray")
        _line(figure, trial["steps"], trial["values"], symbol, colour, log)
        if trial["prunedAt"] is not None and trial["values"] and trial["values"][-1] is not None:
            _line(figure, trial["steps"][-1:], trial["values"][-1:], _END, "orange", log)


def _line(
    figure: Any,
    steps: Sequence[int],
    values: Sequence[float | None],
    symbol: str,
    colour: str,
    log: bool,
) -> None:
    """Draw a line through values; where there is none it is interrupted."""
    from plotext import marker

    known = [
        (step, math.log10(value) if log else value)
        for step, value in zip(steps, values, strict=True)
        if value is not None and drawable(value, log)
    ]
    if not known:
        return
    signal = figure.signal(*zip(*known, strict=True), marker=marker(symbol, colour))
    figure.draw(signal.lines())


def legend(curves: View, banded: bool) -> Text:
    """Say what the lines are."""
    said = Text()
    if curves["best"] is not None:
        said.append("━ ", style="bright_blue")
        said.append(f"best, trial {curves['best']}   ")
    states = dict.fromkeys(trial["state"] for trial in curves["trials"])
    styles = {
        "Running": "cyan",
        "Completed": "bright_black",
        "Pruned": "yellow",
        "Failed": "magenta",
    }
    for state in states:
        mark = "━x" if state == "Pruned" else "━ "
        said.append(f"{mark} ", style=styles.get(state, ""))
        said.append(f"{state.lower()}   ")
    if banded:
        said.append("-- ", style="bright_black")
        said.append("cut-off")
    return said
