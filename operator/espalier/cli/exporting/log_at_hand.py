"""Where an export takes a study's log from: a file, a store, or the read API."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from espalier.cli.asking.options import Whom, opened
from espalier.cli.exporting.how_far import telling
from espalier.cli.store_option import stored_log
from espalier.cli.study_name import StudyName, read_study_name
from espalier.errors import UsageError
from espalier.store.sqlite.location import path_of
from espalier.study_log.log import Log
from espalier.study_log.read_lines import lines_of, read_lines
from espalier.study_log.write_lines import lines


@dataclass(frozen=True, slots=True)
class LogAtHand:
    """A study's log, which can be gone through as often as is wanted."""

    log: Callable[[], Log]
    """Begins to read it."""
    lines: Callable[[], Iterable[str]]
    """Begins to read it as JSON lines, without their ends."""


def store_of(given: Whom, store: str | None) -> str | None:
    """Return the URL of the store that is to be asked; None for the read API.

    The store is what was named; else the operator's own where it lies on this machine. Whoever
    names a cluster means the read API.

    Parameters
    ----------
    store
        What was named; None where nothing was.
    """
    if store is not None:
        return store
    if given.kubeconfig or given.context or given.server or given.operator_namespace:
        return None
    return OPERATORS_STORE if path_of(OPERATORS_STORE).is_file() else None


OPERATORS_STORE = "sqlite:////var/lib/espalier/espalier.db"
"""Where the operator's pod has its store."""


@contextmanager
def log_at_hand(study: str | None, given: Whom, store: str | None) -> Iterator[LogAtHand]:
    """Give a study's log.

    Parameters
    ----------
    study
        NAME or NAMESPACE/NAME; None will do where a file is given.
    store
        See `store_of`.

    Raises
    ------
    UsageError
        If there is no such study, or who asks may not see it.
    RetryLater
        If what answers is away.
    """
    if given.file is not None:
        yield _of_file(study, given, given.file)
        return
    if study is None:
        raise UsageError("STUDY", "expected NAME or NAMESPACE/NAME; --list names the studies")
    named = read_study_name(study, given.namespace)
    url = store_of(given, store)
    if url is not None:
        yield _of(lambda: stored_log(url, named))
        return
    with tempfile.TemporaryDirectory(prefix="espalier-") as folder:
        file = Path(folder) / "log.jsonl"
        asyncio.run(_fetch(study, given, file))
        yield LogAtHand(
            lambda: read_lines(lines_of(file), "the log that the read API sent"),
            lambda: (line.rstrip("\n") for line in lines_of(file)),
        )


def _of(log: Callable[[], Log]) -> LogAtHand:
    return LogAtHand(log, lambda: lines(log()))


def _of_file(study: str | None, given: Whom, file: str) -> LogAtHand:
    found = _of(lambda: read_lines(lines_of(Path(file)), file))
    row = found.log().study
    own = StudyName(row.namespace, row.name)
    if study is not None and read_study_name(study, given.namespace, own.namespace) != own:
        raise UsageError("--from", f"expected a log of {study}, got one of {own}; name it so")
    return found


async def _fetch(study: str, given: Whom, file: Path) -> None:
    """Bring a log here as a whole: one that breaks off is none."""
    async with opened(study, given) as source:
        await _keep(source.log(), file)


async def _keep(log: AsyncIterator[str], file: Path) -> None:
    count = 0
    with file.open("wb") as kept, telling("fetching the log") as tell:
        async for line in log:
            kept.write(line.encode() + b"\n")
            tell(count := count + 1)
