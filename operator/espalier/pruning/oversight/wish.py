"""What a person wants of one trial, whatever its pruner thinks; and the decision that makes of it.

A person's decision is a row like a pruner's, and none of the pruner's: it costs no risk, counts
for no breaker, is no vote, and says nothing about how often pruning is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from espalier.pruning.decisions.decision import Action, Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve

PERSON = "Person"
"""What takes the place of the pruner's name in a person's decision."""
_SOMEBODY = "a person"
_UNSAID = "no reason was given"
_NO_SETTINGS: Mapping[str, object] = MappingProxyType({})


class Will(StrEnum):
    """What a person wants."""

    PRUNE = "Prune"
    KEEP = "Keep"
    """That it is never pruned."""
    LET_GO = "LetGo"
    """That it is judged like all others again."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants of a trial.

    Parameters
    ----------
    trial
        The trial's number.
    will
        What is wanted.
    why, by
        The reason in the person's words, and who it is; empty where that is not known.
    """

    trial: int
    will: Will
    why: str = ""
    by: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"trial": self.trial, "will": self.will.value, "why": self.why, "by": self.by}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Wish:
        """Restore one from plain JSON values."""
        return cls(given["trial"], Will(given["will"]), given["why"], given["by"])


def decision_of(wish: Wish, curve: Curve) -> Decision:
    """Return the decision to prune a trial that a person has taken, where the trial stands now."""
    return Decision(
        trial=wish.trial,
        attempt=max(1, curve.attempt),
        step=max(0, curve.last_step),
        action=Action.PRUNE,
        reason=Reason.PRUNED_BY_PERSON,
        evidence={"by": wish.by or _SOMEBODY, "why": wish.why or _UNSAID},
        rung=None,
        bracket=None,
        pruner=PERSON,
        settings=_NO_SETTINGS,
    )
