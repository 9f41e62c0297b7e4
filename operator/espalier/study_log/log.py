"""A study's log as values: what is read of it, whether out of a database or out of a file."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from espalier.api.judging import JudgeSettings
from espalier.planning.world.earlier import EarlierSource, EarlierTrial
from espalier.planning.world.record import AttemptRecord, End, MadeTrial
from espalier.pruning import Decision, Restraint, Terms, Wish


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study as the store has it.

    Parameters
    ----------
    id
        Its number in the store, by which the other tables know it.
    uid
        ``metadata.uid`` of the Study.
    namespace, name
        The Study's.
    settings
        What its judge is built from.
    opened_at
        When it was opened first, in seconds since the epoch.
    version
        The version of Espalier whose rules judge it.
    sampled
        Numbers below it have been sampled.
    """

    id: int
    uid: str
    namespace: str
    name: str
    settings: JudgeSettings
    opened_at: float
    version: str
    sampled: int = 0

    @property
    def terms(self) -> Terms:
        """What defines the study for its judge."""
        return self.settings.terms


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision, the shadow that took it (empty: the one that acts), its arrival, and when."""

    decision: Decision
    shadow: str
    seq: int
    at: float


@dataclass(frozen=True, slots=True)
class StoredObservation:
    """A value as it arrived; NaN where training diverged."""

    seq: int
    """Its place in the order of arrivals."""
    trial: int
    """The trial's number."""
    attempt: int
    """The attempt's number in its trial."""
    metric: str
    """The metric's name."""
    step: int
    """Where the trial was."""
    value: float
    at: float
    """When it arrived; in seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class StoredEnd:
    """A trial's ending, and its place in the order of arrivals."""

    seq: int
    trial: int
    end: End


@dataclass(frozen=True, slots=True)
class StoredChange:
    """What people want from a place in the order of arrivals on, and when that came."""

    seq: int
    """The place in the order of arrivals from which on it holds."""
    restraint: Restraint
    """What holds pruning back."""
    at: float
    """When that came; in seconds since the epoch."""
    wishes: tuple[Wish, ...] = ()
    """What is wanted of single trials; the decisions that come of it follow it in the log."""


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """What a trial was to run, stored before the trial was made.

    Parameters
    ----------
    seq
        The place in the order of arrivals that it was based on: all up to it was known.
    trial
        The trial's number.
    parameters
        The values of its parameters by name, as JSON; None where no configuration was left.
    source, redrawn, repeats
        See `espalier.search.Proposal`.
    besides
        Of the trials that were known then, as ranges of numbers: those that ran, and those that
        had ended without a proposal of their own (made by hand, or sampled by their number alone).
    versions
        Of the libraries that it may depend on; empty where there are none.
    at
        When it was proposed, in seconds since the epoch.
    branches
        See `espalier.search.Proposal`.
    """

    seq: int
    trial: int
    parameters: str | None
    source: str
    redrawn: int
    repeats: bool
    besides: str
    versions: str
    at: float
    branches: str = ""


@dataclass(frozen=True, slots=True)
class StoredEarlier:
    """What was taken over from earlier studies, once, before the first proposal.

    Parameters
    ----------
    asked
        `fingerprint` of what was asked for; 0 of what is yet to be taken over.
    sources
        Where it was taken from, in the Study's order.
    trials
        The trials, in the order in which samplers are told of them.
    at
        When, in seconds since the epoch.
    """

    asked: int
    sources: tuple[EarlierSource, ...]
    trials: tuple[EarlierTrial, ...]
    at: float


@dataclass(frozen=True, slots=True)
class StoredOutput:
    """The end of what the trainer of an attempt has printed.

    Parameters
    ----------
    attempt
        The attempt's number in its trial.
    text
        The text, cleaned of what no terminal should be sent.
    cut
        Whether more was printed before it.
    at
        When it came, in seconds since the epoch.
    """

    attempt: int
    text: str
    cut: bool
    at: float


@dataclass(frozen=True, slots=True)
class StoredSpec:
    """What a Study said.

    Parameters
    ----------
    template
        `fingerprint` of its pod template.
    generation
        ``metadata.generation`` of the Study: the last one that had this template.
    spec
        The whole spec, as plain JSON values.
    at
        When it was seen, in seconds since the epoch.
    """

    template: int
    generation: int
    spec: dict[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Head:
    """What is stored of a study beside its values and decisions.

    Parameters
    ----------
    attempts
        Trial, attempt and pod of each.
    ends
        In the order of `seq`.
    rules
        Pruner and settings by the rule's number.
    figured
        The trials whose figures are stored.
    settled
        Whether the summary of the study at rest is stored.
    sampled
        Numbers below it have been sampled.
    sightings
        Trial, and what was seen of an attempt; in the order of both.
    changes
        In the order of `seq`.
    on_others
        Decisions on other trials than the one whose value led to them, shadows' included, in the
        order of `seq`.
    """

    attempts: list[tuple[int, int, str]]
    ends: list[StoredEnd]
    rules: dict[int, tuple[str, str]]
    figured: frozenset[int] = frozenset()
    settled: bool = False
    sampled: int = 0
    sightings: tuple[tuple[int, AttemptRecord], ...] = ()
    changes: tuple[StoredChange, ...] = ()
    on_others: tuple[StoredDecision, ...] = ()


Arrived = tuple[
    int, int, int, str, int, float | None, float,
    str | None, str | None, int | None, int | None, int | None,
]  # fmt: skip
"""A value as it arrived: `seq`, trial, attempt, metric, step, the value (None where it was not
finite) and when; then what the acting judge decided on it: action, reason, rung, bracket and the
rule's number, all of them None where it decided nothing."""


Event: TypeAlias = StoredObservation | StoredDecision | StoredEnd | StoredChange | StoredProposal
"""What happened in a study, each with its place in the order of arrivals."""


def in_order(
    observations: Iterable[StoredObservation],
    decisions: Iterable[StoredDecision],
    ends: Iterable[StoredEnd],
    changes: Iterable[StoredChange],
    proposals: Iterable[StoredProposal] = (),
) -> Iterator[Event]:
    """Yield what happened, in order.

    Each arrival comes before the decisions that it led to, and these before the proposals that were
    based on it.

    Each of them is in the order of `seq` and is only gone through as far as is asked for.
    """
    parts: tuple[Iterable[Event], ...] = (observations, ends, changes, decisions, proposals)
    return heapq.merge(*parts, key=_place)


def _place(event: Event) -> tuple[int, int]:
    if isinstance(event, StoredProposal):
        return event.seq, 2
    return event.seq, int(isinstance(event, StoredDecision))


@dataclass(frozen=True, slots=True)
class Log:
    """All that is stored of a study: what it and its trials are, and what happened.

    Parameters
    ----------
    study
        Whose log it is.
    attempts
        Trial, attempt and pod of each, in the order of the first two.
    events
        What happened, in order; of a long log it may be read only while it is gone through, once.
    sightings
        Trial, and what was seen of an attempt; in the order of both.
    made
        What trials were made as, by number.
    specs
        What the Study said, the newest last.
    earlier
        What it has taken over from earlier studies; None where it has not.
    """

    study: StudyRow
    attempts: list[tuple[int, int, str]]
    events: Iterable[Event]
    sightings: tuple[tuple[int, AttemptRecord], ...] = ()
    made: dict[int, MadeTrial] = field(default_factory=dict)
    specs: tuple[StoredSpec, ...] = ()
    earlier: StoredEarlier | None = None

    @property
    def observations(self) -> list[StoredObservation]:
        """The values, in order; of a log in memory."""
        return [each for each in self.events if isinstance(each, StoredObservation)]

    @property
    def decisions(self) -> list[StoredDecision]:
        """What was decided, in order; of a log in memory."""
        return [each for each in self.events if isinstance(each, StoredDecision)]

    @property
    def ends(self) -> list[StoredEnd]:
        """The endings, in order; of a log in memory."""
        return [each for each in self.events if isinstance(each, StoredEnd)]

    @property
    def proposals(self) -> list[StoredProposal]:
        """What trials were to run, in order; of a log in memory."""
        return [each for each in self.events if isinstance(each, StoredProposal)]

    @property
    def changes(self) -> list[StoredChange]:
        """The changes of what holds pruning back, in order; of a log in memory."""
        return [each for each in self.events if isinstance(each, StoredChange)]
