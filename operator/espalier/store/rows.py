"""What is written and read, between the tables and the values of the other layers."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from json.encoder import encode_basestring_ascii
from typing import Any

from espalier.api.judging import JudgeSettings
from espalier.planning.world.record import AttemptRecord, End, MadeTrial
from espalier.pruning import Action, Decision, Reason, Restraint, Terms, TrialState
from espalier.pruning.decisions.decision import Evidence

Row = tuple[Any, ...]
"""A row to insert: the values of a table's columns, in the order of `schema`."""


# Bytes of a row without its texts, and the places of these in it. An attempt's is charged for what
# will be seen of it, too: that is one row, however often it is written again.
_VALUE, _DECISION, _OTHER = 64, 64, 200
_METRIC, _EVIDENCE = 3, 10


def made_bytes(row: Row) -> int:
    """Return what a row of the `trials` or `specs` table takes on the disk, about."""
    return _OTHER + sum([len(value) for value in row if type(value) is str])


@dataclass(slots=True)
class Batch:
    """Rows of one study that are committed together or not at all.

    Parameters
    ----------
    study : int
        The study's number in the store.
    observations, decisions, decisions_on_others, rules, ends, attempts : list of Row
        Rows to insert.
    changes : list of Row
        Rows to insert, of what is judged by.
    figures, sightings, trials, specs : list of Row
        Rows to insert or to put in the place of those that are there.
    overwritten : int
        Bytes, about, of the trials' and specs' rows that are there already: what takes their place
        takes no more.
    sampled : int
        Numbers below it have been sampled; less than what is stored changes nothing.
    stirs : bool
        The study is not at rest any more: its stored summary goes.
    summary : str, optional
        The study is at rest: its summary, which is stored after all else.
    """

    study: int
    observations: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    decisions_on_others: list[Row] = field(default_factory=list)
    rules: list[Row] = field(default_factory=list)
    ends: list[Row] = field(default_factory=list)
    attempts: list[Row] = field(default_factory=list)
    figures: list[Row] = field(default_factory=list)
    sightings: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    trials: list[Row] = field(default_factory=list)
    specs: list[Row] = field(default_factory=list)
    overwritten: int = 0
    sampled: int = 0
    stirs: bool = False
    summary: str | None = None

    def __len__(self) -> int:
        return (
            len(self.observations)
            + len(self.decisions)
            + len(self.decisions_on_others)
            + len(self.rules)
            + len(self.ends)
            + len(self.attempts)
            + len(self.figures)
            + len(self.sightings)
            + len(self.changes)
            + len(self.trials)
            + len(self.specs)
        )

    @property
    def bytes(self) -> int:
        """What the rows take on the disk, about: each value is in an index besides."""
        others = len(self.rules) + len(self.ends) + 2 * len(self.attempts) + len(self.figures)
        others += len(self.changes)
        return (
            sum([_VALUE + 2 * len(row[_METRIC]) for row in self.observations])
            + sum([_DECISION + len(row[_EVIDENCE]) for row in self.decisions])
            + sum([_DECISION + len(row[_EVIDENCE]) for row in self.decisions_on_others])
            + sum([made_bytes(row) for row in (*self.trials, *self.specs)])
            - self.overwritten
            + _OTHER * others
        )


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
    trial: int
    attempt: int
    metric: str
    step: int
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class StoredEnd:
    """A trial's ending, and its place in the order of arrivals."""

    seq: int
    trial: int
    end: End


@dataclass(frozen=True, slots=True)
class StoredChange:
    """What holds pruning back from a place in the order of arrivals on, and when that came."""

    seq: int
    restraint: Restraint
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


@dataclass(frozen=True, slots=True)
class Log:
    """All that is stored of a study; observations, ends and changes are in the order of `seq`.

    Observations and decisions may be read from the store only while they are gone through.

    Parameters
    ----------
    study
        Whose log it is.
    attempts
        Trial, attempt and pod of each.
    observations, decisions, ends, changes
        What happened.
    rules
        Pruner and settings by the rule's number.
    sightings
        Trial, and what was seen of an attempt.
    made
        What trials were made as, by number.
    specs
        What the Study said, the newest last.
    """

    study: StudyRow
    attempts: list[tuple[int, int, str]]
    observations: Iterable[StoredObservation]
    decisions: Iterable[StoredDecision]
    ends: list[StoredEnd]
    rules: dict[int, tuple[str, str]]
    sightings: tuple[tuple[int, AttemptRecord], ...] = ()
    changes: tuple[StoredChange, ...] = ()
    made: dict[int, MadeTrial] = field(default_factory=dict)
    specs: tuple[StoredSpec, ...] = ()


def trial_row(study: int, number: int, made: MadeTrial) -> Row:
    """Return the row of the `trials` table."""
    return (
        study,
        number,
        made.name,
        made.parameters,
        made.origin.value,
        made.template,
        made.created_at,
        made.started_at,
    )


def spec_row(study: int, spec: StoredSpec) -> Row:
    """Return the row of the `specs` table."""
    text = json.dumps(spec.spec, separators=(",", ":"))
    return (study, spec.template, spec.generation, text, spec.at)


def finite_or_none(value: float) -> float | None:
    """Return the value as a column takes it: SQL has no NaN."""
    return value if math.isfinite(value) else None


def settings_text(decision: Decision) -> str:
    """Return the settings of a decision's rule, as the `rules` table keeps them."""
    return json.dumps(decision.to_dict()["settings"], separators=(",", ":"), sort_keys=True)


def _plain_text(evidence: Evidence) -> str | None:
    """Return what `json.dumps` would, ten times as fast; None if not all is plain and finite."""
    parts = []
    for key, value in evidence.items():
        kind = type(value)
        if kind is float:
            if value - value != 0.0:  # type: ignore[operator]
                return None
            text = repr(value)
        elif kind is int:
            text = repr(value)
        elif kind is str:
            text = encode_basestring_ascii(value)  # type: ignore[arg-type]
        else:
            return None
        parts.append(f"{encode_basestring_ascii(key)}:{text}")
    return "{" + ",".join(parts) + "}"


def decision_row(
    study: int, decision: Decision, shadow: str, rule: int, seq: int, at: float
) -> Row:
    """Return the row of the `decisions` table, or of `decisions_on_others`."""
    return (
        study,
        decision.trial,
        decision.attempt,
        decision.step,
        shadow,
        decision.action.value,
        decision.reason.value,
        decision.rung,
        decision.bracket,
        rule,
        evidence_text(decision),
        seq,
        at,
    )


_PLAIN = {float, int, str, bool, type(None)}


def decision_of(row: Any, settings: Mapping[str, object], pruner: str) -> StoredDecision:
    """Restore a decision from its row and its rule's settings."""
    decision = Decision(
        trial=row.trial,
        attempt=row.attempt,
        step=row.step,
        action=Action(row.action),
        reason=Reason(row.reason),  # type: ignore[call-arg]
        evidence=evidence_of(row.evidence, pruner),
        rung=row.rung,
        bracket=row.bracket,
        pruner=pruner,
        settings=settings,
    )
    return StoredDecision(decision, row.shadow, row.seq, row.at)


def evidence_of(text: str, pruner: str) -> Evidence:
    """Restore a decision's evidence from its column."""
    evidence = json.loads(text)
    if not all(type(value) in _PLAIN for value in evidence.values()):
        return _restored(pruner, evidence=evidence).evidence
    return evidence  # type: ignore[no-any-return]


def evidence_text(decision: Decision) -> str:
    """Return a decision's evidence as a column takes it."""
    evidence = _plain_text(decision.evidence)
    if evidence is None:
        evidence = json.dumps(decision.to_dict()["evidence"], separators=(",", ":"))
    return evidence


def settings_of_rule(pruner: str, text: str) -> Mapping[str, object]:
    """Restore the settings of a rule."""
    return _restored(pruner, settings=json.loads(text)).settings


def _restored(pruner: str, **parts: dict[str, Any]) -> Decision:
    # What is not plain JSON, such as an infinity, is written in the decision's own way.
    frame = {"trial": 0, "attempt": 0, "step": 0, "action": Action.KEEP, "pruner": pruner}
    frame |= {"reason": Reason.NEVER_PRUNES, "rung": None, "bracket": None}
    return Decision.from_dict(frame | {"evidence": {}, "settings": {}} | parts)


def sighting_row(study: int, trial: int, seen: AttemptRecord) -> Row:
    """Return the row of the `sightings` table; the pod's uid is in that of `attempts`."""
    return (
        study,
        trial,
        seen.attempt,
        seen.pod,
        seen.job_uid,
        seen.gpus,
        seen.held,
        seen.ran,
        seen.disruption,
        seen.deleted,
        seen.suspended,
        seen.exit_code,
        seen.exit_reason,
        seen.over,
    )


def change_row(study: int, restraint: Restraint, seq: int, at: float) -> Row:
    """Return the row of the `changes` table."""
    return (study, seq, json.dumps(restraint.to_dict(), separators=(",", ":")), at)


def change_of(row: Any) -> StoredChange:
    """Restore a change from its row."""
    return StoredChange(row.seq, Restraint.from_dict(json.loads(row.restraint)), row.at)


def end_row(study: int, trial: int, end: End, seq: int) -> Row:
    """Return the row of the `ends` table."""
    return (
        study,
        trial,
        end.state.value,
        end.reason,
        end.message,
        end.at,
        end.gpu_seconds,
        end.template,
        seq,
        end.held,
        end.pace,
    )


def end_of(row: Any) -> StoredEnd:
    """Restore an ending from its row."""
    end = End(
        reason=row.reason,
        message=row.message,
        state=TrialState(row.state),
        at=row.at,
        gpu_seconds=row.gpu_seconds,
        template=row.template,
        held=row.held,
        pace=row.pace,
    )
    return StoredEnd(row.seq, row.trial, end)
