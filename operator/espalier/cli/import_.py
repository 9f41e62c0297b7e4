"""`espalier import`: trials of elsewhere, as a ConfigMap that a Study can begin with."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import yaml
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from espalier.cli.boundary import Terminal
from espalier.cli.kinds_of_files import LOOKED_AT, is_optuna
from espalier.errors import UsageError
from espalier.planning.proposing.source_curves import GOING_ON, LOST
from espalier.planning.proposing.taking_over import SourceStudy, SourceTrial
from espalier.pruning import Direction
from espalier.study_log.read_csv import read_csv
from espalier.study_log.read_lines import lines_of, read_lines
from espalier.study_log.sources import source_of
from espalier.study_log.write_source import fitted

MOST_BYTES = 1_000_000
"""A ConfigMap may have 1 MiB, names and labels included."""
KEY = "trials.jsonl"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", required=True, help="Name of the ConfigMap.")
@click.option("-n", "--namespace", help="Its namespace; without it, kubectl's.")
@click.option("--metric", help="What the values are called; an export says it itself.")
@click.option(
    "--direction",
    type=click.Choice([each.value for each in Direction]),
    help="Which way they are better; an export and a storage of Optuna say it themselves.",
)
@click.option("--study", help="Which study of a storage of Optuna, if it has several.")
@click.option("--to", "target", metavar="FILE", help="File to write; without it, standard output.")
@click.option("--newest", type=click.IntRange(min=1), help="Take the newest so many trials alone.")
def command(
    file: Path,
    name: str,
    namespace: str | None,
    metric: str | None,
    direction: str | None,
    study: str | None,
    target: str | None,
    newest: int | None,
) -> None:
    """Make a ConfigMap of the trials of FILE, for `kubectl apply`.

    FILE is what `espalier export` has written, a storage of Optuna (a journal's file, or a database
    of SQLite), or a CSV with a header: a column for each parameter and one called like the metric;
    a column `state` may say completed, pruned or failed. It holds what a warm start needs,
    `spec.warmStart.from[].configMap` names it, and the key is trials.jsonl. Curves are thinned out
    until all of it fits into a ConfigMap.

    \b
    Examples:
      espalier import digits.jsonl --name digits-log | kubectl apply -f -
      espalier import optuna.db --metric accuracy --name digits-log --to digits-log.yaml
      espalier import runs.csv --metric loss --direction Minimize --name digits-log
    """
    if not _NAME.fullmatch(name):
        raise UsageError("--name", f"expected the name of a ConfigMap, got {name!r}")
    source = _read(file, metric, direction, study)
    trials = list(source.trials)[-newest:] if newest else list(source.trials)
    found = fitted(replace(source, trials=trials), MOST_BYTES)
    if found is None:
        raise UsageError(
            str(file),
            f"expected trials that fit into a ConfigMap of {MOST_BYTES:,} bytes, got "
            f"{len(trials):,}; take fewer with --newest, or several ConfigMaps",
        )
    text, points = found
    meta = {"name": name, **({"namespace": namespace} if namespace else {})}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {KEY: text}}
    made = yaml.safe_dump(body, sort_keys=False, width=2**20)
    if target is None:
        click.echo(made, nl=False)
    else:
        _write(Path(target), made)
    click.echo(_summary(source, trials, text, points), err=True)


def _write(target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            "--to", f"expected a file that can be written, got {target}: {error.strerror}"
        ) from error


def _summary(source: SourceStudy, trials: list[SourceTrial], text: str, points: int) -> str:
    """Say what was taken, and what was not."""
    ends = Counter(each.outcome.value.lower() for each in trials)
    counted = ", ".join(f"{count} {word}" for word, count in sorted(ends.items())) or "none"
    said = (
        f"{len(trials):,} trials ({counted}) that {source.direction.value.lower()} "
        f"{source.metric}, {len(text.encode()):,} bytes"
    )
    if any(len(each.steps) > points for each in trials):
        said += f"; of each at most {points} values"
    for reason, count in source.left_out.items():
        said += f"; {count:,} left out: {reason}"
    return said


def _read(file: Path, metric: str | None, direction: str | None, study: str | None) -> SourceStudy:
    try:
        with file.open("rb") as opened:
            start = opened.read(LOOKED_AT)
    except OSError as error:
        raise UsageError(
            "FILE", f"expected a file, got {file}: {error.strerror}; name one"
        ) from error
    if is_optuna(start):
        return _read_optuna(file, metric, study)
    if study is not None:
        raise UsageError("--study", f"expected a storage of Optuna with it, got {file}; remove it")
    if start.startswith(b"{"):
        return source_of(read_lines(_with_progress(file), str(file)), "FILE", "File", file.name)
    if metric is None or direction is None:
        raise UsageError(
            "--metric, --direction",
            "expected both for a CSV, which does not say what it is about; give them",
        )
    text = "".join(lines_of(file))
    found = read_csv(text, "FILE", str(file), metric, Direction(direction))
    return replace(found, name=file.name)


def _read_optuna(file: Path, metric: str | None, study: str | None) -> SourceStudy:
    # Optuna takes a second to import, and nothing else needs it.
    from espalier.search.optuna_storage import read_optuna

    try:
        found = read_optuna(file, study)
    except ValueError as error:
        raise UsageError(str(file), str(error)) from error
    metric = metric or found.metric
    if metric is None:
        raise UsageError(
            "--metric",
            "expected the name of the metric as the Study will have it, since this storage of "
            "Optuna has none; give it",
        )
    digest = hashlib.sha256(f"{file.name}/{found.name}".encode()).hexdigest()[:16]
    return SourceStudy(
        path="FILE",
        kind="File",
        name=found.name,
        uid=found.uid or f"optuna-{digest}",
        metric=metric,
        direction=Direction.MAXIMIZE if found.maximizes else Direction.MINIMIZE,
        horizon=found.horizon,
        trials=[
            SourceTrial(each.number, each.parameters, each.outcome, each.steps, each.values)
            for each in found.trials
        ],
        left_out={
            reason: count
            for reason, count in ((GOING_ON, found.going_on), (LOST, found.lost))
            if count
        },
    )


def _with_progress(file: Path) -> Iterator[str]:
    """Yield the lines of a file, and show on a terminal how far it is read."""
    console = Terminal(stderr=True)
    columns = (TextColumn("reading {task.description}"), BarColumn(), TimeRemainingColumn())
    hidden = not sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(file.name, total=os.path.getsize(file))
        for line in lines_of(file):
            progress.advance(task, len(line))
            yield line
