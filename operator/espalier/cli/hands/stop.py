"""`espalier stop`: a study ends now, and keeps its best."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import Hand, Object, dry_run_option, hand_on, is_over
from espalier.errors import UsageError
from espalier.kube import STUDY, TRIAL
from espalier.planning.world.names import STUDY_LABEL


@click.command("stop")
@click.argument("study")
@click.option(
    "--when-running-end",
    "softly",
    is_flag=True,
    help="Let the running trials come to their ends, and start no others: lowers spec.trials.max.",
)
@dry_run_option
@cluster_options
def command(study: str, softly: bool, dry_run: bool, given: Whom) -> None:
    """End STUDY (NAME or NAMESPACE/NAME) now: the best trial so far is its result.

    No trial starts any more, and those that run end as StudyStopped, neither pruned nor by their
    own fault: what they have reported stays. No finalist is run again. It has succeeded where a
    trial had completed. `resume` lets it go on, without the trials that were ended.

    By plain kubectl: set spec.stop to true, or lower spec.trials.max.

    \b
    Examples:
      kubectl espalier stop digits
      kubectl espalier stop digits --when-running-end
    """
    asyncio.run(_stop(study, softly, dry_run, given))


async def _stop(study: str, softly: bool, dry_run: bool, given: Whom) -> None:
    async with hand_on(given, STUDY, study, dry_run=dry_run) as hand:
        if is_over(hand.status):
            raise UsageError("STUDY", f"{hand.name} has ended already; nothing was changed")
        if softly:
            await _start_no_more(hand)
            return
        if hand.spec.get("stop"):
            raise UsageError("STUDY", f"{hand.name} is being stopped already; wait for its trials")
        running = (hand.status.get("counts") or {}).get("running") or 0
        await hand.change(
            {"spec": {"stop": True}},
            f"{hand.name} stops: {running} running trial{'' if running == 1 else 's'} "
            f"end{'s' if running == 1 else ''} now. {_best(hand.status)}",
        )


async def _start_no_more(hand: Hand) -> None:
    """Let the study have no more trials than there are."""
    labels = f"{STUDY_LABEL}={hand.name.name}"
    trials, _ = await hand.cluster.list(TRIAL, hand.name.namespace, labels=labels)
    made = max((each["spec"].get("number", -1) for each in trials), default=-1) + 1
    now = int((hand.spec.get("trials") or {}).get("max") or 0)
    if not 1 <= made < now:
        why = "there is no trial yet" if made < 1 else f"all {now} trials have been started"
        raise UsageError("--when-running-end", f"{why}; without it the study ends now")
    await hand.change(
        {"spec": {"trials": {"max": made}}},
        f"{hand.name} starts no more trials than the {made} that are there, and ends when the last "
        f"of them has. spec.trials.max was {now}; `extend` raises it again.",
        unchanged=True,
    )


def _best(status: Object) -> str:
    best = status.get("best")
    if not best:
        return "No trial has completed, so that it ends as failed."
    return f"Its best is {best.get('trial')}, with {best.get('value')}."
