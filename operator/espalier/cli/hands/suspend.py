"""`espalier suspend`: a study pauses."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import dry_run_option, hand_on, is_over
from espalier.errors import UsageError
from espalier.kube import STUDY


@click.command("suspend")
@click.argument("study")
@dry_run_option
@cluster_options
def command(study: str, dry_run: bool, given: Whom) -> None:
    """Pause STUDY (NAME or NAMESPACE/NAME): its pods end, and nothing starts until `resume`.

    By plain kubectl: set spec.suspend to true.

    \b
    Example:
      kubectl espalier suspend digits
    """
    asyncio.run(_suspend(study, dry_run, given))


async def _suspend(study: str, dry_run: bool, given: Whom) -> None:
    async with hand_on(given, STUDY, study, dry_run=dry_run) as hand:
        if is_over(hand.status):
            raise UsageError("STUDY", f"{hand.name} has ended; there is nothing to suspend")
        if hand.spec.get("suspend"):
            raise UsageError("STUDY", f"{hand.name} is suspended already; `resume` lets it go on")
        active = hand.status.get("active") or 0
        pods = "1 trial runs, whose pod ends" if active == 1 else f"{active} trials run: pods end"
        await hand.change(
            {"spec": {"suspend": True}},
            f"{hand.name} is suspended. {pods}, and trials go on as new attempts after "
            "`kubectl espalier resume`.",
        )
