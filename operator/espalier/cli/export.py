"""`espalier export`: all that is stored of a study, as JSON lines."""

from __future__ import annotations

import click

from espalier.cli.store_option import store_option, stored_log
from espalier.cli.study_name import namespace_option, read_study_name
from espalier.store import lines, list_studies


@click.command("export")
@click.argument("study", required=False)
@namespace_option
@click.option("--list", "listing", is_flag=True, help="Name the studies in the store, and stop.")
@store_option
def command(study: str | None, namespace: str | None, listing: bool, store: str) -> None:
    """Print the log of STUDY (NAME or NAMESPACE/NAME) as JSON lines.

    First the study with the settings that its judge is built from, and its spec; then each trial
    with its parameters and who chose them, the trials' attempts with their pods' uids, and what was
    seen of them; then, in the order of arrival, observations, decisions (also those that kept a
    trial, and the shadows') and endings. The store is only read, also while an
    operator writes to it. It lies in the operator's pod, so run it there; `backtest` and `replay`
    read the file on any machine.

    \b
    Examples:
      espalier export --list
      espalier export default/digits > digits.jsonl
      kubectl exec -n espalier-system deployment/espalier -- espalier export default/digits
    """
    if listing:
        for row in list_studies(store):
            click.echo(f"{row.namespace}/{row.name}")
        return
    if study is None:
        raise click.UsageError("expected NAME or NAMESPACE/NAME; --list names the studies")
    for line in lines(stored_log(store, read_study_name(study, namespace))):
        click.echo(line)
