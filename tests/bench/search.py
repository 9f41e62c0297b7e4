"""How good the search is: regret against GPU time, by sampler, pruner and what is told; resumable.

Run it, stop it when you like, run it again, and print what is known::

    python -m tests.bench.search check
    python -m tests.bench.search run
    python -m tests.bench.search run --workers 1 --seeds 10
    python -m tests.bench.search run --live --budget 20 --seeds 10
    python -m tests.bench.search run --budget 60 --seeds 10
    python -m tests.bench.search report
    python -m tests.bench.search picture search.jsonl > regret.svg
    python -m tests.bench.search forecasts
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.bench import search_cells, search_forecasts
from tests.bench.quality_markdown import table
from tests.bench.search_picture import drawn
from tests.bench.search_record import latest, read
from tests.bench.search_report import markdown
from tests.bench.search_study import Size
from tests.bench.search_surrogate import agreement
from tests.bench.search_tasks import LIVE, RECORDED, Recorded, every_recorded

_FILE = click.Path(dir_okay=False, path_type=Path)
_DEFAULT = Path("search.jsonl")


@click.group(help=__doc__)
def main() -> None:
    """Measure, and report."""


@main.command("run")
@click.option("--out", default=_DEFAULT, show_default=True, type=_FILE, help="Grows here.")
@click.option("--live", is_flag=True, help="On the trainers that train, not the recorded tasks.")
@click.option(
    "--sampler",
    "samplers",
    multiple=True,
    type=click.Choice(search_cells.samplers()),
    metavar="NAME",
)
@click.option(
    "--pruner", "pruners", multiple=True, type=click.Choice(search_cells.pruners()), metavar="NAME"
)
@click.option("--told", multiple=True, type=click.Choice(search_cells.TOLD), metavar="NAME")
@click.option("--seeds", default=20, show_default=True)
@click.option("--workers", default=4, show_default=True)
@click.option("--budget", default=30.0, show_default=True, help="GPU time, in whole mean trials.")
def run_command(
    out: Path,
    live: bool,
    samplers: Sequence[str],
    pruners: Sequence[str],
    told: Sequence[str],
    seeds: int,
    workers: int,
    budget: float,
) -> None:
    """Run every study, one after the other, and add each to a file.

    What the file has, from the same code, is not run again: an interrupted run goes on.
    """
    known = {record.unit for record in read(out)}
    asked = search_cells.cells(
        samplers or search_cells.samplers(), pruners or search_cells.pruners()
    )
    wanted = search_cells.units(
        LIVE if live else RECORDED,
        [cell for cell in asked if not (told and cell.told) or cell.told in told],
        Size(workers, budget, round(2.5 * budget)),
        range(seeds),
    )
    todo = [unit for unit in wanted if unit not in known]
    click.echo(f"{len(wanted)} studies wanted, {len(wanted) - len(todo)} of them known", err=True)
    left = (MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with (
        Progress(TextColumn("Searching"), BarColumn(), *left, console=Console(stderr=True)) as bar,
        out.open("a", encoding="utf-8") as file,
    ):
        # An interruption may have left half a line, to which nothing must be added.
        file.write("\n" if file.tell() else "")
        for unit in bar.track(todo):
            file.write(search_cells.measure(unit).line() + "\n")
            file.flush()


@main.command("report")
@click.argument("files", nargs=-1, type=_FILE)
def report_command(files: Sequence[Path]) -> None:
    """Print what FILES know (search.jsonl if none is named) as tables in Markdown."""
    records = [record for file in files or [_DEFAULT] for record in read(file)]
    click.echo(markdown(latest(records)))


@main.command("picture")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--budget", default=30.0, show_default=True, help="Of the studies that are drawn.")
def picture_command(file: Path, budget: float) -> None:
    """Print an SVG of the mean regret over GPU time that FILE knows of recorded tasks."""
    click.echo(drawn(latest(read(file)), budget), nl=False)


@main.command("check")
@click.option("--all", "whole", is_flag=True, help="Of every recorded task, not of those searched.")
def check_command(whole: bool) -> None:
    """Print how well surrogates foretell the ends of recorded configurations that they left out."""
    rows = []
    for name in every_recorded() if whole else RECORDED:
        told = agreement(*Recorded.read(name).checked())
        rows.append([name, *(f"{figure:.2f}" for figure in told)])
    heads = ["task", "rank correlation", "among the better third", "error / spread"]
    click.echo(table([*heads, "best tenth's mean rank"], rows))


@main.command("forecasts")
def forecasts_command() -> None:
    """Print how well ends of pruned trials are foretold on all recorded tasks, several ways."""
    click.echo(search_forecasts.markdown(every_recorded()))


if __name__ == "__main__":
    main()
