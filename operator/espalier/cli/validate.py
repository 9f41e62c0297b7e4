"""`espalier validate`: all that is wrong with a study.yaml, before a cluster sees it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from espalier.cli.asking.options import Whom, cluster_options
from espalier.cli.words import one_line
from espalier.cli.written.checking import Checked, Fault, check_text
from espalier.cli.written.documents import Document
from espalier.errors import EspalierError, UsageError
from espalier.kube import STUDY, Cluster, Conflict, NotServed, Refused, own_namespace

INVALID = 1
"""Exit code where something is wrong with a file."""


async def ask_cluster(documents: list[Document], given: Whom) -> list[tuple[Fault | None, str]]:
    """Ask a cluster whether it would take Studies.

    Returns
    -------
    list of tuple
        Of each Study what is wrong with it, if anything, and what is to be said besides.

    Raises
    ------
    UsageError, RetryLater
        If there is no kubeconfig that can be used, or nobody answers.
    """
    namespace = given.namespace or own_namespace(given.config, given.context) or "default"
    async with await given.cluster() as cluster:
        return [await _asked(cluster, each, namespace) for each in documents]


async def _asked(cluster: Cluster, document: Document, namespace: str) -> tuple[Fault | None, str]:
    body: dict[str, Any] = document.value
    own = body.get("metadata", {}).get("namespace") or namespace
    try:
        await cluster.create(STUDY, own, body, dry_run=True)
    except NotServed:
        return None, "the cluster knows no Studies: Espalier is not installed there"
    except Conflict:
        name = body["metadata"].get("name")
        return None, (
            f"Study {name} is in {own} already: whether it may be changed so is said at apply"
        )
    except Refused as error:
        field = error.field
        return Fault(document.line(field), field, f"the cluster refuses it: {error.message}"), ""
    return None, f"the cluster would take it in namespace {own}"


@click.command("validate")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True))
@click.option(
    "--offline", is_flag=True, help="Ask no cluster, whether or not there is a kubeconfig."
)
@cluster_options
def command(files: tuple[str, ...], offline: bool, given: Whom) -> None:
    """Check the Studies and PrunerProfiles of FILES (- is standard input), all faults at once.

    Each is said with its line, its field, what was expected, what came and what to do; words of
    other tools (ASHA, median, minimize) are understood in so far as what is meant is said. Where a
    kubeconfig is there its cluster is asked, too, whether it would take the Studies, its policies
    included; nothing is made. The exit code is 0 if nothing is wrong, 1 if something is, 2 if a
    file cannot be read.

    \b
    Examples:
      kubectl espalier validate study.yaml
      espalier validate --offline examples/*/study.yaml
    """
    wrong = False
    for file in files:
        checked = check_text(_read(file))
        wrong |= _tell(file, checked)
        if checked.studies and not checked.faults and not offline:
            wrong |= _tell_cluster(file, checked, given)
    raise SystemExit(INVALID if wrong else 0)


def _read(file: str) -> str:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(file, f"expected a text in UTF-8 ({error.reason}); save it so") from error


def _tell(file: str, checked: Checked) -> bool:
    """Say what was found in a file; whether something is wrong."""
    for fault in checked.faults:
        click.echo(one_line(fault.words(file)))
    if not checked.faults:
        count = len(checked.studies)
        besides = (
            f"; not checked: {', '.join(sorted(set(checked.others)))}" if checked.others else ""
        )
        said = "nothing to check" if not count and checked.others else "nothing is wrong"
        click.echo(one_line(f"{file}: {said}{besides}"))
    return bool(checked.faults)


def _tell_cluster(file: str, checked: Checked, given: Whom) -> bool:
    try:
        answers = asyncio.run(ask_cluster(list(checked.studies), given))
    except EspalierError as error:
        click.echo(one_line(f"{file}: no cluster was asked: {error}"))
        return False
    for fault, said in answers:
        click.echo(one_line(f"{file}: {said}" if fault is None else fault.words(file)))
    return any(fault is not None for fault, _ in answers)
