"""What Auto saves and loses with a prior: of earlier studies of its task, and of a wrong one.

A task's recorded trials are split: a study draws its list, and earlier studies draw theirs from the
rest, each pruned by Auto without a prior, as they would have been. Where a task has too few trials
for ten such studies, these share some. A wrong prior is of three studies of another task, brought
to the horizon, and to the median and the best of the right one, so that no scale gives it away.

Run it, stop it when you like, run it again, and print what is known::

    python -m tests.bench.quality_prior run tests/curves tests/curves/design --size 24/4
    python -m tests.bench.quality_prior report > prior.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.api.validation import checked
from espalier.backtest.candidate import JudgeEngine
from espalier.backtest.curves import Curves, read_folder
from espalier.backtest.interval import bootstrap
from espalier.backtest.measure import LOST_ABOVE, Setting, regret
from espalier.backtest.simulate import SimulatedStudy, simulate
from espalier.pruning import Ledger, Report, Terms, TrialState
from espalier.pruning.pruners.auto.prior import Prior, prior_of
from tests.bench.json_lines import rows_of
from tests.bench.quality_markdown import table

EARLIER = (1, 3, 10)
WRONG = 3
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)
NONE = "without"
Past = tuple[Curves, list[int], SimulatedStudy]
"""An earlier study: the curves that it drew, how far each was run, and what came of it."""


def judged(
    curves: Curves, setting: Setting, number: int, risk: float, prior: Prior | None
) -> SimulatedStudy:
    """Simulate a study over all of the curves, in their order."""
    terms = Terms(
        curves.direction,
        curves.steps,
        study_uid=f"{curves.name}/{setting.seed}/{number}",
        trials=len(curves),
    )
    pruner = checked(PrunerSpec, {"type": "Auto", "auto": {"risk": risk}}, "spec.pruner")
    judge = build_judge(pruner, PruningSpec(exempt_percent=0), terms, prior)
    return simulate(curves, setting.workers, JudgeEngine(judge))


def earlier_studies(curves: Curves, setting: Setting, number: int, count: int) -> list[Past]:
    """Simulate earlier studies of a task, of trials that the list of this number has not."""
    drawn = set(setting.order(curves, number))
    rest = [trial for trial in range(len(curves)) if trial not in drawn]
    name = int.from_bytes(curves.name.encode()) % 2**63
    found = []
    for each in range(count):
        rng = np.random.default_rng([setting.seed, number, each, name])
        own = curves.take(int(trial) for trial in rng.permutation(rest)[: setting.trials])
        outcome = judged(own, setting, 1000 * (each + 1) + number, 0.05, None)
        found.append((own, outcome.steps, outcome))
    return found


def prior_from(studies: Sequence[Past], horizon: int) -> Prior | None:
    """Return what earlier studies show."""
    ledgers = []
    for place, (curves, steps, outcome) in enumerate(studies):
        ledger = Ledger(Terms(curves.direction, horizon))
        for trial, last in enumerate(steps):
            for step in range(1, last + 1):
                ledger.append(Report(trial, 1, step, float(curves.values[trial, step - 1])))
            done = np.isfinite(outcome.completed_at[trial])
            ledger.close(trial, TrialState.COMPLETED if done else TrialState.PRUNED)
        ledgers.append((str(place), ledger))
    return prior_of(studies[0][0].direction, horizon, ledgers)


def disguised(studies: Sequence[Past], like: Curves, of: Curves) -> list[Past]:
    """Give earlier studies of a task the horizon, median and best of another one."""
    best, middle = _best_and_median(like)
    other_best, other_middle = _best_and_median(of)
    scale = (best - middle) / (other_best - other_middle) if other_best > other_middle else 1.0
    found = []
    for curves, steps, outcome in studies:
        at = np.ceil(np.arange(1, like.steps + 1) * curves.steps / like.steps).astype(int) - 1
        scores = (curves.values[:, at] * curves.direction.sign - other_best) * scale + best
        values, seconds = scores * like.direction.sign, curves.seconds[:, at]
        own = replace(curves, direction=like.direction, values=values, seconds=seconds)
        short = [min(like.steps - 1, done * like.steps // curves.steps) for done in steps]
        complete = np.isfinite(outcome.completed_at)
        whole = [like.steps if complete[trial] else short[trial] for trial in range(len(steps))]
        found.append((own, whole, outcome))
    return found


def _best_and_median(curves: Curves) -> tuple[float, float]:
    finite = curves.finals[np.isfinite(curves.finals)]
    return float(finite.max()), float(np.median(finite))


def measured(
    tasks: Sequence[Curves], place: int, setting: Setting, number: int, risk: float
) -> Iterator[tuple[str, float, float, float]]:
    """Yield saved, lost and regret of one list of a task with each prior, by the prior's name."""
    curves = tasks[place]
    drawn = curves.take(setting.order(curves, number))
    past = earlier_studies(curves, setting, number, max(EARLIER))
    other = tasks[(place + 1 + number % (len(tasks) - 1)) % len(tasks)]
    strange = disguised(earlier_studies(other, setting, number, WRONG), curves, other)
    priors: Mapping[str, Prior | None] = {
        NONE: None,
        **{f"{count} earlier": prior_from(past[:count], curves.steps) for count in EARLIER},
        "wrong": prior_from(strange, curves.steps),
    }
    for name, prior in priors.items():
        outcome = judged(drawn, setting, number, risk, prior)
        missed = regret(drawn.finals, np.isfinite(outcome.completed_at))
        saved = 1.0 - outcome.spent / float(drawn.seconds[:, -1].sum())
        yield name, saved, float(missed > LOST_ABOVE), missed


@click.group(help=__doc__)
def main() -> None:
    """Measure, and report."""


@main.command("run")
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("--out", default="prior.jsonl", show_default=True, type=FILE, help="Grows here.")
@click.option("--size", default="24/4", show_default=True, help="Trials / workers.")
@click.option("--risk", default=0.05, show_default=True)
@click.option("--orders", default=20, show_default=True, help="Lists a task.")
def run_command(folders: Sequence[Path], out: Path, size: str, risk: float, orders: int) -> None:
    """Measure list by list, and add each to a file; what it has is not measured again."""
    trials, workers = map(int, size.split("/"))
    setting = Setting(workers, trials, orders)
    tasks = [task for folder in folders for task in read_folder(folder)]
    known = {(row["task"], row["number"], row["size"], row["risk"]) for row in rows_of(out)}
    with out.open("a", encoding="utf-8") as file:
        for number in range(orders):
            for place, task in enumerate(tasks):
                key = {"task": task.name, "number": number, "size": size, "risk": risk}
                if tuple(key.values()) in known:
                    continue
                for name, saved, lost, missed in measured(tasks, place, setting, number, risk):
                    row = key | {"prior": name, "saved": saved, "lost": lost, "regret": missed}
                    file.write(json.dumps(row) + "\n")
                file.flush()


@main.command("report")
@click.argument("files", nargs=-1, type=FILE)
def report_command(files: Sequence[Path]) -> None:
    """Print what FILES know (prior.jsonl if none is named) as tables in Markdown."""
    rows = [row for file in files or [Path("prior.jsonl")] for row in rows_of(file)]
    for size, risk in dict.fromkeys((row["size"], row["risk"]) for row in rows):
        found = [row for row in rows if (row["size"], row["risk"]) == (size, risk)]
        click.echo(f"\n{size}, stated risk {risk:g}\n\n{_table(found)}")


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    names = list(dict.fromkeys(str(row["prior"]) for row in rows))
    tasks = sorted({str(row["task"]) for row in rows})
    means = {name: {f: _by_task(rows, name, f, tasks) for f in ("saved", "lost")} for name in names}
    lines = []
    for name in names:
        cells = [name]
        for field in ("saved", "lost"):
            own, base = means[name][field], means[NONE][field]
            low, high = bootstrap([a - b for a, b in zip(own, base, strict=True)])
            more = float(np.mean(own)) - float(np.mean(base))
            cells += [f"{np.mean(own):.3f}", f"{more:+.3f} [{low:+.3f}, {high:+.3f}]"]
        lines.append([*cells, f"{max(means[name]['lost']):.0%}"])
    lists = len(rows) // (len(names) * len(tasks))
    heads = ["prior", "saved", "more", "lost", "more", "worst task"]
    return f"{len(tasks)} tasks, about {lists} lists each.\n\n{table(heads, lines)}"


def _by_task(
    rows: Sequence[Mapping[str, object]], name: str, field: str, tasks: Sequence[str]
) -> list[float]:
    found: dict[str, list[float]] = {task: [] for task in tasks}
    for row in rows:
        if row["prior"] == name:
            found[str(row["task"])].append(float(str(row[field])))
    return [float(np.mean(found[task])) for task in tasks]


if __name__ == "__main__":
    main()
