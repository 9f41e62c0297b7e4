"""`espalier resume`: a study goes on that was suspended or stopped."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import dry_run_option, hand_on
from espalier.errors import UsageError
from espalier.kube import STUDY


@click.command("resume")
@click.argument("study")
@dry_run_option
@cluster_options
def command(study: str, dry_run: bool, given: Whom) -> None:
    """Let STUDY (NAME or NAMESPACE/NAME) go on, which was suspended or stopped.

    The trials of a suspended study go on as new attempts. Those that a stop has ended stay ended;
    the study makes the others that `spec.trials.max` asks for.

    By plain kubectl: set spec.suspend, or spec.stop, to false.

    \b
    Example:
      kubectl espalier resume digits
    """
    asyncio.run(_resume(study, dry_run, given))


async def _resume(study: str, dry_run: bool, given: Whom) -> None:
    async with hand_on(given, STUDY, study, dry_run=dry_run) as hand:
        held = [field for field in ("suspend", "stop") if hand.spec.get(field)]
        if not held:
            raise UsageError(
                "STUDY",
                f"{hand.name} is neither suspended nor stopped; if it has ended, `extend` lets it "
                "go on",
            )
        how = " and ".join({"suspend": "suspended", "stop": "stopped"}[field] for field in held)
        await hand.change(
            {"spec": dict.fromkeys(held, False)}, f"{hand.name} goes on: it was {how}."
        )
