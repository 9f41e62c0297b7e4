"""`espalier replay`: recompute a recorded study's decisions, and compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from espalier.backtest.replay import Replay, replay_rows
from espalier.errors import SpecError
from espalier.store.export import lines, read_log

SHOWN = 10


@click.command("replay")
@click.argument("study")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@click.option(
    "--store",
    envvar="ESPALIER_STORE",
    default="sqlite:////var/lib/espalier/espalier.db",
    show_default=True,
    help="The store's URL. Also ESPALIER_STORE, which the operator's pod has set.",
)
def command(study: str, as_json: bool, store: str) -> None:
    """Recompute all decisions of STUDY from its log, and compare them with the recorded ones.

    STUDY is NAMESPACE/NAME in the store, or a file that `espalier export` wrote. A fresh judge
    with the study's own settings is fed the log's values and ends in the order in which they
    came. The same version of Espalier comes to the same decisions, bit for bit; after an upgrade
    this says what the new version would have decided otherwise. The store is only read.

    Exits with 0 if all decisions agree, with 1 if any differs.

    \b
    Examples:
      espalier replay default/digits
      espalier replay digits.jsonl --json
    """
    try:
        result = replay_rows(_rows(study, store, quiet=as_json), study)
    except SpecError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        differences = [difference.to_dict() for difference in result.differences]
        click.echo(json.dumps({"decisions": result.decisions, "differences": differences}))
    else:
        _show(result)
    if result.differences:
        raise SystemExit(1)


def _rows(study: str, store: str, *, quiet: bool) -> Iterator[dict[str, Any]]:
    """Yield the rows of a log one by one: it may be larger than the memory."""
    console = Console(stderr=True, quiet=quiet)
    text = track(_lines(study, store), "Reading", total=None, console=console, transient=True)
    try:
        for line in text:
            yield json.loads(line)
    except json.JSONDecodeError as error:
        raise SpecError(study, f"expected JSON lines of `espalier export`, got: {error}") from error


def _lines(study: str, store: str) -> Iterator[str]:
    path = Path(study)
    if path.is_file():
        with path.open(encoding="utf-8") as file:
            yield from file
        return
    namespace, _, name = study.partition("/")
    log = read_log(store, namespace, name) if name else None
    if log is None:
        raise SpecError(
            "STUDY",
            f"expected NAMESPACE/NAME of a study in the store, or an exported file, got "
            f"{study!r}; `espalier export --list` names the studies",
        )
    yield from lines(log)


def _show(result: Replay) -> None:
    console = Console()
    if not result.differences:
        console.print(f"{result.decisions} decisions, all as recorded.")
        return
    console.print(f"{result.decisions} decisions, {len(result.differences)} differ:")
    for difference in result.differences[:SHOWN]:
        console.print(f"  {difference.sentence()}", markup=False)
    if len(result.differences) > SHOWN:
        console.print(f"  and {len(result.differences) - SHOWN} more; --json lists them all")
