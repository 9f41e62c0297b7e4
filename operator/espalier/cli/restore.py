"""`espalier restore`: a backup of the store, laid where the operator takes it up."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import BinaryIO

import click

from espalier.cli.store_option import store_option
from espalier.store.sqlite.backup import stage


@click.command("restore")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="FILE",
    help="What `espalier backup` wrote; - for standard input.",
)
@click.option(
    "--new-uids",
    is_flag=True,
    help="The cluster is a new one, whose Studies are new objects: each that has not started takes "
    "over what is stored under its namespace and name. Without it, rows belong to the Studies of "
    "the backup, by their uids.",
)
@store_option
def command(source: str, new_uids: bool, store: str) -> None:
    """Lay a backup beside the store; the operator takes it up at its next start.

    The backup is checked, and brought to this version's schema. The store that it replaces stays
    beside it, with .replaced behind its name.

    \b
    Example:
      kubectl exec -i -n espalier-system deployment/espalier -- \\
        espalier restore --from - < espalier.db
      kubectl rollout restart -n espalier-system deployment/espalier
    """
    with _opened(source) as file:
        found = stage(file, store, new_uids=new_uids)
    for study in found:
        click.echo(
            f"{study.namespace}/{study.name}: {study.trials} ended trials, {study.values} values"
        )
    click.echo("Restart the operator: it takes the backup up when it starts.")


def _opened(source: str) -> contextlib.AbstractContextManager[BinaryIO]:
    return contextlib.nullcontext(sys.stdin.buffer) if source == "-" else Path(source).open("rb")
