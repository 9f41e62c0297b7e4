"""A study's log as JSON lines, for people, for backups and for replaying."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from espalier.errors import RetryLater, UsageError
from espalier.store import reading as ask
from espalier.store.sqlite import pages
from espalier.store.sqlite.connections import reading
from espalier.store.sqlite.location import path_of
from espalier.study_log.log import (
    Log,
    StudyRow,
    in_order,
)

_FORMAT = 1
_T = TypeVar("_T")
_Item = tuple[int, int, dict[str, Any]]


def list_studies(url: str) -> list[StudyRow]:
    """Return the studies of a store, also while an operator writes to it.

    Parameters
    ----------
    url : str
        The store's URL, such as ``sqlite:////var/lib/espalier/espalier.db``.

    Raises
    ------
    UsageError
        If there is no file, or it is no store that can be read.
    RetryLater
        If it is busy.
    """
    path = _existing(url)
    with _legible(path), reading(path).connect() as connection:
        return ask.all_studies(connection)


def read_log(url: str, namespace: str, name: str) -> Log | None:
    """Return all that is stored of the study of this name, None where there is none.

    Its values and decisions are read while they are gone through, so that a log of any length
    can be. A study that was closed is found as long as its rows are there.

    Raises
    ------
    UsageError
        If there is no file, or it is no store that can be read; also while the log is gone
        through.
    RetryLater
        If it is busy.
    """
    path = _existing(url)
    engine = reading(path)
    with _legible(path), engine.begin() as connection:
        study = ask.named_study(connection, namespace, name)
        if study is None:
            return None
        head = ask.head_of(connection, study.id)
        proposals = ask.proposals_of(connection, study.id)
        made, specs = ask.made_of(connection, study.id), ask.specs_of(connection, study.id)
        earlier = ask.earlier_of(connection, study.id)
    events = in_order(
        _each(path, pages.observations(engine.begin, study.id)),
        ask.all_decided(_each(path, pages.decisions(engine.begin, study.id)), head),
        head.ends,
        head.changes,
        proposals,
    )
    return Log(
        study=study,
        attempts=sorted(head.attempts),
        events=events,
        sightings=head.sightings,
        made=made,
        specs=specs,
        earlier=earlier,
    )


@contextmanager
def _legible(path: Path | None) -> Iterator[None]:
    """Say in words why a file cannot be read as a store; it may be any file."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        said = str(getattr(error, "orig", None) or error)
        if "locked" in said or "busy" in said:
            raise RetryLater(f"the store is busy ({said}); try again") from error
        raise _illegible(path, said) from error
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise _illegible(path, f"{type(error).__name__}: {error}") from error


def _illegible(path: Path | None, said: str) -> UsageError:
    return UsageError(
        "--store",
        f"expected a store of this version, got {path or 'one'} that cannot be read ({said}); give "
        "the operator's store, or a copy that `VACUUM INTO` made of it",
    )


def _each(path: Path, rows: Iterator[_T]) -> Iterator[_T]:
    with _legible(path):
        yield from rows


def _existing(url: str) -> Path:
    path = path_of(url)
    if not path.is_file():
        raise UsageError(
            "--store",
            f"expected a store's file, there is none at {path}; run this in the operator's pod, or "
            "give the URL of a copy of its store: sqlite:////ABSOLUTE/PATH",
        )
    return path
