"""A study as `espalier watch` draws it: all of it, or what fits into the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from espalier.cli.table import (
    STYLES,
    complaints,
    headline,
    label_of,
    number_of,
    phase_of,
    ranks,
    value_of,
    why,
)
from espalier.cli.words import one_line

Objects = Sequence[Mapping[str, Any]]
SORTS = ("number", "best", "newest", "state")
_STATES = ("Running", "Pending", "Completed", "Pruned", "Failed")
WIDE = 100
"""From so many columns on, parameters are shown unless it is said otherwise."""


@dataclass(frozen=True)
class View:
    """Which trials are shown, and what of them.

    Parameters
    ----------
    sort
        One of `SORTS`; None is by number, and by the best where not all are shown.
    top
        How many trials are shown at most; None is all.
    parameters
        Whether their parameters are shown; None is where the terminal has room.
    """

    sort: str | None = None
    top: int | None = None
    parameters: bool | None = None


@dataclass(frozen=True)
class Frame:
    """A study and its trials, to be drawn by rich.

    Parameters
    ----------
    trouble
        Why what is drawn may be old.
    fitted
        Leave out trials that the terminal has no room for, and give each one line.
    """

    study: Mapping[str, Any]
    trials: Objects
    view: View = View()
    trouble: str = ""
    fitted: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the head, then the trials, then what is wrong; trials give way to the others."""
        options = options.update(height=None)
        wrong = complaints(self.study)
        wrong += [Text(f"\n{one_line(self.trouble)}", style="yellow")] if self.trouble else []
        head = self._drawn(console, options, [headline(self.study, self.trials), Text()])
        foot = self._drawn(console, options, wrong)
        height = options.size.height
        if self.fitted:
            head, foot = head[: max(1, height - 3)], foot[: max(0, height // 3)]
        # One line is the table's own head, and the last one says what was left out.
        room = max(0, height - len(head) - len(foot) - 1) if self.fitted else len(self.trials)
        shown = min(room, len(self.trials), self.view.top or len(self.trials))
        left_out = shown < len(self.trials)
        if left_out and shown == room:
            shown = max(0, shown - 1)
        body = self._drawn(console, options, self._body(options, shown))
        if self.fitted:
            body = body[: max(0, height - len(head) - len(foot))]
        for number, line in enumerate([*head, *body, *foot]):
            if number:
                yield Segment.line()
            yield from line
        yield Segment.line()

    def _drawn(
        self, console: Console, options: ConsoleOptions, parts: Sequence[RenderableType]
    ) -> list[list[Segment]]:
        return [line for part in parts for line in console.render_lines(part, options, pad=False)]

    def _body(self, options: ConsoleOptions, shown: int) -> list[RenderableType]:
        sort = self.view.sort or ("number" if shown == len(self.trials) else "best")
        rows = ordered(self.study, self.trials, sort)
        wanted = self.view.parameters
        parameters = options.max_width >= WIDE if wanted is None else wanted
        table = _table(self.study, self.trials, rows[:shown], parameters, self.fitted)
        rest = Counter(phase_of(trial) for trial in rows[shown:])
        counted = ", ".join(f"{rest[state]} {state}" for state in _STATES if rest[state])
        more = Text(
            f"… {sum(rest.values())} more: {counted}; sorted by {sort}, --sort sorts otherwise",
            style="dim",
            no_wrap=True,
            overflow="ellipsis",
        )
        return [table, more] if rest else [table]


def ordered(study: Mapping[str, Any], trials: Objects, sort: str) -> list[Mapping[str, Any]]:
    """Sort trials: by number, the best or the newest first, or by state.

    What has no rank comes last where the best come first.
    """
    rank = ranks(trials, str(study["spec"]["objective"]["direction"]))
    states = {state: place for place, state in enumerate(_STATES)}
    keys = {
        "best": lambda trial: (rank.get(number_of(trial), len(trials) + 1), number_of(trial)),
        "newest": lambda trial: -number_of(trial),
        "state": lambda trial: (states.get(phase_of(trial), len(states)), number_of(trial)),
    }
    return sorted(trials, key=keys.get(sort, number_of))


def parameters_of(trial: Mapping[str, Any]) -> str:
    """Return a trial's parameters in a few characters: four digits tell them apart."""
    given = trial.get("spec", {}).get("parameters") or {}
    return one_line(
        " ".join(
            f"{name}={value:.4g}" if isinstance(value, float) else f"{name}={value}"
            for name, value in given.items()
        )
    )


def _table(
    study: Mapping[str, Any], trials: Objects, rows: Objects, parameters: bool, fitted: bool
) -> Table:
    resource, objective = study["spec"].get("resource", {}), study["spec"]["objective"]
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    # In a narrow terminal only the last columns give way.
    table.add_column("trial", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column(str(resource.get("name", "step")), justify="right", no_wrap=True)
    table.add_column(str(objective["metric"]), justify="right", no_wrap=True)
    table.add_column("rank", justify="right", no_wrap=True)
    if parameters:
        table.add_column("parameters", max_width=60)
    table.add_column("why")
    ranked = ranks(trials, str(objective["direction"]))
    for trial in rows:
        number, phase, value = number_of(trial), phase_of(trial), value_of(trial)
        step = trial.get("status", {}).get("step")
        texts = [parameters_of(trial), why(trial)] if parameters else [why(trial)]
        table.add_row(
            label_of(trial),
            Text(phase, style=STYLES.get(phase, "")),
            "" if step is None else f"{step}/{resource.get('max', '?')}",
            "" if value is None else f"{value:.6g}",
            str(ranked.get(number, "")),
            *(_cell(text, fitted) for text in texts),
        )
    return table


def _cell(text: str, fitted: bool) -> Text:
    return Text(one_line(text), no_wrap=fitted or None, overflow="ellipsis" if fitted else None)
