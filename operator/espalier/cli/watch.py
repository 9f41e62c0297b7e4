"""`espalier watch`: a study's trials, live, until the study ends."""

import asyncio
import os
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from espalier.cli.table import ending, render
from espalier.errors import RetryLater
from espalier.kube import STUDY, TRIAL, Cluster, NotFound

REFRESH_SECONDS = 1.0


def own_kubeconfig() -> str:
    """Return the path of the kubeconfig that kubectl would use."""
    return os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")


def has_ended(study: dict[str, Any]) -> bool:
    """Tell whether the study's end has been written."""
    return bool(study.get("status", {}).get("completionTime"))


async def observe(
    cluster: Cluster, namespace: str, name: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a study and its trials as they are now."""
    study = await cluster.get(STUDY, namespace, name)
    trials, _ = await cluster.list(TRIAL, namespace, labels=f"espalier.dev/study={name}")
    return study, trials


async def follow(console: Console, kubeconfig: str, namespace: str, name: str, once: bool) -> bool:
    """Draw the study until it ends, and return whether it succeeded."""
    async with await Cluster.connect(kubeconfig) as cluster:
        with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
            while True:
                try:
                    study, trials = await observe(cluster, namespace, name)
                except RetryLater as error:
                    console.print(Text(f"{error}; trying again", style="yellow"))
                    await asyncio.sleep(REFRESH_SECONDS)
                    continue
                live.update(render(study, trials), refresh=True)
                if once or has_ended(study):
                    break
                await asyncio.sleep(REFRESH_SECONDS)
        console.print()
        console.print(ending(study, trials))
        conditions = {c["type"]: c["status"] for c in study.get("status", {}).get("conditions", [])}
        return once or conditions.get("Succeeded") == "True"


@click.command("watch")
@click.argument("study")
@click.option("-n", "--namespace", default="default", show_default=True, help="Where the study is.")
@click.option("--once", is_flag=True, help="Draw it once, as it is now, and stop.")
@click.option("--kubeconfig", default=None, help="Another kubeconfig than kubectl's own.")
def command(study: str, namespace: str, once: bool, kubeconfig: str | None) -> None:
    """Show the trials of STUDY, live: state, step, value, rank, and why.

    Ends when the study does, with the best trial, what was pruned and why, and the GPU time saved;
    the exit code is 0 if the study succeeded.

    \b
    Examples:
      kubectl espalier watch digits
      kubectl espalier watch digits -n ml --once
    """
    console = Console()
    try:
        succeeded = asyncio.run(
            follow(console, kubeconfig or own_kubeconfig(), namespace, study, once)
        )
    except NotFound as error:
        raise click.ClickException(
            f"There is no study '{study}' in namespace '{namespace}'. "
            f"`kubectl get studies -A` lists them."
        ) from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    raise SystemExit(0 if succeeded else 1)
