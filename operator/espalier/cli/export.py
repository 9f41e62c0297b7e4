"""`espalier export`: what is stored of a study, for other tools."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from espalier.cli.asking.options import Whom, source_options
from espalier.cli.exporting.csv_lines import csv_lines
from espalier.cli.exporting.how_far import carried_out
from espalier.cli.exporting.log_at_hand import OPERATORS_STORE, LogAtHand, log_at_hand, store_of
from espalier.cli.exporting.parquet_file import write_parquet
from espalier.cli.exporting.tables import TABLES, gathered_of
from espalier.cli.exporting.target import write_lines, written_whole
from espalier.errors import UsageError
from espalier.store import list_studies

JSON_LINES, CSV, PARQUET = "jsonl", "csv", "parquet"
JOURNAL, SQLITE = "optuna-journal", "optuna-sqlite"
FORMATS = (JSON_LINES, CSV, PARQUET, JOURNAL, SQLITE)
_BY_SUFFIX = {".csv": CSV, ".parquet": PARQUET}


@click.command("export")
@click.argument("study", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="What is written. If not given, --output tells by its ending, and else it is jsonl.",
)
@click.option(
    "--what",
    type=click.Choice(tuple(TABLES)),
    help="Which table a csv or parquet is of: trials, where nothing is said.",
)
@click.option(
    "-O",
    "--output",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write, which is there whole or not at all; without it, standard output.",
)
@click.option("--force", is_flag=True, help="Replace the file if it is there.")
@click.option("--list", "listing", is_flag=True, help="Name the studies, and stop.")
@click.option(
    "--store",
    envvar="ESPALIER_STORE",
    help="The URL of the operator's store, which is read in the read API's place. Also "
    f"ESPALIER_STORE. If not given, {OPERATORS_STORE} where that is on this machine.",
)
@source_options
def command(
    study: str | None,
    form: str | None,
    what: str | None,
    target: Path | None,
    force: bool,
    listing: bool,
    store: str | None,
    given: Whom,
) -> None:
    """Write what is stored of STUDY (NAME or NAMESPACE/NAME) for other tools.

    jsonl is the whole log: first the study with the settings that its judge is built from, and its
    spec; then each trial with its parameters and who chose them, the trials' attempts with their
    pods' uids, and what was seen of them; then, in the order of arrival, observations, decisions
    (also those that kept a trial, and the shadows') and endings. `backtest`, `replay`, `import` and
    this command read it on any machine.

    csv and parquet are tables of the trials, or with --what of the curves or the decisions.
    optuna-journal and optuna-sqlite are storages that `optuna.load_study` and Optuna's dashboard
    read.

    It is asked of the read API with your kubeconfig: you may export what you may get. --from takes
    an exported log instead, --store the operator's store, as it happens in the operator's pod.

    \b
    Examples:
      espalier export digits -n research -O digits.jsonl
      espalier export research/digits -O digits.csv
      espalier export research/digits --what curves --format parquet -O curves.parquet
      espalier export --from digits.jsonl --format optuna-journal -O digits.journal
      espalier export --list
    """
    _check(given, store)
    if listing:
        for name in _names(given, store_of(given, store)):
            click.echo(name)
        return
    form = form or _BY_SUFFIX.get(target.suffix if target else "", JSON_LINES)
    if what is not None and form not in (CSV, PARQUET):
        raise UsageError("--what", f"expected --format csv or parquet with it, got {form}")
    what = what or "trials"
    with log_at_hand(study, given, store) as found:
        if target is None:
            _print(found, form, what)
            return
        with written_whole(target, force) as path:
            count = carried_out(_written(path, found, form, what), "writing")
    click.echo(f"{target}: {count:,} {_noun(form)}", err=True)


def _check(given: Whom, store: str | None) -> None:
    source = click.get_current_context().get_parameter_source("store")
    if given.file is not None and store is not None and source is _FLAG:
        raise UsageError("--from", "expected it without --store; give one of them")


_FLAG = click.core.ParameterSource.COMMANDLINE


def _print(found: LogAtHand, form: str, what: str) -> None:
    if form not in (JSON_LINES, CSV):
        raise UsageError("--output", f"expected a file for {form}, got none; give one with -O FILE")
    counts = write_lines(sys.stdout.buffer, _lines(found, form, what))
    carried_out(counts, "writing")


def _lines(found: LogAtHand, form: str, what: str) -> Iterator[str]:
    return iter(found.lines()) if form == JSON_LINES else csv_lines(TABLES[what](found.log()))


def _written(path: Path, found: LogAtHand, form: str, what: str) -> Iterator[int]:
    """Write a file as it is gone on; yield how much is written."""
    if form in (JSON_LINES, CSV):
        with path.open("wb") as file:
            yield from write_lines(file, _lines(found, form, what))
    elif form == PARQUET:
        yield from write_parquet(path, TABLES[what](found.log()))
    else:
        # Optuna takes a second to import, and nothing else needs it.
        from espalier.cli.exporting.optuna_study import study_to_write
        from espalier.search.optuna_export import write_journal, write_sqlite

        study = study_to_write(gathered_of(found.log()))
        yield from write_journal(path, study) if form == JOURNAL else write_sqlite(path, study)


def _noun(form: str) -> str:
    return {PARQUET: "rows", JOURNAL: "trials", SQLITE: "trials"}.get(form, "lines")


def _names(given: Whom, store: str | None) -> list[str]:
    """Return NAMESPACE/NAME of the studies that can be exported."""
    if given.file is not None:
        raise UsageError(
            "--list", "expected it without --from, whose log is of one study; remove one"
        )
    if store is None:
        return asyncio.run(_names_in_cluster(given))
    found = [(row.namespace, row.name) for row in list_studies(store)]
    return [f"{at}/{name}" for at, name in found if given.namespace in (None, at)]


async def _names_in_cluster(given: Whom) -> list[str]:
    names: list[str] = []
    asked = {"namespace": given.namespace} if given.namespace else {}
    more: dict[str, Any] = {}
    async with await given.read_api() as connection:
        while True:
            page = await connection.get("/v1/studies", (asked | more).items())
            names += [f"{each['namespace']}/{each['name']}" for each in page["items"]]
            if not page["continue"]:
                return names
            more = {"continue": page["continue"]}
