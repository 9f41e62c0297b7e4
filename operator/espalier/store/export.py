"""A study's log as JSON lines, for people, for backups and for replaying."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from espalier.errors import SpecError
from espalier.store import pages
from espalier.store import reading as ask
from espalier.store.connections import reading
from espalier.store.location import path_of
from espalier.store.rows import Log, StoredDecision, StoredEnd, StoredObservation, StudyRow

_FORMAT = 1
_Item = tuple[int, int, dict[str, Any]]


def list_studies(url: str) -> list[StudyRow]:
    """Return the studies of a store, also while an operator writes to it.

    Parameters
    ----------
    url : str
        The store's URL, such as ``sqlite:////var/lib/espalier/espalier.db``.
    """
    with reading(_existing(url)).connect() as connection:
        return ask.all_studies(connection)


def read_log(url: str, namespace: str, name: str) -> Log | None:
    """Return all that is stored of the study of this name, None where there is none.

    Its values and decisions are read while they are gone through, so that a log of any length
    can be. A study that was closed is found as long as its rows are there.
    """
    engine = reading(_existing(url))
    with engine.begin() as connection:
        study = ask.named_study(connection, namespace, name)
        if study is None:
            return None
        head = ask.head_of(connection, study.id)
    return Log(
        study=study,
        attempts=head.attempts,
        observations=pages.observations(engine.begin, study.id),
        decisions=pages.decisions(engine.begin, study.id),
        ends=head.ends,
        rules=head.rules,
        sightings=head.sightings,
    )


def _existing(url: str) -> Path:
    path = path_of(url)
    if not path.is_file():
        raise SpecError(
            "--store", f"expected a store's file; there is none at {path}; give the operator's URL"
        )
    return path


def lines(log: Log) -> Iterator[str]:
    """Yield a log as JSON lines: the study, its attempts and what was seen of them, then all that
    happened, in order.

    An arrival comes before the decisions that it caused; `seq` is the order of arrivals. NaN is
    written as ``"value": null``.
    """
    yield _line({"kind": "study", "format": _FORMAT} | asdict(log.study))
    for trial, attempt, pod_uid in sorted(log.attempts):
        yield _line({"kind": "attempt", "trial": trial, "attempt": attempt, "pod_uid": pod_uid})
    for trial, seen in log.sightings:
        yield _line({"kind": "sighting", "trial": trial} | asdict(seen))
    for _, _, row in heapq.merge(
        _observed(log.observations), _ended(log.ends), _decided(log.decisions), key=_place
    ):
        yield _line(row)


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


def _decided(decisions: Iterable[StoredDecision]) -> Iterator[_Item]:
    for stored in decisions:
        row = {"kind": "decision", "seq": stored.seq, "at": stored.at}
        row |= {"shadow": stored.shadow or None}
        yield stored.seq, 1, row | stored.decision.to_dict()
