"""`espalier recommend`: which pruner, and how strict, would have served on recorded studies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import click

from espalier.backtest.candidate import Candidate
from espalier.backtest.compare import Key, Run
from espalier.backtest.measure import BUDGETS, Measured, Setting
from espalier.backtest.picture import require_matplotlib
from espalier.backtest.recommend.outcomes import Aim
from espalier.backtest.recommend.pools import POOLS
from espalier.backtest.recommend.recommendation import Recommendation, recommend
from espalier.backtest.recommend.records import RecordedStudy
from espalier.backtest.recommend.saved_against_lost import picture as drawn
from espalier.backtest.recommend.strictnesses import all_types, default, distinct, strictnesses
from espalier.cli.backtest import with_progress
from espalier.cli.backtest_inputs import TableTerms, read_candidates
from espalier.cli.boundary import Terminal
from espalier.cli.pool import over
from espalier.cli.recommend_inputs import read_records, read_share, read_types
from espalier.cli.recommend_profile import check_profile_name, command_of, manifest
from espalier.cli.recommend_words import pasted, printed
from espalier.cli.simulation_options import (
    direction_option,
    jobs_option,
    metric_option,
    picture_option,
    pruning_option,
    seed_option,
)
from espalier.cli.store_option import store_option
from espalier.cli.study_name import namespace_option
from espalier.errors import UsageError
from espalier.pruning.pruners.goal import Goal

MOST_WORKERS = 8
GOALS = (Goal.KEEP_WINNER, Goal.BEST_UNDER_BUDGET)


@click.command("recommend")
@click.argument("studies", nargs=-1, required=True, metavar="STUDY...")
@click.option(
    "--max-lost",
    default="5%",
    show_default=True,
    help="The share of winners that you accept to lose, with goal KeepWinner.",
)
@click.option(
    "--goal",
    type=click.Choice([str(goal) for goal in GOALS]),
    default=str(Goal.KEEP_WINNER),
    show_default=True,
    help="What the study is for: the best of its list, or the best that a budget buys.",
)
@click.option(
    "--budget",
    type=click.Choice([f"{share:.0%}" for share in BUDGETS]),
    default=f"{BUDGETS[1]:.0%}",
    show_default=True,
    help="With goal BestUnderBudget: the share of the time that it would take without pruning.",
)
@click.option(
    "--pruner",
    "pruners",
    multiple=True,
    help="What is tried instead of everything: a type, from careful to bold, or one pruner as "
    "spec.pruner has it, in YAML. May be repeated.",
)
@pruning_option
@click.option(
    "--workers",
    type=click.IntRange(1),
    help="How many trials run at a time; if not given, 8, or a third of the shortest list.",
)
@click.option(
    "--trials",
    default=100,
    show_default=True,
    type=click.IntRange(2),
    help="The longest that a list may be; it is never more than half of a study's whole curves.",
)
@click.option(
    "--orders",
    default=POOLS,
    show_default=True,
    type=click.IntRange(1),
    help=f"Lists a study, rounded up to a multiple of {POOLS}.",
)
@seed_option
@jobs_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "yaml", "json"]),
    default="table",
    show_default=True,
    help="Print all of it, only what to paste, or all figures as one JSON object.",
)
@click.option(
    "--profile",
    metavar="NAME",
    help="Print a PrunerProfile of that name instead: what is recommended and where it comes "
    "from, to review, keep in git and apply.",
)
@picture_option
@metric_option
@direction_option
@namespace_option
@store_option
@click.pass_context
def command(
    context: click.Context,
    studies: tuple[str, ...],
    max_lost: str,
    goal: str,
    budget: str,
    pruners: tuple[str, ...],
    pruning: str,
    workers: int | None,
    trials: int,
    orders: int,
    seed: int,
    jobs: int | None,
    output: str,
    profile: str | None,
    picture: Path | None,
    metric: str | None,
    direction: str | None,
    namespace: str | None,
    store: str,
) -> None:
    """Say which pruner, and how strict, would have served on recorded studies.

    STUDY is what `espalier backtest` takes: a file that `espalier export` wrote, a study in the
    store (NAME or NAMESPACE/NAME), or a folder or file of curves. What a pruned trial would have
    done nobody knows, so only trials that ran to their end count, 24 at least: run one study with
    `pruner: {type: Nop}`, or with a larger `spec.pruning.exemptPercent`. Of a study that was
    pruned its exempt trials are taken, a fair sample; where they are too few, all that survived,
    and it is said that the answer is biased.

    Each pruner is tried from careful to bold on lists of these trials, in a simulation with the
    operator's own engine. A list is half of a study's trials in random order, with its best one,
    two or three left out by turns, so that several trials win.

    \b
    saved   share of the compute without pruning that was not spent
    lost    share of the lists that lose their winner: regret above 0.02
    more    saved more than by the default

    Chosen is what saves most among those whose loss you accept: by the upper end of its interval,
    or where nothing that prunes is so sure by the estimate. The best of fifty is lucky where it
    was chosen. So the choice is made again without each study in turn (of one study: on each
    half), and measured on what it did not see. It is recommended only if that beats the default;
    otherwise: keep the default.

    How little one study tells is said too: its lists share a handful of winners, and the interval
    of `lost` is as wide as so few winners make it. Several studies of your kind tell more than
    more lists.

    \b
    Examples:
      espalier recommend digits.jsonl
      espalier recommend monday.jsonl tuesday.jsonl --max-lost 2%
      espalier recommend digits.jsonl --pruner Auto --pruner Median --workers 4
      espalier recommend default/digits --goal BestUnderBudget --budget 50%
      espalier recommend tests/curves --jobs 8 --picture recommended.svg
      espalier recommend digits.jsonl --pruner SuccessiveHalving -o yaml
      espalier recommend digits.jsonl --profile digits-careful
    """
    if profile is not None:
        check_profile_name(profile)
        if output == "json":
            raise UsageError("--profile", "expected no -o json beside it, got both; leave one out")
    if picture is not None:
        require_matplotlib()
    wanted = Goal(goal)
    kept = wanted is Goal.KEEP_WINNER
    budgets = [f"{share:.0%}" for share in BUDGETS]
    aim = Aim(read_share(max_lost, "--max-lost")) if kept else Aim(None, budgets.index(budget))
    records = read_records(studies, store, namespace, TableTerms(metric, direction))
    candidates = _candidates(pruners, pruning, wanted, records)
    setting = Setting(workers or _workers(records, trials), trials, orders, seed)
    run = _announced(
        over(jobs or os.cpu_count() or 1), quiet=output != "table" or profile is not None
    )
    found = recommend(records, candidates, aim, setting, run)
    if picture is not None:
        picture.write_text(drawn(found), encoding="utf-8")
    if profile is None:
        _show(found, output)
    else:
        click.echo(manifest(found, profile, command_of(context), datetime.now(UTC)), nl=False)


def _show(found: Recommendation, output: str) -> None:
    if output == "json":
        click.echo(json.dumps({**found.to_dict(), "yaml": pasted(found)}))
    elif output == "yaml":
        click.echo(pasted(found), nl=False)
    else:
        Terminal().print(printed(found), end="")


def _candidates(
    pruners: Sequence[str], pruning: str, goal: Goal, records: Sequence[RecordedStudy]
) -> list[Candidate]:
    """Return what is tried, the default first."""
    types, texts = read_types(pruners)
    named = read_candidates(texts, pruning)
    swept = strictnesses(types if pruners else all_types(), goal)
    guards = read_candidates(("Nop",), pruning)[0].pruning
    tried = [replace(each, pruning=guards) for each in (default(goal), *swept)]
    return distinct([*tried, *named], sorted({each.curves.steps for each in records}))


def _workers(records: Sequence[RecordedStudy], trials: int) -> int:
    """Return how many trials run at a time where nobody says so: a third of a list at most."""
    shortest = min((min(trials, len(each.curves) // 2) for each in records), default=1)
    return max(1, min(MOST_WORKERS, shortest // 3))


def _announced(run: Run, quiet: bool) -> Run:
    """Show how it goes on; where no terminal shows it, say on standard error how long it takes."""
    if quiet or Terminal(stderr=True).is_terminal:
        return with_progress(run, quiet)

    def told(function: Callable[[Key], Measured], keys: Sequence[Key]) -> Iterator[Measured]:
        click.echo(f"Simulating {len(keys):,} studies", err=True)
        began = monotonic()
        for done, measured in enumerate(run(function, keys), 1):
            if done == max(1, len(keys) // 20):
                left = (monotonic() - began) / done * (len(keys) - done)
                click.echo(f"{done:,} done, about {left:.0f} seconds left", err=True)
            yield measured

    return told
