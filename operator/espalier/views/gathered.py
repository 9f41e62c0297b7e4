"""All that is known of one study, gathered out of its log."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from espalier.api.judging import exemption_of
from espalier.planning.world.record import AttemptRecord, MadeTrial
from espalier.study_log.log import (
    Log,
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredObservation,
    StoredOutput,
    StoredProposal,
    StoredSpec,
    StudyRow,
)
from espalier.views.values import Values

_NO_VALUES = Values()

Decisions = Callable[[int], Sequence[StoredDecision]]
"""Returns all decisions on a trial by its number, the shadows' included, in order of arrival."""
Reported = Callable[[int], Mapping[str, Values]]
"""Returns all values of a trial by its number, by metric."""


def _nothing(_trial: int) -> Mapping[str, Values]:
    return {}


Outputs = Callable[[int], Sequence[StoredOutput]]
"""Returns what the trainers of a trial's attempts printed last, by its number."""


def no_output(_: int) -> Sequence[StoredOutput]:
    """Return nothing."""
    return ()


@dataclass(slots=True)
class Gathered:
    """What is known of one study; grows as its log does.

    Parameters
    ----------
    study
        The study.
    decisions
        Looks up the decisions on a trial: there are as many as values.
    outputs
        Looks up what a trial's trainers have printed last; an exported log has nothing of it.
    specs
        What the Study said, the newest last.
    made
        What trials were made as, by number.
    attempts
        What was seen of their attempts, by number.
    values
        Their values of the objective, by number.
    prunes
        The decision that pruned a trial, by number.
    ends, proposals
        How trials ended, and what they were to run, by number.
    changes
        What held pruning back, in order.
    earlier
        What was taken over from earlier studies.
    seq
        The place in the order of arrivals up to which values are known.
    closed
        Whether the Study is gone.
    reported
        Looks up the values of a trial, of whatever metric.

    Attributes
    ----------
    exempt : callable
        Tells by a trial's number whether it is exempt.
    """

    study: StudyRow
    decisions: Decisions
    outputs: Outputs = no_output
    specs: Sequence[StoredSpec] = ()
    made: Mapping[int, MadeTrial] = field(default_factory=dict)
    attempts: dict[int, Sequence[AttemptRecord]] = field(default_factory=dict)
    values: dict[int, Values] = field(default_factory=dict)
    prunes: Mapping[int, StoredDecision] = field(default_factory=dict)
    ends: Mapping[int, StoredEnd] = field(default_factory=dict)
    proposals: Mapping[int, StoredProposal] = field(default_factory=dict)
    changes: Sequence[StoredChange] = ()
    earlier: StoredEarlier | None = None
    seq: int = 0
    closed: bool = False
    reported: Reported = field(default=_nothing)
    exempt: Callable[[int], bool] = field(init=False)

    def __post_init__(self) -> None:
        """Work out which trials are exempt."""
        self.exempt = exemption_of(self.study.settings)

    def take(self, trial: int, attempt: int, step: int, value: float, at: float, seq: int) -> None:
        """Take in a value of the objective."""
        values = self.values.get(trial)
        if values is None:
            values = self.values[trial] = Values()
        values.take(attempt, step, value, at, seq)

    def counted(self, number: int) -> Values:
        """Return those of a trial's values that its status tells of.

        They are those of its newest attempt, up to its pruning or its ending.
        """
        values = self.values.get(number)
        if values is None:
            return _NO_VALUES
        prune, end = self.prunes.get(number), self.ends.get(number)
        until = min(math.inf if prune is None else prune.seq, math.inf if end is None else end.seq)
        return values.counted(until)

    @property
    def numbers(self) -> list[int]:
        """The numbers of all trials of which anything is known, in ascending order."""
        return sorted(self.made.keys() | self.values.keys() | self.ends.keys())


def gather(log: Log) -> Gathered:
    """Gather a log, such as an exported file; all of it is in memory then."""
    decided: dict[int, list[StoredDecision]] = {}
    prunes: dict[int, StoredDecision] = {}
    ends: dict[int, StoredEnd] = {}
    proposals: dict[int, StoredProposal] = {}
    changes: list[StoredChange] = []
    attempts: dict[int, Sequence[AttemptRecord]] = {}
    for trial, seen in log.sightings:
        attempts[trial] = (*attempts.get(trial, ()), seen)
    reported: dict[int, dict[str, Values]] = {}
    found = Gathered(
        log.study,
        lambda trial: decided.get(trial, []),
        specs=log.specs,
        made=log.made,
        attempts=attempts,
        prunes=prunes,
        ends=ends,
        proposals=proposals,
        changes=changes,
        earlier=log.earlier,
        reported=lambda trial: reported.get(trial, {}),
    )
    metric = log.study.terms.metric
    for event in log.events:
        if isinstance(event, StoredObservation):
            found.seq = event.seq
            of_trial = reported.setdefault(event.trial, {})
            values = of_trial.setdefault(event.metric, Values())
            values.take(event.attempt, event.step, event.value, event.at, event.seq)
            if event.metric == metric:
                found.values[event.trial] = values
        elif isinstance(event, StoredDecision):
            decided.setdefault(event.decision.trial, []).append(event)
            if event.decision.prunes and not event.shadow:
                prunes.setdefault(event.decision.trial, event)
        elif isinstance(event, StoredEnd):
            ends.setdefault(event.trial, event)
        elif isinstance(event, StoredProposal):
            proposals[event.trial] = event
        else:
            changes.append(event)
    return found
