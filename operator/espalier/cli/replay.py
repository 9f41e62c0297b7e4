"""`espalier replay`: recompute a recorded study's decisions and proposals, and compare."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Sequence

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from espalier.backtest.replay import Difference, Replay, replay
from espalier.backtest.replayed_proposals import ProposalDifference, ReplayedProposals
from espalier.cli.boundary import Terminal
from espalier.cli.store_option import recorded_log, store_option
from espalier.cli.study_name import namespace_option
from espalier.study_log.log import Event

SHOWN = 10


@click.command("replay")
@click.argument("study")
@click.option("--json", "as_json", is_flag=True, help="Print the result as one JSON object.")
@namespace_option
@store_option
def command(study: str, as_json: bool, namespace: str | None, store: str) -> None:
    """Recompute all decisions and proposals of STUDY from its log, and compare with the recorded.

    STUDY is a file that `espalier export` wrote, or NAME or NAMESPACE/NAME of a study in the store,
    which is in the operator's pod: export there, and replay the file anywhere. A fresh judge
    with the study's own settings is fed the log's values and ends in the order in which they
    came, and its sampler what was known at each proposal. The same version of Espalier comes to
    the same decisions and proposals, bit for bit; after an upgrade this says what the new version
    would have decided otherwise. The store is only read.

    Samplers that learn depend on libraries. What another version of them proposes otherwise is
    told apart, and is no difference; nor is what cannot be recomputed here, which is told, too:
    where a library is missing, or the log does not say what was searched.

    Exits with 0 if all that was recomputed agrees, with 1 if any differs, with 2 if it cannot be
    replayed.

    \b
    Examples:
      espalier replay digits.jsonl
      espalier replay digits.jsonl --json
      kubectl exec -n espalier-system deployment/espalier -- espalier replay default/digits
    """
    log = recorded_log(study, store, namespace)
    happened = _shown(log.events, quiet=as_json)
    result = replay(dataclasses.replace(log, events=happened), study)
    if as_json:
        click.echo(json.dumps(_plain(result)))
    else:
        _show(result)
    if not result.agrees:
        raise SystemExit(1)


def _shown(events: Iterable[Event], *, quiet: bool) -> Iterator[Event]:
    """Yield what happened, and show on a terminal how much of it there was."""
    console = Terminal(stderr=True, quiet=quiet)
    said = TextColumn("{task.description} {task.completed:,.0f} events")
    columns = (SpinnerColumn(), said, TimeElapsedColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        yield from progress.track(events, total=None, description="Replayed")


def _plain(result: Replay) -> dict[str, object]:
    proposals = result.proposals
    return {
        "decisions": result.decisions,
        "differences": [each.to_dict() for each in result.differences],
        "proposals": {
            "recomputed": proposals.recomputed,
            "differences": [each.to_dict() for each in proposals.differences],
            "ofOtherVersions": [each.to_dict() for each in proposals.of_other_versions],
            "notRecomputed": dict(proposals.not_recomputed),
        },
    }


def _show(result: Replay) -> None:
    console = Terminal()
    _show_differences(console, f"{result.decisions} decisions", result.differences)
    _show_proposals(console, result.proposals)


def _show_proposals(console: Terminal, proposals: ReplayedProposals) -> None:
    others = proposals.of_other_versions
    if proposals.recomputed:
        count = proposals.recomputed - len(others)
        _show_differences(console, f"{count} proposals", proposals.differences)
    if others:
        console.print(
            f"{len(others)} more differ where other versions of the libraries recomputed them:"
        )
        _show_first(console, others)
    for why, count in proposals.not_recomputed.items():
        console.print(f"{count} proposals were not recomputed: {why}.", markup=False)


def _show_differences(
    console: Terminal, what: str, differences: Sequence[Difference | ProposalDifference]
) -> None:
    if not differences:
        console.print(f"{what}, all as recorded.")
        return
    console.print(f"{what}, {len(differences)} differ:")
    _show_first(console, differences)


def _show_first(console: Terminal, differences: Sequence[Difference | ProposalDifference]) -> None:
    for difference in differences[:SHOWN]:
        console.print(f"  {difference.sentence()}", markup=False)
    if len(differences) > SHOWN:
        console.print(f"  and {len(differences) - SHOWN} more; --json lists them all")
