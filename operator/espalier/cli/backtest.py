"""`espalier backtest`: pruners over complete curves."""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.console import RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from espalier.backtest import calibration, compare, frontier
from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import Key, Run
from espalier.backtest.curves import Curves
from espalier.backtest.knobs import KNOBS, RISKS, STATING, Sweep, read_knob, sweeps, words
from espalier.backtest.measure import Measured, Setting
from espalier.backtest.picture import require_matplotlib
from espalier.cli import backtest_tables as tables
from espalier.cli.backtest_inputs import TableTerms, read_candidates, read_curves
from espalier.cli.boundary import Terminal
from espalier.cli.pool import over
from espalier.cli.simulation_options import (
    direction_option,
    jobs_option,
    metric_option,
    picture_option,
    pruning_option,
    seed_option,
)
from espalier.cli.store_option import store_option
from espalier.cli.study_name import namespace_option
from espalier.errors import UsageError

COMPARED = ("Auto", "Posterior", "Median", "SuccessiveHalving", "Hyperband", "Nop")
"""What is compared where nobody names a pruner."""
SWEPT = tuple(name for name in COMPARED if name in KNOBS)


@dataclass(frozen=True)
class BacktestReport:
    """What was found, in the three forms in which it is shown.

    Parameters
    ----------
    figures
        All of it, for `--json`.
    tables
        What is printed, from top to bottom.
    picture
        Draws the picture, as SVG, where one is asked for.
    """

    figures: dict[str, Any]
    tables: list[RenderableType]
    picture: Callable[[], str]


@click.command("backtest")
@click.argument("curves", nargs=-1, required=True)
@click.option(
    "--pruner",
    "pruners",
    multiple=True,
    help="A pruner as spec.pruner has it, in YAML, or just its type; repeat to compare several. "
    "Numbers of steps may be shares of the horizon: '8%'.",
)
@pruning_option
@click.option("--frontier", "frontiers", is_flag=True, help="Try each pruner over its own knob.")
@click.option("--calibration", "calibrations", is_flag=True, help="Try stated risks against loss.")
@click.option(
    "--sweep",
    "swept",
    multiple=True,
    metavar="KNOB=VALUES",
    help="As --frontier, but over this knob of its pruner: 'median.warmupSteps=0,8%,16%'; with "
    "--calibration, the stated risks. May be repeated.",
)
@click.option("--workers", default=8, show_default=True, type=click.IntRange(1), help="At a time.")
@click.option(
    "--trials",
    default=100,
    show_default=True,
    type=click.IntRange(2),
    help="Length of a study's list, drawn from the curves; all where there are fewer.",
)
@click.option(
    "--orders", default=20, show_default=True, type=click.IntRange(1), help="Lists a task."
)
@seed_option
@click.option("--budgets", is_flag=True, help="Measure fixed budgets too; takes twice as long.")
@jobs_option
@click.option("--json", "as_json", is_flag=True, help="Print all figures as one JSON object.")
@picture_option
@metric_option
@direction_option
@namespace_option
@store_option
def command(
    curves: tuple[str, ...],
    pruners: tuple[str, ...],
    pruning: str,
    frontiers: bool,
    calibrations: bool,
    swept: tuple[str, ...],
    workers: int,
    trials: int,
    orders: int,
    seed: int,
    budgets: bool,
    jobs: int | None,
    as_json: bool,
    picture: Path | None,
    metric: str | None,
    direction: str | None,
    namespace: str | None,
    store: str,
) -> None:
    """Say what pruners would have saved and lost on CURVES of trials that ran to their end.

    CURVES are folders or files of recorded tasks (NAME.npz with `values` and `seconds`, N trials
    by S steps, and NAME.json with its `direction`, min or max), logs that `espalier export` wrote,
    storages of Optuna, CSVs with the columns trial, step and value (`espalier export --what curves`
    writes such ones), or studies in the store (NAME or NAMESPACE/NAME), which is in the operator's
    pod. `seconds` are since the trial's start, for each value when it was there: they grow from
    step to step, and are not the time that a step took. Of a study, the trials that completed
    count: run one without pruning (type Nop) to get a fair picture.

    Each task is run as studies in a simulation with workers and the operator's own engine, over
    lists in random order that are the same for every pruner.

    \b
    saved    share of the compute without pruning that was not spent
    regret   (best of the list - best that completed) / (best - median)
    lost     share of the studies that lose their winner: regret above 0.02

    A task may hold a second evaluation of every trial that no pruner sees: NAME.npz with
    `values_seeds` (seeds by N by S; what counts is the mean of the last values of all seeds but
    the first), or else `test` (N values on a test set). Regret and lost are then also told on
    those: of noisy values the best last one is a lottery, and this is whom it would have paid to
    keep.

    \b
    By default pruners are compared as they are given.
    --frontier     tries each over its own knob, from careful to bold:
                   <knobs>;
                   '*' marks what no other line beats, neither in saved nor in lost
    --calibration  tries <stating> at several stated risks, and says for
                   each how many studies lost their winner, and whether that is
                   within a factor of 1.5 of what was stated: yes; safer than
                   stated, where fewer were lost; or no; `unsure` where the
                   interval holds more than one of these; besides for each
                   kind of task, where NAME.json has a `kind`, and as second
                   evaluations tell, where NAME.npz has them

    Intervals (95 %) are bootstrapped over tasks; 0 % to 0 % says just that none lost a winner.
    With a single task they are over its lists: bootstrapped, and for lost that of Clopper and
    Pearson, as always with --calibration. Lists of one task share trials, so such an interval says
    how much the order matters, not what another task would show. Where a list holds every trial,
    all lists have the same winner: give --trials at most half of what was recorded.

    \b
    Examples:
      espalier backtest tests/curves
      espalier backtest digits.jsonl --pruner Auto --pruner Median --trials 30
      espalier backtest curves/ --pruner '{type: Median, median: {warmupSteps: 10%}}' \\
        --pruner '{type: Auto, auto: {risk: 0.02}}' --workers 32 --picture compared.svg
      espalier backtest tests/curves --frontier --picture frontier.svg
      espalier backtest curves/ --pruner Auto --pruner Wilcoxon --frontier --orders 5
      espalier backtest digits.jsonl --sweep median.warmupSteps=0,8%,16%
      espalier backtest tests/curves --calibration --picture calibration.svg
      espalier backtest curves/ --calibration --sweep auto.risk=0.02,0.05,0.1 --json
    """
    if frontiers and calibrations:
        raise click.UsageError("--frontier and --calibration are two runs; ask for one of them")
    if budgets and (frontiers or calibrations or swept):
        raise click.UsageError("--budgets is for comparing; leave it out, or name no knob")
    if picture is not None:
        require_matplotlib()
    tasks = read_curves(curves, store, namespace, TableTerms(metric, direction))
    setting = Setting(workers, trials, orders, seed)
    _hint(tasks, trials)
    run = with_progress(over(jobs or os.cpu_count() or 1), quiet=as_json)
    if frontiers or calibrations or swept:
        lines = _sweeps(pruners, pruning, swept, calibrations)
        report = (_calibration if calibrations else _frontier)(lines, tasks, setting, run)
    else:
        candidates = read_candidates(pruners or COMPARED, pruning)
        report = _comparison(candidates, tasks, setting, budgets, run)
    if picture is not None:
        picture.write_text(report.picture(), encoding="utf-8")
    if as_json:
        about = {"workers": workers, "trials": trials, "orders": orders, "seed": seed}
        click.echo(json.dumps({**about, **report.figures}))
    else:
        Terminal().print(*report.tables)


def _in_help(text: str) -> str:
    """Put what the pruners declare of themselves into the help."""
    indent = " " * 19
    knobs = textwrap.fill(words(), 83, initial_indent=indent, subsequent_indent=indent).strip()
    return text.replace("<knobs>", knobs).replace("<stating>", " and ".join(STATING))


command.help = _in_help(command.help or "")


def _comparison(
    candidates: Sequence[Candidate],
    tasks: Sequence[Curves],
    setting: Setting,
    budgets: bool,
    run: Run,
) -> BacktestReport:
    results = compare.compare(candidates, tasks, setting, budgets, run)
    return BacktestReport(
        {"results": [result.to_dict() for result in results]},
        [tables.means(results, budgets), "", tables.by_task(results, [t.name for t in tasks])],
        partial(compare.picture, results, f"Saved against lost: {_of(tasks, setting)}"),
    )


def _frontier(
    lines: Sequence[Sweep], tasks: Sequence[Curves], setting: Setting, run: Run
) -> BacktestReport:
    found = frontier.frontier(lines, tasks, setting, run)
    title = f"Saved against lost, each pruner over its own knob: {_of(tasks, setting)}"
    return BacktestReport(
        {"frontier": frontier.to_dicts(found)},
        [tables.of_frontiers(found)],
        partial(frontier.picture, found, title),
    )


def _calibration(
    lines: Sequence[Sweep], tasks: Sequence[Curves], setting: Setting, run: Run
) -> BacktestReport:
    found = calibration.calibration(frontier.frontier(lines, tasks, setting, run), tasks)
    title = f"Risk stated against winners lost: {_of(tasks, setting)}"
    return BacktestReport(
        {"calibration": [each.to_dict() for each in found]},
        [tables.of_calibrations(found), *tables.beside(found)],
        partial(calibration.picture, found, title),
    )


def _sweeps(pruners: Sequence[str], pruning: str, swept: Sequence[str], risks: bool) -> list[Sweep]:
    default = () if swept else (STATING if risks else SWEPT)
    bases = read_candidates(pruners or default, pruning)
    knobs = [read_knob(text) for text in swept]
    # A knob of a type that --pruner does not name sweeps that type with its defaults.
    absent = {knob.type for knob in knobs} - {base.type for base in bases}
    bases += read_candidates(sorted(absent), pruning)
    lines = sweeps(bases, knobs)
    other = [line for line in lines if risks and line.knob.path not in RISKS]
    if other:
        raise UsageError(
            "--calibration",
            f"expected pruners that state a risk ({', '.join(RISKS)}), got {other[0].knob.path}; "
            "use --frontier for others",
        )
    return lines


def _of(tasks: Sequence[Curves], setting: Setting) -> str:
    names = tasks[0].name if len(tasks) == 1 else f"{len(tasks)} tasks"
    return f"{names}, {setting.workers} workers"


def _hint(tasks: Sequence[Curves], trials: int) -> None:
    """Say on standard error where all lists of a task have the same winner."""
    for task in tasks:
        if 4 <= len(task) <= trials:
            click.echo(
                f"{task.name}: every list holds all {len(task)} trials, and so the same winner; "
                f"--trials {len(task) // 2} draws another winner for many of them",
                err=True,
            )


def with_progress(run: Run, quiet: bool) -> Run:
    """Show on a terminal how far the simulated studies are, and how long they will take."""

    def shown(function: Callable[[Key], Measured], keys: Sequence[Key]) -> Iterator[Measured]:
        columns = (
            TextColumn("Simulating"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("studies,"),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        console = Terminal(stderr=True, quiet=quiet)
        unseen = not console.is_terminal
        with Progress(*columns, console=console, transient=True, disable=unseen) as progress:
            yield from progress.track(run(function, keys), total=len(keys))

    return shown
