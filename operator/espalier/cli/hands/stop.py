"""`espalier stop`: a study ends now, and keeps its best."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.hands.acting import Object, dry_run_option, hand_on, is_over
from espalier.cli.hands.given import Given, cluster_options
from espalier.errors import UsageError
from espalier.kube import STUDY


@click.command("stop")
@click.argument("study")
@dry_run_option
@cluster_options
def command(study: str, dry_run: bool, given: Given) -> None:
    """End STUDY (NAME or NAMESPACE/NAME) now: the best trial so far is its result.

    No trial starts any more, and those that run end as StudyStopped, neither pruned nor by their
    own fault: what they have reported stays. No finalist is run again. It has succeeded where a
    trial had completed. `resume` lets it go on, without the trials that were ended.

    By plain kubectl: set spec.stop to true. To let the running trials come to their end and start
    no others, set spec.trials.parallelism to 0, or use kubectl scale.

    \b
    Example:
      kubectl espalier stop digits
    """
    asyncio.run(_stop(study, dry_run, given))


async def _stop(study: str, dry_run: bool, given: Given) -> None:
    async with hand_on(given, STUDY, study, dry_run=dry_run) as hand:
        if is_over(hand.status):
            raise UsageError("STUDY", f"{hand.name} has ended already; nothing was changed")
        if hand.spec.get("stop"):
            raise UsageError("STUDY", f"{hand.name} is being stopped already; wait for its trials")
        running = (hand.status.get("counts") or {}).get("running") or 0
        await hand.change(
            {"spec": {"stop": True}},
            f"{hand.name} stops: {running} running trial{'' if running == 1 else 's'} "
            f"end{'s' if running == 1 else ''} now. {_best(hand.status)}",
        )


def _best(status: Object) -> str:
    best = status.get("best")
    if not best:
        return "No trial has completed, so that it ends as failed."
    return f"Its best is {best.get('trial')}, with {best.get('value')}."
