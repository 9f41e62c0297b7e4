"""`espalier top`: all studies, one line each."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.asking.study_shown import all_studies
from espalier.cli.showing.durations import seconds_since, short
from espalier.cli.showing.fitted_table import Column, FittedTable
from espalier.cli.showing.formats import output_option, show
from espalier.cli.showing.study_frame import STYLES
from espalier.cli.showing.study_words import ended_of, number, obstacles_of
from espalier.kube import own_namespace
from espalier.views.plain import View

SORTS = ("name", "age", "progress", "saved", "state")


async def listed(given: Whom, everywhere: bool) -> list[View]:
    """Return the studies of a namespace, or of all."""
    namespace = given.namespace or own_namespace(given.config, given.context) or "default"
    async with await given.cluster() as cluster:
        return await all_studies(cluster, None if everywhere else namespace)


def ordered(views: list[View], sort: str) -> list[View]:
    """Sort studies: by name, or the youngest, the most advanced or the most saving first."""
    by_name = sorted(views, key=lambda view: (view["namespace"], view["name"]))
    if sort == "age":
        return sorted(by_name, key=lambda view: str(view["createdAt"] or ""), reverse=True)
    if sort == "progress":
        return sorted(by_name, key=_share, reverse=True)
    if sort == "saved":
        return sorted(by_name, key=lambda view: _saved(view)[0], reverse=True)
    if sort == "state":
        return sorted(by_name, key=lambda view: str(view["state"] or ""))
    return by_name


def _share(view: View) -> float:
    ended, wanted = ended_of(view)
    return ended / wanted if wanted else 0.0


def _saved(view: View) -> tuple[float, str]:
    """Return the saved share of what all would have taken, and how it is written."""
    for field, verb in (("gpuSeconds", "used"), ("trialSeconds", "used"), ("steps", "done")):
        amount = view.get(field) or {}
        if amount.get(verb) and amount.get("saved") is not None:
            whole = amount["saved"] + amount[verb]
            share = amount["saved"] / whole
            low, high = (amount.get(end) for end in ("savedLow", "savedHigh"))
            if low is None or high is None or high <= low:
                return share, f"{share:.0%}"
            least, most = low / (low + amount[verb]), high / (high + amount[verb])
            return share, f"{share:.0%} ({least:.0%}–{most:.0%})"
    return -1.0, ""


def _best(view: View) -> str:
    best = view.get("best") or {}
    value = best.get("mean") if best.get("mean") is not None else best.get("value")
    return f"{number(value)} (trial {best['number']})" if value is not None else ""


def table(views: list[View], everywhere: bool, wide: bool, now: datetime) -> FittedTable:
    """Return the table of studies."""
    state = Column(
        "STATE",
        lambda view: str(view["state"] or "Unknown"),
        style=lambda view: STYLES.get(str(view["state"]), "cyan"),
    )
    columns = [Column("NAMESPACE", lambda view: str(view["namespace"]))] if everywhere else []
    columns += [
        Column("NAME", lambda view: str(view["name"]), most=63),
        state,
        Column("ENDED", lambda view: "{}/{}".format(*ended_of(view)), right=True),
        Column("RUNNING", lambda view: str(view["counts"]["running"]), right=True, rank=3),
        Column("PRUNED", lambda view: str(view["counts"]["pruned"]), right=True, rank=3),
        Column("BEST", _best, rank=1),
        Column("SAVED", lambda view: _saved(view)[1], rank=2),
        Column("IN THE WAY", lambda view: "; ".join(_reasons(view)), rank=4, most=40),
        Column("AGE", lambda view: short(seconds_since(view["createdAt"], now) or 0.0), right=True),
    ]
    if wide:
        columns += [
            Column("METRIC", lambda view: str(view["objective"]["metric"]), rank=5),
            Column("SAMPLER", lambda view: str(view["sampler"]), rank=5),
            Column("PRUNER", lambda view: str(view["pruner"]), rank=5),
            Column("FAILED", lambda view: str(view["counts"]["failed"]), right=True, rank=5),
        ]
    return FittedTable(
        columns, views, () if views else ("There are no studies here; -A looks in all namespaces.",)
    )


def _reasons(view: View) -> list[str]:
    return [said.partition(":")[0] for said in obstacles_of(view)]


@click.command("top")
@cluster_options
@click.option(
    "-A", "--all-namespaces", "everywhere", is_flag=True, help="Show those of all namespaces."
)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="name",
    show_default=True,
    help="What comes first: by name, or the youngest, the most advanced or the most saving.",
)
@output_option
def command(given: Whom, everywhere: bool, sort: str, output: str) -> None:
    """Show studies, one line each: state, progress, best result, share that was saved, age.

    Those of the namespace that -n or the kubeconfig's context says, or of all with -A. The right to
    list Studies is all that is needed.

    \b
    Examples:
      kubectl espalier top
      kubectl espalier top -A --sort saved
      kubectl espalier top -n ml -o csv
    """
    views = ordered(asyncio.run(listed(given, everywhere)), sort)
    show(
        output,
        views,
        name=lambda view: f"study.espalier.dev/{view['name']}",
        drawn=lambda: table(views, everywhere, output == "wide", datetime.now(UTC)),
    )
