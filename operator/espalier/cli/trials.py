"""`espalier trials`: a study's trials as a table."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click

from espalier.cli.asking.options import Whom, opened, source_options, study_argument
from espalier.cli.asking.source import StudySource, all_items
from espalier.cli.showing.fitted_table import FittedTable
from espalier.cli.showing.formats import output_option, show
from espalier.cli.showing.trial_columns import trial_columns
from espalier.errors import UsageError
from espalier.views.plain import View
from espalier.views.trials import SORTS, STATES

ON_A_SCREEN = 50
"""Trials that a terminal shows where nobody asks for another number."""
_CURVES = 500
"""Curves that are drawn at most: they are small, and there may be many trials."""


@dataclass(frozen=True)
class TrialsWanted:
    """Which trials are wanted, and in which order.

    Parameters
    ----------
    states
        Only those in these states; all, if there is none.
    sort
        One of the sorts of `espalier.views.trials`, or a parameter's name.
    reverse
        The other way round.
    limit
        How many at most; None is all.
    drawn
        Whether their curves are wanted.
    """

    states: Sequence[str] = ()
    sort: str = "number"
    reverse: bool = False
    limit: int | None = None
    drawn: bool = True


@dataclass(frozen=True)
class TrialsFound:
    """Trials of a study.

    Parameters
    ----------
    study
        The study's view.
    trials
        Those that are shown.
    total
        How many there are of them, shown or not.
    curves
        Curves by number, as far as they were asked for.
    """

    study: View
    trials: Sequence[View]
    total: int
    curves: dict[int, View]


async def found_trials(source: StudySource, wanted: TrialsWanted) -> TrialsFound:
    """Ask for trials, and for their curves.

    Raises
    ------
    UsageError
        If they cannot be sorted so.
    """
    study = await source.ask("")
    if wanted.sort in SORTS:
        trials, total = await _of_the_source(source, study, wanted)
    else:
        trials, total = await _by_parameter(source, study, wanted)
    curves = {}
    if wanted.drawn and trials:
        numbers = [str(trial["number"]) for trial in trials[:_CURVES]]
        asked = await source.ask("curves", {"trial": numbers, "points": "40"})
        curves = {curve["number"]: curve for curve in asked["trials"]}
    return TrialsFound(study, trials, total, curves)


async def _of_the_source(
    source: StudySource, study: View, wanted: TrialsWanted
) -> tuple[Sequence[View], int]:
    # The greatest is the best where that is what is sought; a rank has no such direction.
    best_is_great = wanted.sort == "best" and study["objective"]["direction"] == "Maximize"
    query: dict[str, str | Sequence[str]] = {
        "state": list(wanted.states),
        "sort": wanted.sort,
        "order": "descending" if wanted.reverse != best_is_great else "ascending",
    }
    if wanted.limit is None:
        trials = await all_items(source, "trials", query | {"limit": "5000"})
        return trials, len(trials)
    page = await source.ask("trials", query | {"limit": str(min(wanted.limit, 10_000))})
    return page["items"], page["total"]


async def _by_parameter(
    source: StudySource, study: View, wanted: TrialsWanted
) -> tuple[Sequence[View], int]:
    if wanted.sort not in study["parameters"]:
        known = ", ".join([*SORTS, *map(str, study["parameters"])])
        raise UsageError("--sort", f"expected one of {known}, got {wanted.sort[:80]}")
    query = {"state": list(wanted.states), "limit": "5000"}
    trials = await all_items(source, "trials", query)

    def value(trial: View) -> object:
        return (trial["parameters"] or {}).get(wanted.sort)

    known_ones = [trial for trial in trials if value(trial) is not None]
    known_ones.sort(key=lambda trial: _comparable(value(trial)), reverse=wanted.reverse)
    rest = [trial for trial in trials if value(trial) is None]
    return (known_ones + rest)[: wanted.limit], len(trials)


def _comparable(value: object) -> tuple[bool, float, str]:
    """Return by what values are compared: numbers among each other, and before texts."""
    is_number = isinstance(value, int | float)
    return not is_number, float(value) if isinstance(value, int | float) else 0.0, str(value)


def table(found: TrialsFound, wide: bool) -> FittedTable:
    """Return the table of trials."""
    columns = trial_columns(found.study, found.trials, found.curves, wide=wide)
    rest = found.total - len(found.trials)
    more = [f"… {rest:,} more; --limit 0 shows all"] if rest else []
    return FittedTable(columns, found.trials, more if found.trials else ["There are no trials."])


def _named(study: View, trial: View) -> str:
    name = trial["name"] or f"{study['name']}-{trial['number']}"
    return f"trial.espalier.dev/{name}"


@click.command("trials")
@study_argument
@source_options
@output_option
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES, case_sensitive=False),
    help="Only trials in this state; may be given several times.",
)
@click.option(
    "--sort",
    default="number",
    show_default=True,
    help=f"By {', '.join(SORTS)}, or the name of a parameter; by value is the best first.",
)
@click.option("--reverse", is_flag=True, help="Sort the other way round.")
@click.option(
    "--limit",
    type=click.IntRange(0),
    help=f"Show so many at most, 0 is all; on a terminal {ON_A_SCREEN} if not given.",
)
def command(
    study: str | None,
    given: Whom,
    output: str,
    states: tuple[str, ...],
    sort: str,
    reverse: bool,
    limit: int | None,
) -> None:
    """Show the trials of STUDY (NAME or NAMESPACE/NAME) as a table that fits the terminal.

    Parameters are columns, and a curve is drawn in each line, with the same bounds for all. Columns
    for which there is no room are left out; `-o wide` has more of them, and CSV and JSON have all.

    \b
    Examples:
      kubectl espalier trials digits --sort value --limit 10
      kubectl espalier trials ml/digits --state pruned
      kubectl espalier trials digits --sort lr -o csv > trials.csv
      espalier trials --from digits.jsonl -o wide
    """
    drawn = output in ("table", "wide")
    if limit is None and drawn and sys.stdout.isatty():
        limit = ON_A_SCREEN
    wanted = TrialsWanted(states, sort, reverse, limit or None, drawn)

    async def asked() -> TrialsFound:
        async with opened(study, given) as source:
            return await found_trials(source, wanted)

    found = asyncio.run(asked())
    show(
        output,
        found.trials,
        name=lambda trial: _named(found.study, trial),
        drawn=lambda: table(found, output == "wide"),
    )
