"""`espalier init`: a study.yaml to begin with."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from espalier.api.collectors import COLLECTORS
from espalier.api.validation import meant
from espalier.cli.written.checking import check_text
from espalier.cli.written.new_study import WantedStudy, study_text
from espalier.cli.written.parameter_words import read_parameter
from espalier.errors import UsageError
from espalier.pruning import Direction
from espalier.pruning.pruners.registry import BUILT_IN
from espalier.search.samplers.registry import SAMPLERS

_ASKED = {
    "image": "Image that trains",
    "metric": "Metric that trials report",
    "parameters": "A parameter, such as lr=1e-4..0.1:log, layers=1..8 or kind=sgd,adam",
}


def _flags(command: Any) -> Any:
    for option in reversed(
        (
            click.option("--name", default="study", show_default=True, help="Name of the Study."),
            click.option("--image", help="Image that trains."),
            click.option(
                "--command",
                "words",
                help="What trains in it, as one would type it; if not given, "
                "what the image runs by itself.",
            ),
            click.option("--metric", help="Metric that trials report, and that decides."),
            click.option(
                "--direction",
                default="maximize",
                show_default=True,
                help="Whether more of it is better, or less: maximize or minimize.",
            ),
            click.option(
                "-p",
                "--parameter",
                "parameters",
                multiple=True,
                metavar="NAME=RANGE",
                help="A parameter: lr=1e-4..0.1:log, layers=1..8, width=32..256:step=32, "
                "kind=sgd,adam. May be given several times.",
            ),
            click.option(
                "--step", default="epoch", show_default=True, help="What a step is called."
            ),
            click.option(
                "--steps",
                type=click.IntRange(1),
                default=30,
                show_default=True,
                help="The last step of a trial that runs to its end.",
            ),
            click.option("--sampler", default="TPE", show_default=True, help="Its type."),
            click.option("--pruner", default="Auto", show_default=True, help="Its type."),
            click.option("--collector", default="Auto", show_default=True, help="Its type."),
            click.option(
                "--trials",
                type=click.IntRange(1),
                default=50,
                show_default=True,
                help="How many trials.",
            ),
            click.option(
                "--parallelism",
                type=click.IntRange(1),
                default=4,
                show_default=True,
                help="How many of them run at once.",
            ),
            click.option(
                "--gpus",
                type=click.IntRange(0),
                default=0,
                show_default=True,
                help="GPUs of each (nvidia.com/gpu).",
            ),
        )
    ):
        command = option(command)
    return command


@click.command("init")
@_flags
@click.option(
    "-O",
    "--out",
    "out",
    type=click.Path(dir_okay=False, allow_dash=True),
    default="study.yaml",
    show_default=True,
    help="File to write; - is standard output.",
)
@click.option("--force", is_flag=True, help="Write it although the file is there.")
def command(out: str, force: bool, **given: Any) -> None:
    """Write a study.yaml to begin with; it asks for what is not given, where somebody can answer.

    What is written has been checked as `espalier validate` does. What other tools call a pruner or
    a direction (ASHA, min) is taken for what it means.

    \b
    Examples:
      espalier init
      espalier init --name digits --image registry.local/digits:dev --metric val_accuracy \\
        -p lr=1e-4..1:log -p optimizer=sgd,adam --steps 27 --gpus 1
      espalier init --metric loss --direction min --image train:1 -p depth=2..9 -O -
    """
    if out != "-" and Path(out).exists() and not force:
        raise UsageError("--out", f"there is a file {out} already; give another, or --force")
    text = study_text(wanted_of(_completed(given)))
    _check(text)
    if out == "-":
        click.echo(text, nl=False)
        return
    Path(out).write_text(text, encoding="utf-8")
    click.echo(f"wrote {out}; try it with `kubectl espalier validate {out}`")


def _completed(given: dict[str, Any]) -> dict[str, Any]:
    """Ask for what is needed and was not given."""
    missing = [name for name in _ASKED if not given[name]]
    if missing and not sys.stdin.isatty():
        flags = ", ".join(f"--{name.removesuffix('s')}" for name in missing)
        raise UsageError("", f"expected {flags}, and there is nobody to ask; give them")
    answers = {name: _ask(name) for name in missing}
    return given | answers


def _ask(name: str) -> Any:
    first = click.prompt(_ASKED[name], err=True)
    if name != "parameters":
        return first
    found = [first]
    while more := click.prompt("Another one (nothing: no more)", default="", err=True):
        found.append(more)
    return found


def wanted_of(given: dict[str, Any]) -> WantedStudy:
    """Return what a study.yaml is to say.

    Raises
    ------
    UsageError
        If a parameter or the command cannot be read.
    """
    try:
        words = shlex.split(given["words"] or "")
    except ValueError as error:
        raise UsageError("--command", f"expected what a shell takes ({error})") from error
    return WantedStudy(
        name=given["name"],
        image=given["image"],
        metric=given["metric"],
        direction=_word(given["direction"], [each.value for each in Direction]),
        command=words,
        parameters=[read_parameter(each) for each in given["parameters"]],
        step=given["step"],
        steps=given["steps"],
        sampler=_word(given["sampler"], SAMPLERS),
        pruner=_word(given["pruner"], BUILT_IN),
        collector=_word(given["collector"], [each.type for each in COLLECTORS]),
        trials=given["trials"],
        parallelism=given["parallelism"],
        gpus=given["gpus"],
    )


def _word(text: str, offered: Iterable[str]) -> str:
    """Return what is meant by a word; itself where that is open, so that a check says so."""
    return meant(text, offered) or text


def _check(text: str) -> None:
    faults = check_text(text).faults
    if faults:
        raise UsageError("", "; ".join(f"{each.field}: {each.message}" for each in faults[:3]))
