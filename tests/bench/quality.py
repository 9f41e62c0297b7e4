"""How good pruning is, by the whole protocol, beside the real Optuna; resumable.

Run it, stop it when you like, run it again, and print what is known::

    python -m tests.bench.quality run tests/curves
    python -m tests.bench.quality report > quality.md
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from espalier.backtest.measure import Setting
from tests.bench.quality_record import latest, read
from tests.bench.quality_report import markdown
from tests.bench.quality_run import makers, run, units

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_LABELS = tuple(makers())


@click.group(help=__doc__)
def main() -> None:
    """Measure, and report."""


@main.command("run")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@click.option("--out", default="quality.jsonl", show_default=True, type=_FILE, help="Grows here.")
@click.option("--workers", multiple=True, type=int, default=(8, 32, 1, 128), show_default=True)
@click.option(
    "--budgets-at",
    multiple=True,
    type=int,
    default=(8, 32),
    show_default=True,
    help="Measure fixed budgets too with so many workers.",
)
@click.option("--trials", default=100, show_default=True)
@click.option("--orders", default=20, show_default=True, help="Lists a task.")
@click.option("--seed", default=0, show_default=True)
@click.option(
    "--pruner",
    "pruners",
    multiple=True,
    default=_LABELS,
    type=click.Choice(_LABELS),
    metavar="NAME",
)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes.")
def run_command(
    folders: Sequence[Path],
    out: Path,
    workers: Sequence[int],
    budgets_at: Sequence[int],
    trials: int,
    orders: int,
    seed: int,
    pruners: Sequence[str],
    jobs: int,
) -> None:
    """Measure every pruner on every task of FOLDERS, and add each result to a file.

    What the file has, from the same code, is not measured again: an interrupted run goes on.
    """
    setting = Setting(trials=trials, orders=orders, seed=seed)
    wanted = units(folders, workers, budgets_at, setting, pruners)
    known = {record.unit for record in read(out)}
    todo = [unit for unit in wanted if unit not in known]
    click.echo(f"{len(wanted)} results wanted, {len(wanted) - len(todo)} of them known", err=True)
    left = (MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with (
        Progress(TextColumn("Measuring"), BarColumn(), *left, console=Console(stderr=True)) as bar,
        out.open("a", encoding="utf-8") as file,
    ):
        # An interruption may have left half a line, to which nothing must be added.
        file.write("\n" if file.tell() else "")
        for record in bar.track(run(folders, todo, jobs), total=len(todo)):
            file.write(record.line() + "\n")
            file.flush()


@main.command("report")
@click.argument("file", default="quality.jsonl", type=_FILE)
def report_command(file: Path) -> None:
    """Print what is known as tables in Markdown."""
    click.echo(markdown(latest(read(file)), _LABELS))


if __name__ == "__main__":
    main()
