"""One pruner at work on a study, acting or not: its votes so far, and the risk it has spent."""

from __future__ import annotations

from collections.abc import Iterable

from espalier.pruning.decisions.decision import Decision
from espalier.pruning.decisions.reason import UNJUDGED, Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import TrialState
from espalier.pruning.oversight.guards import overrule
from espalier.pruning.pruners.base import Pruner
from espalier.pruning.pruners.composition import combine, combine_some, leaves
from espalier.pruning.pruners.optional_parts import JudgesOthers, stated_risk, votes_needed

Said = list[tuple[int, Decision]]
"""What the leaves of a pruner say about one trial, each with the leaf's place."""


class PrunerState:
    """Turns what a pruner says into what it means for a trial: it needs votes, and has a budget.

    Parameters
    ----------
    pruner
        What judges; a composite's leaves have votes and a risk each.

    Attributes
    ----------
    pruner, leaves
        The pruner, and those that it consists of.
    judges_others
        Whether a value may lead to decisions about other trials than the one that reported it.
    """

    def __init__(self, pruner: Pruner) -> None:
        self.pruner = pruner
        self.leaves = leaves(pruner)
        self.judges_others = any(isinstance(leaf, JudgesOthers) for leaf in self.leaves)
        self._votes_needed = [votes_needed(leaf) for leaf in self.leaves]
        self._stated = [stated_risk(leaf) for leaf in self.leaves]
        self._spent = [0.0] * len(self.leaves)
        # What was said last, and by which leaf: the leaves of a composite may bear one name.
        self._decision: Decision | None = None
        self._said: Said = []
        self._votes: dict[tuple[int, int], int] = {}
        self._plain = (
            len(self.leaves) == 1 and self._votes_needed[0] == 1 and self._stated[0] is None
        )

    @property
    def stated(self) -> float | None:
        """The risk that may be spent in all; None without such a limit."""
        known = [risk for risk in self._stated if risk is not None]
        return sum(known) if known else None

    @property
    def spent(self) -> float:
        """The risk that the prunings so far have cost."""
        return sum(self._spent)

    def judge(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial that reported, with its votes and within the risk."""
        if self._plain:
            return self.pruner.judge(ledger, curve.number)
        trial = curve.number
        self._said = [
            (i, self._limited(i, leaf.judge(ledger, trial))) for i, leaf in enumerate(self.leaves)
        ]
        self._decision = combine(self.pruner, [said for _, said in self._said])
        return self._decision

    def hear_others(self, ledger: Ledger, curve: Curve) -> Iterable[Said]:
        """Return what the leaves say about other trials that go on, trial by trial; `weigh` each.

        Of what a leaf says twice about a trial the first stands.
        """
        heard: dict[int, dict[int, Decision]] = {}
        for i, leaf in enumerate(self.leaves):
            if not isinstance(leaf, JudgesOthers):
                continue
            for said in leaf.judge_others(ledger, curve.number):
                other = ledger.curve(said.trial)
                goes_on = other.steps and other.state is TrialState.RUNNING
                if goes_on and said.trial != curve.number:
                    heard.setdefault(said.trial, {}).setdefault(i, said)
        return [list(said.items()) for said in heard.values()]

    def weigh(self, said: Said) -> Decision | None:
        """Return what is decided about another trial; None where not enough leaves speak of it."""
        self._said = [(i, self._limited(i, decision)) for i, decision in said]
        self._decision = combine_some(self.pruner, [decision for _, decision in self._said])
        return self._decision

    def commit(self, decision: Decision) -> None:
        """Take in that the trial is pruned by this decision; each that said so bears its risk.

        A guard's decision costs nothing: only the one that was given last counts.
        """
        if decision is not self._decision:
            return
        for i, said in self._said:
            if said.prunes and self._stated[i] is not None:
                self._spent[i] += _risk_of(said)

    def forget(self, trial: int) -> None:
        """Take in that the trial has ended."""
        for i in range(len(self.leaves)):
            self._votes.pop((i, trial), None)

    def _limited(self, i: int, decision: Decision) -> Decision:
        """Keep the trial while a leaf's prune has too few votes, or would cost too much risk."""
        needed = self._votes_needed[i]
        if needed > 1 and decision.reason not in UNJUDGED:
            key = (i, decision.trial)
            if not decision.prunes:
                self._votes.pop(key, None)
                return decision
            votes = self._votes[key] = self._votes.get(key, 0) + 1
            if votes < needed:
                why = {"votes": votes, "patience": needed}
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
