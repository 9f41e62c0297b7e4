"""`espalier explain`: why a trial was kept or pruned, and why a study's trials were."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

import click
import yaml

from espalier.cli.asking.options import Whom, source_options
from espalier.cli.boundary import Terminal
from espalier.cli.explaining.meant import answer_of
from espalier.cli.explaining.of_study import study_answer
from espalier.cli.explaining.of_trial import trial_answer
from espalier.errors import UsageError

ON_PIPES = 120
"""Columns where the output is no terminal."""


@click.command("explain")
@click.argument("name", required=False, metavar="TRIAL|STUDY")
@click.option("--trial", help="The number or the name of a trial of the study that is named.")
@click.option("--at", "step", type=click.IntRange(0), help="Tell of this step alone.")
@click.option(
    "--counterfactual", is_flag=True, help="Tell what the shadows would have done with the trial."
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How the answer is printed.",
)
@source_options
def command(
    name: str | None,
    trial: str | None,
    step: int | None,
    counterfactual: bool,
    output: str,
    given: Whom,
) -> None:
    """Say why a trial was kept or pruned at each step, and what would have had to be different.

    TRIAL is the name of a Trial, as `kubectl get trials` lists it, or NAMESPACE/NAME; STUDY is
    that of a study, of which it is told when trials were pruned, by which rule, what survived, and
    where the risk went. A study of that name is meant first; with --trial it is its trial in any
    case. With --from FILE an exported log is asked, and the name may be left out, or be a number.

    What would have had to be different is tried: the study's judge, as it was before the value,
    keeps the trial with the value that is named, and prunes it with one a hair worse. Where that
    was not tried, it says so.

    \b
    Examples:
      kubectl espalier explain digits-7
      kubectl espalier explain ml/digits-7 --at 3 --counterfactual
      kubectl espalier explain digits --trial 7 -o json
      kubectl espalier explain digits
      espalier explain 7 --from digits.jsonl
    """
    if name is None and given.file is None:
        raise UsageError("TRIAL|STUDY", "expected a name; give one, or --from FILE")
    query: dict[str, str] = {} if step is None else {"step": str(step)}
    if counterfactual:
        query["counterfactual"] = "yes"
    view = asyncio.run(answer_of(name, trial, given, query))
    _print(view, output)


def _print(view: dict[str, Any], output: str) -> None:
    if output == "json":
        click.echo(json.dumps(view, indent=2))
        return
    if output == "yaml":
        click.echo(yaml.safe_dump(view, sort_keys=False), nl=False)
        return
    bounded = sys.stdout.isatty() or os.environ.get("COLUMNS")
    console = Terminal(width=None if bounded else ON_PIPES, highlight=False)
    console.print(trial_answer(view) if "trial" in view else study_answer(view))
