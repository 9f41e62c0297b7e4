"""A study's log as JSON lines, for people, for keeping and for replaying; and back again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from espalier.errors import UsageError
from espalier.planning.world.record import MadeTrial
from espalier.study_log.log import (
    Event,
    Log,
    StoredChange,
    StoredDecision,
    StoredObservation,
    StudyRow,
)

FORMAT = 1


def lines(log: Log) -> Iterator[str]:
    """Yield a log as JSON lines.

    The study comes first, then its specs, its trials as they were made, their attempts and what was
    seen of them, then all that happened, in order. An arrival comes before the decisions that it
    caused; `seq` is the order of arrivals. NaN is written as ``"value": null``.
    `espalier.study_log.read_lines` is the inverse.

    Raises
    ------
    UsageError
        Where the log holds what cannot be: it came out of a file that is damaged.
    """
    try:
        yield from _lines(log)
    except (LookupError, TypeError, ValueError, OverflowError) as error:
        raise UsageError(
            "--store",
            f"expected a store of this version, got one that cannot be read ({type(error).__name__}"
            f": {error}); give the operator's store, or a copy that `VACUUM INTO` made of it",
        ) from error


def _lines(log: Log) -> Iterator[str]:
    yield _line({"kind": "study", "format": FORMAT} | _study(log.study))
    for spec in log.specs:
        yield _line({"kind": "spec"} | asdict(spec))
    for number, made in log.made.items():
        yield _line({"kind": "trial", "trial": number} | _made(made))
    for trial, attempt, pod_uid in log.attempts:
        yield _line({"kind": "attempt", "trial": trial, "attempt": attempt, "pod_uid": pod_uid})
    for trial, seen in log.sightings:
        yield _line({"kind": "sighting", "trial": trial} | asdict(seen))
    for event in log.events:
        yield _line(_event(event))


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), allow_nan=False)


def _study(study: StudyRow) -> dict[str, Any]:
    found = {each.name: getattr(study, each.name) for each in fields(study)}
    return found | {"settings": study.settings.to_dict()}


def _made(made: MadeTrial) -> dict[str, Any]:
    return asdict(made) | {"parameters": json.loads(made.parameters)}


def _event(event: Event) -> dict[str, Any]:
    if isinstance(event, StoredObservation):
        value = None if math.isnan(event.value) else event.value
        return {"kind": "observation"} | asdict(event) | {"value": value}
    if isinstance(event, StoredDecision):
        row = {"kind": "decision", "seq": event.seq, "at": event.at}
        return row | {"shadow": event.shadow or None} | event.decision.to_dict()
    if isinstance(event, StoredChange):
        row = {"kind": "change", "seq": event.seq, "at": event.at}
        return row | event.restraint.to_dict()
    return {"kind": "end", "seq": event.seq, "trial": event.trial} | asdict(event.end)
