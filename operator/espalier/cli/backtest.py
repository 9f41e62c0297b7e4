"""`espalier backtest`: pruners over complete curves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import Result, compare, scatter
from espalier.backtest.curves import Curves, read_file, read_folder, read_log
from espalier.backtest.measure import BUDGETS, Setting
from espalier.errors import SpecError
from espalier.store.export import lines
from espalier.store.export import read_log as read_store

DEFAULT = ("Auto", "Posterior", "Median", "SuccessiveHalving", "Hyperband", "Nop")


@click.command("backtest")
@click.argument("curves", nargs=-1, required=True)
@click.option(
    "--pruner",
    "pruners",
    multiple=True,
    help="A pruner as spec.pruner has it, in YAML, or just its type; repeat to compare several. "
    "Numbers of steps may be shares of the horizon: '8%'.",
)
@click.option("--pruning", default="{}", help="spec.pruning for all of them, in YAML.")
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
@click.option("--seed", default=0, show_default=True, help="What the lists are drawn from.")
@click.option("--budgets", is_flag=True, help="Measure fixed budgets too; takes twice as long.")
@click.option("--json", "as_json", is_flag=True, help="Print all figures as one JSON object.")
@click.option("--picture", type=click.Path(path_type=Path), help="Write a picture (SVG) here.")
@click.option(
    "--store",
    envvar="ESPALIER_STORE",
    default="sqlite:////var/lib/espalier/espalier.db",
    show_default=True,
    help="Where NAMESPACE/NAME is looked up. Also ESPALIER_STORE.",
)
def command(
    curves: tuple[str, ...],
    pruners: tuple[str, ...],
    pruning: str,
    workers: int,
    trials: int,
    orders: int,
    seed: int,
    budgets: bool,
    as_json: bool,
    picture: Path | None,
    store: str,
) -> None:
    """Say what pruners would have saved and lost on CURVES of trials that ran to their end.

    CURVES are folders or files of recorded tasks (NAME.npz with `values` and `seconds`, N trials
    by S steps, and NAME.json with its `direction`, min or max), files that `espalier export`
    wrote, or studies in the store as NAMESPACE/NAME. Of a study, the trials that completed count:
    run one without pruning (type Nop) to get a fair picture.

    Each task is run as studies in a simulation with workers and the operator's own engine, over
    lists in random order that are the same for every pruner.

    \b
    saved    share of the compute without pruning that was not spent
    regret   (best of the list - best that completed) / (best - median)
    lost     share of the studies that lose their winner: regret above 0.02
    The intervals (95 %) are bootstrapped over tasks; with one task they say nothing.

    \b
    Examples:
      espalier backtest tests/curves
      espalier backtest default/digits --pruner Auto --pruner Median
      espalier backtest curves/ --pruner '{type: Median, median: {warmupSteps: 10%}}' \\
        --pruner '{type: Auto, auto: {risk: 0.02}}' --workers 32 --picture compared.svg
    """
    try:
        tasks = [task for each in curves for task in _read(each, store)]
        candidates = _candidates(pruners or DEFAULT, pruning)
        setting = Setting(workers, trials, orders, seed)
        console = Console(stderr=True, quiet=as_json)
        with Progress(console=console, transient=True) as progress:
            bar = progress.add_task("Simulating", total=len(tasks) * len(candidates))
            results = compare(candidates, tasks, setting, budgets, lambda: progress.advance(bar))
    except SpecError as error:
        raise click.ClickException(str(error)) from error
    if picture is not None:
        names = ", ".join(task.name for task in tasks)
        picture.write_text(scatter(results, f"{names}: {workers} workers"), encoding="utf-8")
    if as_json:
        about = {"workers": workers, "trials": trials, "orders": orders, "seed": seed}
        click.echo(json.dumps({**about, "results": [result.to_dict() for result in results]}))
    else:
        Console().print(means(results, budgets), "", by_task(results, [t.name for t in tasks]))


def means(results: Sequence[Result], budgets: bool) -> Table:
    """Lay out the means over the tasks: a row a pruner."""
    found = Table(box=None, header_style="bold", pad_edge=False)
    found.add_column("", justify="right")
    found.add_column("pruner")
    for heading in ("saved", "regret", "lost"):
        found.add_column(heading, justify="right")
    for share in BUDGETS if budgets else ():
        found.add_column(f"regret at {share:.0%}", justify="right")
    for number, result in enumerate(results, 1):
        mean = result.mean
        cells = [str(number), result.label, _with_interval(result, "saved"), f"{mean.regret:.3f}"]
        cells.append(_with_interval(result, "lost"))
        cells += [f"{value:.3f}" for value in mean.budget_regret]
        found.add_row(*cells)
    return found


def by_task(results: Sequence[Result], tasks: Sequence[str]) -> Table:
    """Lay out saved and lost by task, a column for each pruner's number."""
    found = Table(box=None, header_style="bold", pad_edge=False)
    found.add_column("saved / lost")
    for number in range(1, len(results) + 1):
        found.add_column(str(number), justify="right")
    for name in tasks:
        measured = [result.tasks[name] for result in results]
        found.add_row(name, *(f"{each.saved:.0%} / {each.lost:.0%}" for each in measured))
    return found


def _with_interval(result: Result, field: str) -> str:
    low, high = result.interval(field)
    mean = f"{getattr(result.mean, field):.0%}"
    return mean if len(result.tasks) == 1 else f"{mean} ({low:.0%}-{high:.0%})"


def _candidates(pruners: Sequence[str], pruning: str) -> list[Candidate]:
    guards = _mapping(pruning, "--pruning")
    found = []
    for text in pruners:
        spec = {"type": text} if text.isalnum() else _mapping(text, "--pruner")
        found.append(Candidate(_label(spec), spec, guards))
    return found


def _label(spec: dict[str, Any]) -> str:
    kind = str(spec.get("type", "Auto"))
    section = spec.get(kind[:1].lower() + kind[1:]) or {}
    if not isinstance(section, dict):
        return f"{kind} of {len(section)}"
    return " ".join([kind, *(f"{name}={value}" for name, value in section.items())])


def _mapping(text: str, option: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpecError(option, f"expected YAML, got {text!r}: {error}") from error
    if not isinstance(found, dict):
        raise SpecError(option, f"expected a mapping such as {{type: Auto}}, got {text!r}")
    return found


def _read(source: str, store: str) -> list[Curves]:
    path = Path(source)
    if path.is_dir():
        return read_folder(path)
    if path.suffix == ".npz":
        return [read_file(path)]
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            return [read_log(map(json.loads, file), path.stem)]
    namespace, _, name = source.partition("/")
    log = read_store(store, namespace, name) if name else None
    if log is None:
        raise SpecError(
            "CURVES",
            f"expected a folder, a file, or NAMESPACE/NAME of a study in the store, got "
            f"{source!r}; `espalier export --list` names the studies",
        )
    return [read_log(map(json.loads, lines(log)), source)]
