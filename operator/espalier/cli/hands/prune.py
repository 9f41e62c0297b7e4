"""`espalier prune`: a person ends a trial early."""

from __future__ import annotations

import asyncio

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.hands.acting import Hand, dry_run_option, ended, hand_on, own_name
from espalier.errors import UsageError
from espalier.kube import TRIAL
from espalier.planning.world.names import BY_ANNOTATION, PRUNE_ANNOTATION
from espalier.planning.world.said import is_asked, why_of


@click.command("prune")
@click.argument("trial")
@click.option("--why", required=True, help="The reason, which stays with the decision.")
@dry_run_option
@cluster_options
def command(trial: str, why: str, dry_run: bool, given: Whom) -> None:
    """End TRIAL now, whatever its pruner thinks: NAME of the Trial, or NAMESPACE/NAME.

    It is a decision of a person in the study's log, with the reason, and never taken back. The
    trial's Job and pods go as those of any pruned trial do, within the grace period of its study.
    A protected or exempt trial is pruned, too, and one that has not started. What the study says of
    its pruner, such as how often it is wrong, is not touched.

    By plain kubectl: annotate the Trial with espalier.dev/prune and the reason.

    \b
    Examples:
      kubectl espalier prune digits-7 --why 'overfits from epoch 3 on'
      kubectl espalier prune ml/digits-7 --why 'wrong data' --dry-run
    """
    asyncio.run(_prune(trial, why, dry_run, given))


async def _prune(trial: str, why: str, dry_run: bool, given: Whom) -> None:
    reason = why_of(why)
    if not is_asked(why) or not reason:
        raise UsageError("--why", f"expected a reason in words, got {why[:40]!r}; say why")
    async with hand_on(given, TRIAL, trial, dry_run=dry_run) as hand:
        _check(hand)
        by = await own_name(hand.cluster)
        annotations = {PRUNE_ANNOTATION: reason, BY_ANNOTATION: by or None}
        await hand.change(
            {"metadata": {"annotations": annotations}},
            f"{hand.name} is to be pruned: {reason}",
            "Its Job and pods go within the grace period of its study; "
            f"`kubectl get trial {hand.name.name} -n {hand.name.namespace}` shows when they have.",
        )


def _check(hand: Hand) -> None:
    if how := ended(hand.status):
        raise UsageError("TRIAL", f"expected a trial that goes on; {hand.name} has ended: {how}")
    decision = hand.status.get("decision") or {}
    if decision.get("action") == "Prune":
        said = str(decision.get("message") or decision.get("reason"))
        raise UsageError("TRIAL", f"{hand.name} is being pruned already; {said}")
    if is_asked(hand.annotations.get(PRUNE_ANNOTATION)):
        raise UsageError(
            "TRIAL",
            f"somebody has asked for it already; {hand.name} is pruned as soon as the operator has "
            "seen that",
        )
