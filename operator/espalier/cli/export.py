"""`espalier export`: all that is stored of a study, as JSON lines."""

import click

from espalier.errors import SpecError
from espalier.store.export import lines, list_studies, read_log


@click.command("export")
@click.argument("study", required=False)
@click.option("--list", "listing", is_flag=True, help="Name the studies in the store, and stop.")
@click.option(
    "--store",
    envvar="ESPALIER_STORE",
    default="sqlite:////var/lib/espalier/espalier.db",
    show_default=True,
    help="The store's URL. Also ESPALIER_STORE, which the operator's pod has set.",
)
def command(study: str | None, listing: bool, store: str) -> None:
    """Print the log of STUDY (NAMESPACE/NAME) as JSON lines, in the order of arrival.

    Observations, decisions (also those that kept a trial, and the shadows') and endings. The store
    is only read, also while an operator writes to it.

    \b
    Examples:
      espalier export --list
      espalier export default/digits > digits.jsonl
      kubectl exec -n espalier-system deployment/espalier -- espalier export default/digits
    """
    try:
        if listing:
            for row in list_studies(store):
                click.echo(f"{row.namespace}/{row.name}")
            return
        namespace, _, name = (study or "").partition("/")
        if not name:
            raise click.UsageError(
                f"expected NAMESPACE/NAME, got {study or 'nothing'!r}; --list names the studies"
            )
        log = read_log(store, namespace, name)
    except SpecError as error:
        raise click.ClickException(str(error)) from error
    if log is None:
        raise click.ClickException(
            f"nothing is stored of a study {study}; `espalier export --list` names the studies"
        )
    for line in lines(log):
        click.echo(line)
