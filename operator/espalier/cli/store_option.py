"""Where commands find a store, and a study's log in it."""

from __future__ import annotations

from pathlib import Path

import click

from espalier.cli.study_name import StudyName, read_study_name
from espalier.errors import UsageError
from espalier.store.export import read_log
from espalier.study_log.log import Log
from espalier.study_log.read_lines import lines_of, read_lines

store_option = click.option(
    "--store",
    envvar="ESPALIER_STORE",
    default="sqlite:////var/lib/espalier/espalier.db",
    show_default=True,
    help="The URL of the store in which studies are looked up. Also ESPALIER_STORE, which the "
    "operator's pod has set.",
)


def stored_log(store: str, study: StudyName) -> Log:
    """Return what a store has of a study.

    Raises
    ------
    UsageError
        If the store cannot be read, or has no such study.
    """
    log = read_log(store, study.namespace, study.name)
    if log is None:
        raise UsageError(
            "STUDY", f"the store has nothing of {study}; `espalier export --list` names the studies"
        )
    return log


def recorded_log(source: str, store: str, namespace: str | None) -> Log:
    """Return a log: an exported file's, or else that of a study in the store.

    Raises
    ------
    UsageError
        If it is neither; what is said names both ways in which it was read.
    """
    path = Path(source)
    if path.exists():
        return read_lines(lines_of(path), source)
    try:
        return stored_log(store, read_study_name(source, namespace))
    except UsageError as error:
        raise UsageError(
            "", f"there is no file or folder {source!r}; nor is it a study that is stored: {error}"
        ) from error
