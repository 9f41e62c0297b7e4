"""What holds pruning back, and may change while a study is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Restraint:
    """What holds pruning back.

    Parameters
    ----------
    paused
        Nothing is pruned; what would have been is said with each decision.
    keep_best
        Never prune one of the so many best trials.
    protected
        Numbers of trials that are never pruned.
    """

    paused: bool = False
    keep_best: int = 1
    protected: frozenset[int] = frozenset()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "paused": self.paused,
            "keepBest": self.keep_best,
            "protected": sorted(self.protected),
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Restraint:
        """Restore one from plain JSON values."""
        return cls(given["paused"], given["keepBest"], frozenset(given["protected"]))
