"""The formats in which commands print what they list, as kubectl's -o has them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click
import yaml
from rich.console import RenderableType

from espalier.cli.boundary import Terminal
from espalier.cli.words import one_line
from espalier.views.csv_cells import csv_table
from espalier.views.plain import View

FORMATS = ("table", "wide", "json", "yaml", "csv", "name")
_UNBOUND = 10_000
"""Columns of what is no terminal: it is read by another program, which cuts for itself."""


def output_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with -o, which it takes as `output`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(FORMATS, case_sensitive=False),
        default="table",
        show_default=True,
        help="The form: a table, a wide one with more columns, or json, yaml, csv, or name.",
    )(command)


def terminal() -> Terminal:
    """Return the console on standard output: as wide as the terminal, unbounded where it is none.

    Colours come on terminals only, and not where NO_COLOR is set.
    """
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return Terminal(highlight=False)
    return Terminal(highlight=False, width=_UNBOUND, soft_wrap=False)


def show(
    output: str,
    views: Sequence[View],
    *,
    name: Callable[[View], str],
    drawn: Callable[[], RenderableType],
    whole: View | None = None,
) -> None:
    """Print views in the format that was asked for.

    Parameters
    ----------
    output
        One of `FORMATS`.
    name
        What `-o name` prints of a view.
    drawn
        Draws the table.
    whole
        What JSON and YAML print; a list of the views if None.
    """
    if output == "json":
        click.echo(json.dumps(_whole(whole, views), indent=2))
    elif output == "yaml":
        click.echo(yaml.safe_dump(_whole(whole, views), sort_keys=False), nl=False)
    elif output == "csv":
        for line in csv_table(views):
            click.echo(line)
    elif output == "name":
        for view in views:
            click.echo(one_line(name(view)))
    else:
        terminal().print(drawn())


def _whole(whole: View | None, views: Sequence[View]) -> View:
    return {"items": list(views)} if whole is None else whole
