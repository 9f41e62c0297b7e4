"""`espalier backup`: one state of the store, as a file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from espalier.cli.store_option import store_option
from espalier.store.sqlite.backup import back_up, backed_up


@click.command("backup")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="FILE",
    help="File to write, which must not exist yet; - for standard output.",
)
@store_option
def command(target: str, store: str) -> None:
    """Copy the store into a file, while the operator goes on.

    The copy is one state of it: all that was acknowledged before. For a while it takes as much room
    again on the store's volume, where the copy goes to standard output.

    \b
    Example:
      kubectl exec -n espalier-system deployment/espalier -- espalier backup --to - > espalier.db
    """
    if target == "-":
        if sys.stdout.isatty():
            raise click.UsageError("expected standard output to be a file; add > FILE")
        with backed_up(store) as copy:
            shutil.copyfileobj(copy, sys.stdout.buffer, 1 << 20)
        return
    back_up(store, Path(target).absolute())
    click.echo(f"wrote {target}")
