"""`espalier extend`: a study has more trials."""

from __future__ import annotations

import asyncio
import re

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import Hand, dry_run_option, hand_on, is_over
from espalier.errors import UsageError
from espalier.kube import STUDY
from espalier.planning.world.status_words import condition_of

_MORE = re.compile(r"(?P<plus>\+?)(?P<count>[0-9]{1,9})")
_NOT_FOR_MORE = {
    "TargetReached": "a trial has reached spec.objective.target, which is fixed: make another "
    "Study that begins with this one (spec.warmStart)",
    "TooManyFailures": "too many trials have failed: raise spec.trials.maxFailed, too",
    "GridExhausted": "the grid has no more configurations",
    "SpaceExhausted": "the space has no more configurations",
    "Stopped": "it is stopped: `resume` lets it go on",
}
"""Why more trials alone do not let an ended study go on."""


@click.command("extend")
@click.argument("study")
@click.option(
    "--trials",
    required=True,
    metavar="N|+N",
    help="How many trials there are to be in all, or how many more.",
)
@dry_run_option
@cluster_options
def command(study: str, trials: str, dry_run: bool, given: Whom) -> None:
    """Let STUDY (NAME or NAMESPACE/NAME) have more trials; one that has ended goes on.

    It goes on with all that its trials have shown. Fewer trials than there are to be now are for
    kubectl to set.

    By plain kubectl: raise spec.trials.max.

    \b
    Examples:
      kubectl espalier extend digits --trials 48
      kubectl espalier extend digits --trials +18
    """
    asyncio.run(_extend(study, trials, dry_run, given))


async def _extend(study: str, trials: str, dry_run: bool, given: Whom) -> None:
    asked = _MORE.fullmatch(trials)
    if asked is None:
        raise UsageError("--trials", f"expected N or +N, got {trials[:40]!r}; give a number")
    async with hand_on(given, STUDY, study, dry_run=dry_run) as hand:
        now = int((hand.spec.get("trials") or {}).get("max") or 0)
        wanted = int(asked["count"]) + (now if asked["plus"] else 0)
        if wanted <= now:
            raise UsageError(
                "--trials",
                f"expected more than the {now} trials that {hand.name} is to have, got {trials}; "
                f"`kubectl patch` can lower spec.trials.max, and the trials that are there stay",
            )
        await hand.change(
            {"spec": {"trials": {"max": wanted}}},
            f"{hand.name} is to have {wanted} trials in all, {wanted - now} more. {_follows(hand)}",
            unchanged=True,
        )


def _follows(hand: Hand) -> str:
    if not is_over(hand.status):
        return "It goes on with them when those before have started."
    said = condition_of(hand.status, "Succeeded") or {}
    why_not = _NOT_FOR_MORE.get(str(said.get("reason")))
    if why_not:
        return f"That alone does not let it go on: {why_not}."
    return "It had ended, and goes on."
