"""A log out of the lines that `espalier export` writes; every line is checked before it is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

from espalier.api.judging import JudgeSettings
from espalier.errors import SpecError, UsageError
from espalier.planning.world.earlier import EarlierSource, EarlierTrial
from espalier.planning.world.parameters_text import text_of_parameters
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, Origin
from espalier.pruning import Decision, Restraint, TrialState, Wish
from espalier.search import Outcome
from espalier.study_log.line_checks import HAPPENED, HEAD, Row, check
from espalier.study_log.log import (
    Event,
    Log,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredObservation,
    StoredProposal,
    StoredSpec,
    StudyRow,
)


def read_lines(lines: Iterable[str], name: str) -> Log:
    """Return the log that lines tell: the inverse of `espalier.study_log.write_lines`.

    What happened is read as it is gone through: a log may be larger than the memory. The exports of
    all earlier versions are read, too.

    Parameters
    ----------
    lines
        As `espalier export` writes them.
    name
        What the log is called in an error.

    Raises
    ------
    UsageError
        At the first line that is none of these, also while the log is gone through; and if the
        first is not the study's.
    """
    rows = _rows(lines, name)
    where, first = next(rows, ("", {}))
    if not first:
        raise UsageError(name, "expected a log of `espalier export`, got nothing; export it again")
    head: dict[str, list[Row]] = {kind: [] for kind in HEAD}
    following: list[tuple[str, Row]] = []
    for where, row in rows:
        if row["kind"] in HAPPENED:
            following.append((where, row))
            break
        if row["kind"] in head:
            head[row["kind"]].append(row)
    return Log(
        study=_study(first),
        attempts=[(row["trial"], row["attempt"], row["pod_uid"]) for row in head["attempt"]],
        events=_events(chain(following, rows)),
        sightings=tuple((row["trial"], _sighting(row)) for row in head["sighting"]),
        made={row["trial"]: _made(row) for row in head["trial"]},
        specs=tuple(_spec(row) for row in head["spec"]),
        earlier=_earlier(head["warmStart"], head["earlier"]),
    )


def lines_of(path: Path) -> Iterator[str]:
    """Yield the lines of a file of text, one by one.

    Raises
    ------
    UsageError
        If it is no text.
    """
    with path.open(encoding="utf-8") as file:
        try:
            yield from file
        except UnicodeDecodeError as error:
            raise UsageError(
                str(path),
                f"expected text, got bytes that are none ({error.reason}); give a log of "
                "`espalier export`, or NAME.npz with its NAME.json",
            ) from error


def _rows(lines: Iterable[str], name: str) -> Iterator[tuple[str, Row]]:
    for number, line in enumerate(lines, 1):
        row = _object(line, name, number)
        if (number == 1) != (row.get("kind") == "study"):
            raise UsageError(
                name,
                "expected a log of `espalier export`, which begins with its study, and is of one; "
                "export one",
            )
        where = f"{name}, line {number}"
        check(row, where)
        yield where, row


def _object(line: str, name: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{name}, line {number}",
            f"expected JSON as `espalier export` writes it, got {line[:60].rstrip()!r}; give such "
            "a log, or a folder of NAME.npz and NAME.json",
        ) from error
    if not isinstance(row, dict):
        raise UsageError(f"{name}, line {number}", f"expected a JSON object, got {line[:60]!r}")
    return row


def _study(row: Row) -> StudyRow:
    try:
        settings = JudgeSettings.from_dict(row["settings"], row["uid"])
    except SpecError as error:
        raise UsageError(error.field, error.message) from error
    return StudyRow(
        id=row.get("id", 0),
        uid=row["uid"],
        namespace=row.get("namespace", ""),
        name=row.get("name", ""),
        settings=settings,
        opened_at=row.get("opened_at", 0.0),
        version=row.get("version", ""),
        sampled=row.get("sampled", 0),
    )


def _sighting(row: Row) -> AttemptRecord:
    return AttemptRecord(**{each.name: row[each.name] for each in fields(AttemptRecord)})


def _made(row: Row) -> MadeTrial:
    return MadeTrial(
        name=row["name"],
        parameters=text_of_parameters(row["parameters"]),
        origin=Origin(row["origin"]),
        template=row["template"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        told=text_of_parameters(row["told"]) if row.get("told") else "",
    )


def _spec(row: Row) -> StoredSpec:
    return StoredSpec(row["template"], row["generation"], row["spec"], row["at"])


def _earlier(starts: Sequence[Row], trials: Sequence[Row]) -> StoredEarlier | None:
    if not starts and not trials:
        return None
    start: Row = starts[-1] if starts else {"asked": 0, "sources": (), "at": 0.0}
    return StoredEarlier(
        start["asked"],
        tuple(EarlierSource(**each) for each in start["sources"]),
        tuple(map(_earlier_trial, trials)),
        start["at"],
    )


def _earlier_trial(row: Row) -> EarlierTrial:
    return EarlierTrial(
        study=row["study"],
        number=row["number"],
        parameters=text_of_parameters(row["parameters"]),
        outcome=Outcome(row["outcome"]),
        steps=tuple(row["steps"]),
        values=tuple(float("nan") if each is None else float(each) for each in row["values"]),
    )


def _events(rows: Iterable[tuple[str, Row]]) -> Iterator[Event]:
    for where, row in rows:
        kind = row["kind"]
        if kind in HEAD:
            raise UsageError(
                where, f"expected {kind}s before all that happened, got one after; export it again"
            )
        if (made := _EVENTS.get(kind)) is not None:
            yield made(row, where)


def _observation(row: Row, _where: str) -> Event:
    value = float("nan") if row["value"] is None else float(row["value"])
    known = (row["trial"], row["attempt"], row["metric"], row["step"])
    return StoredObservation(row["seq"], *known, value, row["at"])


def _end(row: Row, _where: str) -> Event:
    # The template was called otherwise in exports of the first versions, which knew less.
    end = End(
        reason=row.get("reason", ""),
        message=row.get("message", ""),
        state=TrialState(row["state"]),
        at=row["at"],
        gpu_seconds=row.get("gpu_seconds", 0.0),
        template=row.get("template", row.get("generation", 0)),
        held=row.get("held", 0.0),
        pace=row.get("pace"),
    )
    return StoredEnd(row["seq"], row["trial"], end)


def _change(row: Row, where: str) -> Event:
    try:
        wishes = tuple(map(_wish, row.get("wishes") or ()))
    except (LookupError, TypeError, ValueError) as error:
        raise UsageError(
            where,
            f"expected wishes as they are exported, got one without {error}; export it again",
        ) from error
    return StoredChange(row["seq"], Restraint.from_dict(row), row["at"], wishes)


def _wish(given: Row) -> Wish:
    wish = Wish.from_dict(given)
    if type(wish.trial) is not int or not all(isinstance(x, str) for x in (wish.why, wish.by)):
        raise ValueError("a trial's number and words")
    return wish


def _proposal(row: Row, _where: str) -> Event:
    given = row["parameters"]
    text = None if given is None else text_of_parameters(given)
    known = (row["source"], row["redrawn"], row["repeats"], row["besides"], row["versions"])
    return StoredProposal(
        row["seq"], row["trial"], text, *known, row["at"], row.get("branches", "")
    )


def _decision(row: Row, where: str) -> Event:
    try:
        decision = Decision.from_dict(row)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            where,
            f"expected decisions as they are exported, got one without {error}; export again",
        ) from error
    return StoredDecision(decision, row["shadow"] or "", row["seq"], row["at"])


_EVENTS: Mapping[str, Callable[[Row, str], Event]] = {
    "observation": _observation,
    "end": _end,
    "change": _change,
    "decision": _decision,
    "proposal": _proposal,
}
