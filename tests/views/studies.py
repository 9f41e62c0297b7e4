"""Studies that nobody ran, out of a few numbers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from espalier.api.judging import JudgeSettings
from espalier.planning.world.record import AttemptRecord, End, MadeTrial, Origin
from espalier.pruning import Decision, Direction, Terms, TrialState
from espalier.study_log.log import (
    Event,
    Log,
    StoredDecision,
    StoredEnd,
    StoredObservation,
    StoredSpec,
    StudyRow,
)
from espalier.views.gathered import Gathered, gather

START = 1_700_000_000.0
Value = tuple[int, int, float]
"""The trial, the step, and the value."""


def study_of(
    values: Iterable[Value] = (),
    *,
    ends: Mapping[int, TrialState] | None = None,
    parameters: Mapping[int, Mapping[str, Any]] | None = None,
    decisions: Sequence[Decision] = (),
    sightings: Sequence[tuple[int, AttemptRecord]] = (),
    spec: Mapping[str, Any] | None = None,
    direction: Direction = Direction.MAXIMIZE,
) -> Gathered:
    """Return what is known of a study whose values came a second after each other, in this order.

    Trial `n` is made `n` seconds after the start, began half a second later, and ended in the order
    of `ends` when all values had come.
    """
    terms = Terms(direction, 9, study_uid="u", metric="score", trials=99)
    settings = JudgeSettings(terms, {"type": "Median"}, {"keepBest": 1})
    row = StudyRow(1, "u", "research", "made-up", settings, START, "0.1.0")
    events: list[Event] = [
        StoredObservation(seq, trial, 1, "score", step, value, START + seq)
        for seq, (trial, step, value) in enumerate(values, 1)
    ]
    last = len(events)
    made = {
        number: MadeTrial(
            f"made-up-{number}",
            json.dumps(dict(given)),
            Origin.SAMPLED,
            7,
            START + number,
            START + number + 0.5,
        )
        for number, given in (parameters or {}).items()
    }
    events += [StoredDecision(each, "", last + 1, START + last) for each in decisions]
    for seq, (number, state) in enumerate((ends or {}).items(), last + 2):
        reason = "TrainerFailed" if state is TrialState.FAILED else state.value
        events.append(StoredEnd(seq, number, End(reason, "", state, START + seq)))
    specs = (StoredSpec(7, 1, dict(spec), START),) if spec else ()
    return gather(Log(row, [], events, tuple(sightings), made, specs))
