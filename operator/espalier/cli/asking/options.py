"""The options by which a command is told whom to ask about a study, and what they open."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from espalier.cli.asking.source import OfLog, Source
from espalier.cli.study_name import StudyName, namespace_option, read_study_name
from espalier.errors import UsageError
from espalier.study_log.read_lines import lines_of, read_lines


@dataclass(frozen=True, slots=True)
class Given:
    """What a command was told of whom to ask.

    Parameters
    ----------
    namespace
        With -n.
    file
        An exported log.
    """

    namespace: str | None = None
    file: str | None = None


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command that shows a study: it takes a `Given` as `given`."""

    @functools.wraps(command)
    def told(namespace: str | None, file: str | None, **values: Any) -> Any:
        return command(given=Given(namespace, file), **values)

    asked = click.option("--from", "file", type=click.Path(), help="An exported log to ask.")
    result: Callable[..., Any] = namespace_option(asked(told))
    return result


@asynccontextmanager
async def opened(study: str | None, given: Given) -> AsyncIterator[Source]:
    """Give what answers questions about a study.

    Raises
    ------
    UsageError
        If there is no log, or it is another study's.
    """
    if given.file is None:
        raise UsageError("--from", "expected an exported log; give --from FILE")
    log = read_lines(lines_of(Path(given.file)), given.file)
    found = StudyName(log.study.namespace, log.study.name)
    if study is not None and read_study_name(study, given.namespace, found.namespace) != found:
        raise UsageError("--from", f"expected a log of {study}, got one of {found}; name it so")
    yield OfLog(log)
