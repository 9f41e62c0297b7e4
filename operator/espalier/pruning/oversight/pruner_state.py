"""One pruner at work on a study, acting or not: its patience, and the risk that it has spent."""

from __future__ import annotations

from espalier.pruning.decisions.decision import Decision
from espalier.pruning.decisions.reason import UNJUDGED, Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.oversight.guards import overrule
from espalier.pruning.pruners.base import Pruner
from espalier.pruning.pruners.composition import combine, leaves


class PrunerState:
    """Turns what a pruner says into what it means for a trial.

    Attributes
    ----------
    stated
        The risk that may be spent in all; None without such a limit.
    spent
        The risk that the prunings so far have cost.
    """

    def __init__(self, pruner: Pruner) -> None:
        self.pruner = pruner
        self.leaves = leaves(pruner)
        self._patience = [int(getattr(leaf, "votes_needed", 1)) for leaf in self.leaves]
        stated = [getattr(leaf, "stated_risk", None) for leaf in self.leaves]
        self._stated: list[float | None] = stated
        self._spent = [0.0] * len(self.leaves)
        # What was said last, and by which leaf: the leaves of a composite may bear one name.
        self._decision: Decision | None = None
        self._decisions: list[Decision] = []
        self._votes: dict[tuple[int, int], int] = {}
        self._plain = len(self.leaves) == 1 and self._patience[0] == 1 and stated[0] is None

    @property
    def stated(self) -> float | None:
        """The risk that may be spent in all."""
        known = [risk for risk in self._stated if risk is not None]
        return sum(known) if known else None

    @property
    def spent(self) -> float:
        """The risk that has been spent."""
        return sum(self._spent)

    def judge(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial, with patience and within the risk."""
        if self._plain:
            return self.pruner.judge(ledger, curve.number)
        self._decisions = [
            self._heed(i, leaf.judge(ledger, curve.number)) for i, leaf in enumerate(self.leaves)
        ]
        self._decision = combine(self.pruner, self._decisions)
        return self._decision

    def commit(self, decision: Decision) -> None:
        """Take in that the trial is pruned by this decision; each that said so bears its risk.

        A guard's decision costs nothing: only the one that `judge` gave last counts.
        """
        if decision is not self._decision:
            return
        for i, said in enumerate(self._decisions):
            if said.prunes and self._stated[i] is not None:
                self._spent[i] += _risk_of(said)

    def forget(self, trial: int) -> None:
        """Take in that the trial has ended."""
        for i in range(len(self.leaves)):
            self._votes.pop((i, trial), None)

    def _heed(self, i: int, decision: Decision) -> Decision:
        patience = self._patience[i]
        if patience > 1 and decision.reason not in UNJUDGED:
            key = (i, decision.trial)
            if not decision.prunes:
                self._votes.pop(key, None)
                return decision
            votes = self._votes[key] = self._votes.get(key, 0) + 1
            if votes < patience:
                why = {"votes": votes, "patience": patience}
                return overrule(decision, Reason.AWAITING_PATIENCE, why)
        stated = self._stated[i]
        if decision.prunes and stated is not None:
            risk = _risk_of(decision)
            if self._spent[i] + risk > stated:
                left = max(0.0, stated - self._spent[i])
                why_not = {"risk": risk, "left": left, "stated": stated}
                return overrule(decision, Reason.RISK_SPENT, why_not)
        return decision


def _risk_of(decision: Decision) -> float:
    return float(decision.evidence.get("risk", 0.0))
