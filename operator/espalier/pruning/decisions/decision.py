"""A decision as a value: what, why, by which numbers, by which rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from espalier.pruning.decisions.reason import Reason

Evidence = Mapping[str, float | int | str]
NO_EVIDENCE: Evidence = MappingProxyType({})


class Action(StrEnum):
    """What happens to the trial."""

    KEEP = "Keep"
    PRUNE = "Prune"


@dataclass(frozen=True, slots=True)
class Decision:
    """One judgement of one trial at one step.

    Parameters
    ----------
    trial, attempt, step
        What was judged.
    action, reason
        The outcome, and why; also for a trial that is kept.
    evidence
        The numbers that were compared, in the user's own sign.
    rung, bracket
        Where the pruner has such: the number of the rung or bracket.
    pruner, settings
        The rule and its parameters, as in the Study.
    """

    trial: int
    attempt: int
    step: int
    action: Action
    reason: Reason
    evidence: Evidence
    rung: int | None
    bracket: int | None
    pruner: str
    settings: Mapping[str, object]

    @property
    def prunes(self) -> bool:
        """Whether the trial is to be pruned."""
        return self.action is Action.PRUNE

    def same_as(self, other: Decision | None) -> bool:
        """Whether the other says the same; NaN is the same as NaN, which it does not equal."""
        return other is not None and (self == other or self.to_dict() == other.to_dict())

    def sentence(self) -> str:
        """Say the decision in words and numbers, in at most a few hundred characters."""
        known: dict[str, object] = _words(self.evidence)
        known.update(step=self.step, pruner=self.pruner)
        if self.rung is not None:
            known["rung"] = self.rung
        try:
            return self.reason.template.format_map(known)[:1000]
        except (KeyError, IndexError, ValueError):
            # A plug-in may leave out evidence that the sentence names.
            verb = "Pruned" if self.prunes else "Kept"
            return f"{verb} at step {self.step}: {self.reason.meaning}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values, from which `from_dict` restores an equal decision."""
        return {
            "trial": self.trial,
            "attempt": self.attempt,
            "step": self.step,
            "action": self.action.value,
            "reason": self.reason.value,
            "evidence": {k: _plain(v) for k, v in self.evidence.items()},
            "rung": self.rung,
            "bracket": self.bracket,
            "pruner": self.pruner,
            "settings": {k: _plain(v) for k, v in self.settings.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Decision:
        """Restore a decision from what `to_dict` gave."""
        return cls(
            trial=data["trial"],
            attempt=data["attempt"],
            step=data["step"],
            action=Action(data["action"]),
            reason=Reason(data["reason"]),  # type: ignore[call-arg]
            evidence={k: _restored(v) for k, v in data["evidence"].items()},
            rung=data["rung"],
            bracket=data["bracket"],
            pruner=data["pruner"],
            settings={k: _restored(v) for k, v in data["settings"].items()},
        )


def _words(evidence: Mapping[str, float | int | str]) -> dict[str, object]:
    """Write numbers in as few digits as tell them apart: 0.98333333 is not worse than itself."""
    floats = {v for v in evidence.values() if isinstance(v, float)}
    written = {f"{v:.6g}" for v in floats}
    form = "{:.6g}" if len(written) == len(floats) else "{!r}"
    return {k: form.format(v) if isinstance(v, float) else v for k, v in evidence.items()}


def _plain(value: Any) -> Any:
    # JSON has no NaN and no infinity; a float that is a whole number must stay a float.
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {"map": {k: _plain(v) for k, v in value.items()}}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


def _restored(value: Any) -> Any:
    if isinstance(value, Mapping):
        if "float" in value:
            return float(value["float"])
        return {k: _restored(v) for k, v in value["map"].items()}
    if isinstance(value, list):
        return tuple(_restored(v) for v in value)
    return value
