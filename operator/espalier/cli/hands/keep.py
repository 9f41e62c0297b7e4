"""`espalier keep`: a person sees to it that a trial is never pruned."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import Hand, dry_run_option, ended, hand_on, own_name
from espalier.errors import UsageError
from espalier.kube import TRIAL
from espalier.planning.world.names import BY_ANNOTATION, PROTECT_ANNOTATION, PRUNE_ANNOTATION
from espalier.planning.world.said import is_asked, why_of


@click.command("keep")
@click.argument("trial")
@click.option("--why", default="", help="The reason, which stays in the study's log.")
@click.option("--undo", is_flag=True, help="Let the pruner judge it like all others again.")
@dry_run_option
@cluster_options
def command(trial: str, why: str, undo: bool, dry_run: bool, given: Whom) -> None:
    """Never prune TRIAL, whatever its pruner thinks: NAME of the Trial, or NAMESPACE/NAME.

    It holds from the trial's next value on, and is in the study's log as what a person decided. The
    trial is judged all the same: each decision says what would have been. It still ends at its time
    limit, or with its study. For a trial that is pruned already it comes too late.

    By plain kubectl: annotate the Trial with espalier.dev/protect and the reason.

    \b
    Examples:
      kubectl espalier keep digits-7 --why 'a late bloomer'
      kubectl espalier keep digits-7 --undo
    """
    asyncio.run(keep(trial, why, undo=undo, dry_run=dry_run, given=given))


async def keep(trial: str, why: str, *, undo: bool, dry_run: bool, given: Whom) -> None:
    """Protect a trial, or let go of it.

    Raises
    ------
    UsageError
        If there is none, it is pruned or has ended, or nothing is to be let go of.
    """
    if not is_asked(why):
        raise UsageError("--why", f"expected a reason in words, got {why[:40]!r}; say why")
    async with hand_on(given, TRIAL, trial, dry_run=dry_run) as hand:
        _check(hand)
        protected = is_asked(hand.annotations.get(PROTECT_ANNOTATION))
        if undo and not protected:
            raise UsageError("--undo", f"{hand.name} is not protected; nothing was changed")
        value = None if undo else why_of(why) or "true"
        by = await own_name(hand.cluster)
        annotations = {PROTECT_ANNOTATION: value, BY_ANNOTATION: by or None}
        said = (
            "may be pruned again, from its next value on."
            if undo
            else "is never pruned, from its next value on; "
            "`status.protected` says when the judge has taken it in."
        )
        await hand.change({"metadata": {"annotations": annotations}}, f"{hand.name} {said}")


def _check(hand: Hand) -> None:
    if how := ended(hand.status):
        raise UsageError("TRIAL", f"expected a trial that goes on; {hand.name} has ended: {how}")
    decision = hand.status.get("decision") or {}
    asked = is_asked(hand.annotations.get(PRUNE_ANNOTATION))
    if decision.get("action") == "Prune" or asked:
        raise UsageError(
            "TRIAL",
            f"it is too late: {hand.name} is being pruned, which is never taken back; create a "
            "Trial with the same parameters to run it again",
        )
