"""How good pruning is, by the whole protocol, beside the real Optuna; resumable.

Run it, stop it when you like, run it again, and print what is known::

    python -m tests.bench.quality run tests/curves
    python -m tests.bench.quality report > quality.md
    python -m tests.bench.quality calibration tests/curves --edition 1

Studies of three sizes are run: 100 trials with 8 workers, 48 with 8, and 24 with 4.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from espalier.backtest.curves import read_folder
from espalier.backtest.measure import Setting
from espalier.cli.pool import over
from espalier.pruning.terms import NEWEST_EDITION
from tests.bench.quality_calibration import PATHS, calibrated, markdown_of
from tests.bench.quality_kinds import kinds_in
from tests.bench.quality_record import latest, read
from tests.bench.quality_report import markdown
from tests.bench.quality_run import makers, run, units

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)
_CURVES = Path("tests/curves")
_LABELS = tuple(makers())


class Size(click.ParamType):
    """Trials and workers of a study, as `24/4`."""

    name = "TRIALS/WORKERS"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read both numbers."""
        try:
            trials, workers = map(int, value.split("/"))
        except ValueError:
            trials = workers = 0
        if trials < 2 or workers < 1:
            self.fail(f"expected at least 2 trials / 1 worker, such as 24/4, got {value!r}")
        return trials, workers


@click.group(help=__doc__)
def main() -> None:
    """Measure, and report."""


@main.command("run")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@click.option("--out", default="quality.jsonl", show_default=True, type=_FILE, help="Grows here.")
@click.option(
    "--size",
    "sizes",
    multiple=True,
    type=Size(),
    default=("100/8", "48/8", "24/4"),
    show_default=True,
    help="Trials of a study / workers. May be repeated.",
)
@click.option("--budgets", is_flag=True, help="Measure fixed budgets too.")
@click.option("--orders", default=24, show_default=True, help="Lists a task.")
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
    sizes: Sequence[tuple[int, int]],
    budgets: bool,
    orders: int,
    seed: int,
    pruners: Sequence[str],
    jobs: int,
) -> None:
    """Measure every pruner on every task of FOLDERS, and add each result to a file.

    What the file has, from the same code, is not measured again: an interrupted run goes on.
    """
    settings = [Setting(workers, trials, orders, seed) for trials, workers in sizes]
    wanted = units(folders, settings, pruners, budgets)
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
@click.argument("files", nargs=-1, type=_FILE)
@click.option(
    "--kinds-of",
    default=_CURVES,
    show_default=True,
    type=_FOLDER,
    help="Take the kinds of the tasks from all NAME.json in here.",
)
@click.option("--brief", is_flag=True, help="Only means and kinds, of all folders together.")
def report_command(files: Sequence[Path], kinds_of: Path, brief: bool) -> None:
    """Print what FILES know (quality.jsonl if none is named) as tables in Markdown.

    Of what several files hold the last one's counts.
    """
    records = [record for file in files or [Path("quality.jsonl")] for record in read(file)]
    click.echo(markdown(latest(records), _LABELS, kinds_in(kinds_of), brief))


@main.command("calibration")
@click.argument("folders", nargs=-1, required=True, type=_FOLDER)
@click.option(
    "--pruner",
    "pruners",
    multiple=True,
    default=tuple(PATHS),
    show_default=True,
    type=click.Choice(tuple(PATHS)),
)
@click.option(
    "--risk",
    "risks",
    multiple=True,
    type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    default=(0.01, 0.02, 0.05, 0.1, 0.2),
    show_default=True,
)
@click.option(
    "--edition",
    default=NEWEST_EDITION,
    show_default=True,
    type=click.IntRange(1, NEWEST_EDITION),
    help="Of the rules.",
)
@click.option("--size", default="100/8", show_default=True, type=Size())
@click.option("--orders", default=24, show_default=True, help="Lists a task.")
@click.option("--seed", default=0, show_default=True)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes.")
def calibration_command(
    folders: Sequence[Path],
    pruners: Sequence[str],
    risks: Sequence[float],
    edition: int,
    size: tuple[int, int],
    orders: int,
    seed: int,
    jobs: int,
) -> None:
    """Print what was lost at each stated risk on the tasks of FOLDERS, by kind, in Markdown."""
    trials, workers = size
    tasks = [task for folder in folders for task in read_folder(folder)]
    setting = Setting(workers, trials, orders, seed)
    click.echo(markdown_of(calibrated(pruners, risks, edition, tasks, setting, over(jobs))))


if __name__ == "__main__":
    main()
