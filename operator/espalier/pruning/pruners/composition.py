"""Several pruners as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar

from espalier.pruning.decisions.decision import Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.base import Pruner, SettingsError, settings_of

MOST_PARTS = 8
"""So many pruners may be combined."""


@dataclass(frozen=True, kw_only=True)
class Composite:
    """Several pruners that judge the same trial at the same step.

    A composite does not hold composites: that keeps the Study's schema free of recursion.
    """

    of: tuple[Pruner, ...]

    name: ClassVar[str]

    def __post_init__(self) -> None:
        if not 1 <= len(self.of) <= MOST_PARTS:
            raise SettingsError(
                f"{self.name}: expected 1 to {MOST_PARTS} pruners, got {len(self.of)}"
            )
        if any(isinstance(pruner, Composite) for pruner in self.of):
            raise SettingsError(f"{self.name}: expected plain pruners, got {self.name} of Any/All")

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """The names and parameters of the pruners."""
        inner = tuple({"type": pruner.name, **settings_of(pruner)} for pruner in self.of)
        return MappingProxyType({"of": inner})

    def judge(self, ledger: Ledger, trial: int) -> Decision:
        """Let every pruner judge, and combine."""
        return self.combine([pruner.judge(ledger, trial) for pruner in self.of])

    def combine(self, decisions: Sequence[Decision]) -> Decision:
        """Make one decision of the pruners' decisions, which are in the order of `of`."""
        raise NotImplementedError

    def _taken(self, decision: Decision) -> Decision:
        evidence = {"decidedBy": decision.pruner, **decision.evidence}
        return replace(decision, evidence=evidence, pruner=self.name, settings=self.settings)

    def _kept(self, decisions: Sequence[Decision], reason: Reason, votes: int) -> Decision:
        # With a single pruner, or where all keep for one reason, that reason says more.
        first = decisions[0]
        if all(decision.reason is first.reason for decision in decisions):
            return self._taken(first)
        says = "; ".join(f"{d.pruner}: {d.reason.value}" for d in decisions)
        return replace(
            next(d for d in decisions if not d.prunes),
            reason=reason,
            evidence={"pruners": len(decisions), "votes": votes, "says": says},
            rung=None,
            bracket=None,
            pruner=self.name,
            settings=self.settings,
        )


@dataclass(frozen=True, kw_only=True)
class AnyOf(Composite):
    """Prune if any of the pruners says so; the first that does gives the reason."""

    name: ClassVar[str] = "Any"

    def combine(self, decisions: Sequence[Decision]) -> Decision:
        """Take the first decision to prune."""
        for decision in decisions:
            if decision.prunes:
                return self._taken(decision)
        return self._kept(decisions, Reason.NONE_PRUNES, 0)


@dataclass(frozen=True, kw_only=True)
class AllOf(Composite):
    """Prune if all of the pruners say so at the same step; the first gives the reason."""

    name: ClassVar[str] = "All"

    def combine(self, decisions: Sequence[Decision]) -> Decision:
        """Take the first decision to prune, if there is no other kind."""
        votes = sum(decision.prunes for decision in decisions)
        if votes == len(decisions):
            return self._taken(decisions[0])
        return self._kept(decisions, Reason.NOT_ALL_PRUNE, votes)


def leaves(pruner: Pruner) -> tuple[Pruner, ...]:
    """Return the pruners that a pruner consists of, itself if it is no composite."""
    return pruner.of if isinstance(pruner, Composite) else (pruner,)


def combine(pruner: Pruner, decisions: Sequence[Decision]) -> Decision:
    """Combine the decisions of a pruner's leaves."""
    return pruner.combine(decisions) if isinstance(pruner, Composite) else decisions[0]


def combine_some(pruner: Pruner, decisions: Sequence[Decision]) -> Decision | None:
    """Combine what those of a pruner's leaves say that speak about a trial.

    To be silent is not to say prune: `AllOf` decides nothing then.
    """
    if isinstance(pruner, AllOf) and len(decisions) < len(pruner.of):
        return None
    return combine(pruner, decisions)
