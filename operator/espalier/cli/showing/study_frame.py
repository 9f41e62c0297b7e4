"""A study as `espalier status` draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from espalier.cli.asking.study_shown import StudyShown
from espalier.cli.showing.sparkline import ASCII, BLOCKS, bounds, sparkline
from espalier.cli.showing.study_words import (
    best_words,
    budget_words,
    costs_words,
    counts_words,
    ended_of,
    estimate_words,
    money_words,
    number,
    obstacles_of,
    parameters_words,
    progressing_words,
    risk_words,
    times_words,
)
from espalier.cli.table import STYLES as STYLES_OF_TRIALS
from espalier.cli.words import one_line

STYLES = {**STYLES_OF_TRIALS, "Succeeded": "green"}
_LABEL, _BAR, _CURVE = 12, 24, 20


@dataclass(frozen=True)
class StudyFrame:
    """A study: progress, best so far, trials by state, costs, risk, and what is in the way.

    Parameters
    ----------
    standing
        What is known of it.
    now
        Ages are told by it.
    """

    standing: StudyShown
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it, each kind of news in lines of its own."""
        view = self.standing.view
        yield self._title()
        yield Text(_what(view), style="dim")
        yield Text()
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, style="bold", min_width=_LABEL)
        table.add_column(overflow="fold")
        plain = options.ascii_only or console.encoding.lower() in ("ascii", "us-ascii")
        for label, text, style in self._lines(plain):
            table.add_row(label, Text(one_line(text), style=style))
        yield table
        if self.standing.leading:
            yield Text()
            yield self._leading(plain)
        if self.standing.trouble:
            yield Text(f"\n{one_line(self.standing.trouble)}", style="yellow")

    def _title(self) -> Text:
        view = self.standing.view
        title = Text(one_line(f"{view['namespace']}/{view['name']}"), style="bold")
        state = "Deleted" if view.get("deleted") else view.get("state")
        if state:
            title.append(f"  {one_line(str(state))}", style=STYLES.get(str(state), "cyan"))
        if said := times_words(view, self.now):
            title.append(f"  {said}", style="not bold")
        return title

    def _lines(self, plain: bool) -> list[tuple[str, str, str]]:
        view = self.standing.view
        ended, wanted = ended_of(view)
        share = ended / wanted if wanted else 0.0
        full, empty = ("#", ".") if plain else ("█", "░")
        drawn = full * round(share * _BAR) + empty * (_BAR - round(share * _BAR))
        estimate = estimate_words(view, self.now)
        progress = f"{drawn}  {ended} of {wanted} ended" + (f", {estimate}" if estimate else "")
        lines = [("Progress", progress, ""), ("Trials", counts_words(view), "")]
        if said := best_words(view):
            lines.append(("Best", said, "green"))
        lines += [(label, said, "") for label, said in costs_words(view)]
        lines += [("Money", said, "") for said in [money_words(view)] if said]
        lines += [("Budget", said, "") for said in budget_words(view, self.now)]
        if said := risk_words(view):
            lines.append(("Risk", said, ""))
        obstacles = obstacles_of(view)
        lines += [("In the way", said, "red") for said in obstacles]
        if not obstacles and not view.get("completionTime"):
            lines += [("Now", said, "") for said in [progressing_words(view)] if said]
        return lines

    def _leading(self, plain: bool) -> Table:
        """Return the trials with the best newest values, with their curves."""
        view, curves = self.standing.view, self.standing.curves
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        table.add_column("rank", justify="right", no_wrap=True)
        table.add_column("trial", justify="right", no_wrap=True)
        table.add_column("state", no_wrap=True)
        table.add_column(_named(view["resource"].get("name"), "step"), justify="right")
        table.add_column(_named(view["objective"]["metric"], "value"), justify="right")
        table.add_column("curve", no_wrap=True)
        table.add_column("parameters", no_wrap=True, overflow="ellipsis")
        low, high = bounds([curve["values"] for curve in curves.values()])
        for trial in self.standing.leading:
            curve = curves.get(trial["number"], {"values": []})
            drawn = sparkline(curve["values"], low, high, _CURVE, ASCII if plain else BLOCKS)
            table.add_row(
                str(trial["rank"]),
                str(trial["number"]),
                Text(trial["state"], style=STYLES.get(trial["state"], "")),
                "" if trial["step"] is None else str(trial["step"]),
                number(trial["latest"]),
                drawn,
                Text(parameters_words(trial["parameters"])),
            )
        return table


def _named(given: object, otherwise: str) -> Text:
    return Text(one_line(str(given or otherwise))[:24])


def _what(view: dict[str, object]) -> str:
    objective, resource = view["objective"], view["resource"]
    assert isinstance(objective, dict)
    assert isinstance(resource, dict)
    said = [f"{objective['direction']} {objective['metric']}"]
    if objective.get("target") is not None:
        said.append(f"target {number(objective['target'])}")
    said.append(f"{resource.get('name', 'step')} up to {resource.get('max') or '?'}")
    said += [f"sampler {view['sampler']}", f"pruner {view['pruner']}"]
    return one_line(" · ".join(said))
