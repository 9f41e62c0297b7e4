"""A study's log as JSON lines, for people, for keeping and for replaying; and back again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from espalier.errors import UsageError
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import MadeTrial
from espalier.study_log.log import (
    Event,
    Log,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredObservation,
    StoredProposal,
    StudyRow,
)

FORMAT = 1


def lines(log: Log) -> Iterator[str]:
    """Yield a log as JSON lines.

    The study comes first, then its specs, what it took over from earlier ones, its trials as they
    were made, their attempts and what was seen of them, then all that happened, in order. An
    arrival comes before the decisions that it caused; `seq` is the order of arrivals. NaN is
    written as null.
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
    if log.earlier is not None:
        yield from earlier_lines(log.earlier)
    for number, made in log.made.items():
        yield _line({"kind": "trial", "trial": number} | _made(made))
    for trial, attempt, pod_uid in log.attempts:
        yield _line({"kind": "attempt", "trial": trial, "attempt": attempt, "pod_uid": pod_uid})
    for trial, seen in log.sightings:
        yield _line({"kind": "sighting", "trial": trial} | asdict(seen))
    for event in log.events:
        yield _line(_event(event))


def earlier_lines(earlier: StoredEarlier) -> Iterator[str]:
    """Yield what was taken over from earlier studies as JSON lines."""
    sources = [asdict(each) for each in earlier.sources]
    yield _line({"kind": "warmStart", "asked": earlier.asked, "sources": sources, "at": earlier.at})
    for trial in earlier.trials:
        values = [None if math.isnan(value) else value for value in trial.values]
        parameters = parameters_of_text(trial.parameters)
        yield _line(
            {"kind": "earlier"} | asdict(trial) | {"parameters": parameters, "values": values}
        )


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"), allow_nan=False)


def _study(study: StudyRow) -> dict[str, Any]:
    found = {each.name: getattr(study, each.name) for each in fields(study)}
    return found | {"settings": study.settings.to_dict()}


def _made(made: MadeTrial) -> dict[str, Any]:
    row = asdict(made) | {"parameters": parameters_of_text(made.parameters)}
    return row | {"told": parameters_of_text(made.told) if made.told else None}


def _event(event: Event) -> dict[str, Any]:
    if isinstance(event, StoredObservation):
        value = None if math.isnan(event.value) else event.value
        return {"kind": "observation"} | asdict(event) | {"value": value}
    if isinstance(event, StoredDecision):
        row = {"kind": "decision", "seq": event.seq, "at": event.at}
        return row | {"shadow": event.shadow or None} | event.decision.to_dict()
    if isinstance(event, StoredChange):
        row = {"kind": "change", "seq": event.seq, "at": event.at}
        wishes = [wish.to_dict() for wish in event.wishes]
        return row | event.restraint.to_dict() | ({"wishes": wishes} if wishes else {})
    if isinstance(event, StoredProposal):
        text = event.parameters
        parameters = None if text is None else parameters_of_text(text)
        row = {"kind": "proposal"} | asdict(event) | {"parameters": parameters}
        if not event.branches:
            del row["branches"]
        return row
    return {"kind": "end", "seq": event.seq, "trial": event.trial} | asdict(event.end)
