"""What is written and read, between the tables and the values of the other layers."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from json.encoder import encode_basestring_ascii
from typing import Any

from espalier.planning.world.earlier import EarlierSource, EarlierTrial
from espalier.planning.world.record import AttemptRecord, End, MadeTrial
from espalier.pruning import Action, Decision, Reason, Restraint, TrialState, Wish
from espalier.pruning.decisions.decision import Evidence
from espalier.search import Outcome
from espalier.store.batch import Row
from espalier.study_log.log import (
    StoredChange,
    StoredDecision,
    StoredEarlier,
    StoredEnd,
    StoredProposal,
    StoredSpec,
)


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
        made.told or None,
    )


def proposal_row(study: int, proposal: StoredProposal) -> Row:
    """Return the row of the `proposals` table."""
    return (
        study,
        proposal.trial,
        proposal.seq,
        proposal.parameters,
        proposal.source,
        proposal.redrawn,
        proposal.repeats,
        proposal.besides,
        proposal.versions,
        proposal.at,
        proposal.branches,
    )


def warm_start_row(study: int, earlier: StoredEarlier) -> Row:
    """Return the row of the `warm_starts` table."""
    sources = json.dumps([asdict(each) for each in earlier.sources], separators=(",", ":"))
    return (study, earlier.asked, sources, earlier.at)


def sources_of(text: str) -> tuple[EarlierSource, ...]:
    """Restore where trials were taken from."""
    return tuple(EarlierSource(**each) for each in json.loads(text))


def earlier_rows(study: int, earlier: StoredEarlier) -> list[Row]:
    """Return the rows of the `earlier_trials` table."""
    return [
        (
            study,
            earlier.asked,
            place,
            trial.study,
            trial.number,
            trial.parameters,
            trial.outcome.value,
            json.dumps(
                [trial.steps, [finite_or_none(value) for value in trial.values]],
                separators=(",", ":"),
            ),
        )
        for place, trial in enumerate(earlier.trials)
    ]


def earlier_trial_of(
    source: str, number: int, parameters: str, outcome: str, curve: str
) -> EarlierTrial:
    """Restore a trial of an earlier study from its row."""
    steps, values = json.loads(curve)
    seen = tuple(math.nan if value is None else float(value) for value in values)
    return EarlierTrial(source, number, parameters, Outcome(outcome), tuple(steps), seen)


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


def change_row(
    study: int, restraint: Restraint, seq: int, at: float, wishes: Sequence[Wish] = ()
) -> Row:
    """Return the row of the `changes` table."""
    wanted = [wish.to_dict() for wish in wishes]
    text = json.dumps(wanted, separators=(",", ":")) if wanted else None
    return (study, seq, json.dumps(restraint.to_dict(), separators=(",", ":")), at, text)


def change_of(row: Any) -> StoredChange:
    """Restore a change from its row."""
    wishes = tuple(map(Wish.from_dict, json.loads(row.wishes or "[]")))
    return StoredChange(row.seq, Restraint.from_dict(json.loads(row.restraint)), row.at, wishes)


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
