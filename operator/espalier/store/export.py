"""A study's log as JSON lines, for people, for backups and for replaying."""

from __future__ import annotations

import heapq
import json
import math
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from espalier.errors import RetryLater, UsageError
from espalier.store import pages
from espalier.store import reading as ask
from espalier.store.connections import reading
from espalier.store.location import path_of
from espalier.store.rows import (
    Log,
    StoredChange,
    StoredDecision,
    StoredEnd,
    StoredObservation,
    StudyRow,
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
    return Log(
        study=study,
        attempts=head.attempts,
        observations=_each(path, pages.observations(engine.begin, study.id)),
        decisions=ask.all_decided(_each(path, pages.decisions(engine.begin, study.id)), head),
        ends=head.ends,
        rules=head.rules,
        sightings=head.sightings,
        changes=head.changes,
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


def lines(log: Log) -> Iterator[str]:
    """Yield a log as JSON lines.

    The study comes first, then its attempts and what was seen of them, then all that happened.
    An arrival comes before the decisions that it caused; `seq` is the order of arrivals. NaN is
    written as ``"value": null``.

    Raises
    ------
    UsageError
        Where a row holds what cannot be.
    """
    with _legible(None):
        yield _line({"kind": "study", "format": _FORMAT} | _study(log.study))
        for trial, attempt, pod_uid in sorted(log.attempts):
            yield _line({"kind": "attempt", "trial": trial, "attempt": attempt, "pod_uid": pod_uid})
        for trial, seen in log.sightings:
            yield _line({"kind": "sighting", "trial": trial} | asdict(seen))
        for _, _, row in heapq.merge(
            _observed(log.observations),
            _ended(log.ends),
            _changed(log.changes),
            _decided(log.decisions),
            key=_place,
        ):
            yield _line(row)


def _study(study: StudyRow) -> dict[str, Any]:
    found = {each.name: getattr(study, each.name) for each in fields(study)}
    return found | {"settings": study.settings.to_dict()}


def _place(item: _Item) -> tuple[int, int]:
    return item[:2]


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), allow_nan=False)


def _observed(observations: Iterable[StoredObservation]) -> Iterator[_Item]:
    for seen in observations:
        value = None if math.isnan(seen.value) else seen.value
        yield seen.seq, 0, {"kind": "observation"} | asdict(seen) | {"value": value}


def _ended(ends: Iterable[StoredEnd]) -> Iterator[_Item]:
    for stored in ends:
        row = {"kind": "end", "seq": stored.seq, "trial": stored.trial} | asdict(stored.end)
        yield stored.seq, 0, row


def _changed(changes: Iterable[StoredChange]) -> Iterator[_Item]:
    for stored in changes:
        row = {"kind": "change", "seq": stored.seq, "at": stored.at}
        yield stored.seq, 0, row | stored.restraint.to_dict()


def _decided(decisions: Iterable[StoredDecision]) -> Iterator[_Item]:
    for stored in decisions:
        row = {"kind": "decision", "seq": stored.seq, "at": stored.at}
        row |= {"shadow": stored.shadow or None}
        yield stored.seq, 1, row | stored.decision.to_dict()
