"""`espalier exempt`: the same as `espalier keep`, for who looks for that word."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import dry_run_option
from espalier.cli.hands.keep import keep


@click.command("exempt")
@click.argument("trial")
@click.option("--why", default="", help="The reason, which stays in the study's log.")
@click.option("--undo", is_flag=True, help="Let the pruner judge it like all others again.")
@dry_run_option
@cluster_options
def command(trial: str, why: str, undo: bool, dry_run: bool, given: Whom) -> None:
    """Never prune TRIAL: the same as `espalier keep`.

    The trials that a study calls exempt are chosen by lot, to measure how often pruning is wrong.
    One that a person has chosen is no fair sample: it is kept, and not counted there.

    \b
    Example:
      kubectl espalier exempt digits-7 --why 'a late bloomer'
    """
    asyncio.run(keep(trial, why, undo=undo, dry_run=dry_run, given=given))
    click.echo("It does not count as exempt: exempt trials are chosen by lot.")
