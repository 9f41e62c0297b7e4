"""`espalier replay`: recompute a recorded study's decisions, and compare."""

from __future__ import annotations

import dataclasses
import json

import click
from rich.progress import track

from espalier.backtest.replay import Replay, replay
from espalier.cli.boundary import Terminal
from espalier.cli.store_option import recorded_log, store_option
from espalier.cli.study_name import namespace_option

SHOWN = 10


@click.command("replay")
@click.argument("study")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@namespace_option
@store_option
def command(study: str, as_json: bool, namespace: str | None, store: str) -> None:
    """Recompute all decisions of STUDY from its log, and compare them with the recorded ones.

    STUDY is a file that `espalier export` wrote, or NAME or NAMESPACE/NAME of a study in the store,
    which is in the operator's pod: export there, and replay the file anywhere. A fresh judge
    with the study's own settings is fed the log's values and ends in the order in which they
    came. The same version of Espalier comes to the same decisions, bit for bit; after an upgrade
    this says what the new version would have decided otherwise. The store is only read.

    Exits with 0 if all decisions agree, with 1 if any differs, with 2 if it cannot be replayed.

    \b
    Examples:
      espalier replay digits.jsonl
      espalier replay digits.jsonl --json
      kubectl exec -n espalier-system deployment/espalier -- espalier replay default/digits
    """
    log = recorded_log(study, store, namespace)
    console = Terminal(stderr=True, quiet=as_json)
    shown = console.is_terminal
    happened = track(
        log.events, "Reading", total=None, console=console, transient=True, disable=not shown
    )
    result = replay(dataclasses.replace(log, events=happened), study)
    if as_json:
        differences = [difference.to_dict() for difference in result.differences]
        click.echo(json.dumps({"decisions": result.decisions, "differences": differences}))
    else:
        _show(result)
    if result.differences:
        raise SystemExit(1)


def _show(result: Replay) -> None:
    console = Terminal()
    if not result.differences:
        console.print(f"{result.decisions} decisions, all as recorded.")
        return
    console.print(f"{result.decisions} decisions, {len(result.differences)} differ:")
    for difference in result.differences[:SHOWN]:
        console.print(f"  {difference.sentence()}", markup=False)
    if len(result.differences) > SHOWN:
        console.print(f"  and {len(result.differences) - SHOWN} more; --json lists them all")
