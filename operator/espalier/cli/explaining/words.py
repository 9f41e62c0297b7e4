"""Numbers, steps and trials as they stand in a table."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from espalier.cli.words import one_line
from espalier.planning.world.names import called
from espalier.views.plain import View


def number(value: Any) -> str:
    """Write a number in six digits, what is no number in one line, and nothing as nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return one_line(str(value))


def percent(value: float | None) -> str:
    """Write a share in percent."""
    return "?" if value is None else f"{100 * value:.1f} %"


def steps(line: View) -> str:
    """Write at which steps a decision was taken."""
    first, last = line["fromStep"], line["toStep"]
    return str(first) if first == last else f"{first}–{last}"


def text(said: str, style: str = "") -> Text:
    """Return what was said by anybody as it is: no markup, no control characters."""
    return Text(one_line(said), style=style)


def trial_words(trial: View) -> str:
    """Return what a trial is called."""
    name = f" ({trial['name']})" if trial["name"] else ""
    return f"{called(trial['number'])}{name}"
