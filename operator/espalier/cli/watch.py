"""`espalier watch`: a study's trials, live, until the study ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import click
from rich.live import Live

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.asking.study_names import complete_study
from espalier.cli.boundary import Terminal
from espalier.cli.frame import SORTS, Frame, View
from espalier.cli.study_name import StudyName
from espalier.cli.table import ending
from espalier.errors import RetryLater, UsageError
from espalier.kube import STUDY, TRIAL, Cluster, NotFound, NotServed
from espalier.planning.world.names import STUDY_LABEL

REFRESH_SECONDS = 1.0


def has_ended(study: Mapping[str, Any]) -> bool:
    """Tell whether the study's end has been written."""
    return bool(study.get("status", {}).get("completionTime"))


async def observe(
    cluster: Cluster, study: StudyName
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a study and its trials as they are now.

    Raises
    ------
    UsageError
        If there is no such study, or the cluster has no Studies.
    """
    try:
        found = await cluster.get(STUDY, study.namespace, study.name)
    except NotFound as error:
        raise UsageError(
            "STUDY",
            f"there is no study '{study.name}' in namespace '{study.namespace}'; "
            "`kubectl get studies -A` lists them",
        ) from error
    labels = f"{STUDY_LABEL}={study.name}"
    trials, _ = await cluster.list(TRIAL, study.namespace, labels=labels)
    return found, trials


async def first_frame(cluster: Cluster, study: StudyName, view: View) -> Frame:
    """Return what is to be drawn first; nothing that answers later is waited for.

    Raises
    ------
    UsageError, RetryLater
        If there is nothing to draw.
    """
    try:
        return Frame(*await observe(cluster, study), view)
    except NotServed as error:
        raise UsageError(
            "--kubeconfig",
            f"the cluster knows no Studies; is Espalier installed there? ({error})",
        ) from error


@contextmanager
def drawing(console: Terminal) -> Iterator[Callable[[Frame], None]]:
    """Give what draws a frame in the place of the one before; nothing where that is no terminal.

    They have a screen of their own: none is left behind in what was scrolled.
    """
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda _: None
        return
    with Live(console=console, auto_refresh=False, screen=True) as live:
        yield lambda frame: live.update(frame, refresh=True)


async def follow(console: Terminal, given: Whom, study: StudyName, view: View, once: bool) -> bool:
    """Draw the study until it ends, and return whether it succeeded."""
    async with await given.cluster() as cluster:
        frame = await first_frame(cluster, study, view)
        try:
            with drawing(console) as draw:
                while not once and not has_ended(frame.study):
                    draw(replace(frame, fitted=True))
                    await asyncio.sleep(REFRESH_SECONDS)
                    frame = await _next(cluster, study, frame)
        finally:
            console.print(replace(frame, fitted=False))
    console.print()
    console.print(ending(frame.study, frame.trials))
    conditions = frame.study.get("status", {}).get("conditions", [])
    succeeded = {c["type"]: c["status"] for c in conditions}.get("Succeeded")
    return once or succeeded == "True"


async def _next(cluster: Cluster, study: StudyName, last: Frame) -> Frame:
    """Return the next frame, the last one with what is the matter where there is no answer."""
    try:
        found, trials = await observe(cluster, study)
    except RetryLater as error:
        return replace(last, trouble=f"{error}; trying again")
    return replace(last, study=found, trials=trials, trouble="")


@click.command("watch")
@click.argument("study", shell_complete=complete_study)
@cluster_options
@click.option("--once", is_flag=True, help="Draw it once, as it is now, and stop.")
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    help="How trials are sorted; by number if not given, and by the best where not all are shown.",
)
@click.option("--top", type=click.IntRange(1), help="Show so many trials at most.")
@click.option(
    "--parameters/--no-parameters",
    default=None,
    help="Show each trial's parameters; if not given, where the terminal is wide enough.",
)
def command(
    study: str,
    given: Whom,
    once: bool,
    sort: str | None,
    top: int | None,
    parameters: bool | None,
) -> None:
    """Show the trials of STUDY (NAME or NAMESPACE/NAME), live: state, step, value, rank, and why.

    Draws what fits into the terminal, and says how many trials it left out. Ranks are by the newest
    values; the best result in the first line is the last value of the completed trial that is
    expected to be the best. Ends when the study does, with all trials, the best result, what was
    pruned and why, and what was used and saved; the exit code is 0 if the study succeeded, 1 if
    not, 2 if it cannot be watched.

    \b
    Examples:
      kubectl espalier watch digits
      kubectl espalier watch ml/digits --sort best --top 10
      kubectl espalier watch digits -n ml --once --parameters
    """
    view = View(sort, top, parameters)
    followed = follow(Terminal(), given, given.study(study), view, once)
    raise SystemExit(0 if asyncio.run(followed) else 1)
