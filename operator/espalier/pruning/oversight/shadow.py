"""A pruner that judges beside the one that acts, without acting."""

from __future__ import annotations

from collections.abc import Iterable

from espalier.pruning.decisions.decision import Decision
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import TrialState
from espalier.pruning.history.result import beats
from espalier.pruning.oversight.breaker import Breaker
from espalier.pruning.oversight.exempt import ExemptTrials
from espalier.pruning.oversight.pruner_state import PrunerState, Said
from espalier.pruning.oversight.summary import ShadowSummary
from espalier.pruning.pruners.base import Pruner


class Shadow:
    """A pruner that judges the same stream without acting, under guards of its own.

    Attributes
    ----------
    name
        What the Study calls it.
    pruner_state
        Its votes and the risk that it would have spent.
    exempt_trials
        The exempt trials, which are not pruned whoever acts.
    breaker
        Its own circuit breaker.
    pruned
        The trials that it would have pruned, and at which step; exempt ones left out.
    """

    def __init__(self, name: str, pruner: Pruner, breaker: Breaker) -> None:
        self.name = name
        self.pruner_state = PrunerState(pruner)
        self.exempt_trials = ExemptTrials()
        self.breaker = breaker
        self.pruned: dict[int, int] = {}
        self._ended: set[int] = set()
        self._steps = self._saved = 0
        self._best: Curve | None = None

    def of(self, _ledger: Ledger) -> Shadow:
        """Return itself, as what is kept up to date with a ledger (`Ledger.derived`)."""
        return self

    def reported(self, trial: int, at: float) -> None:
        """Take in that a trial has reported a new value, if it would not have ended before."""
        if trial not in self._ended:
            self.breaker.reported(trial, at)

    def judge(self, ledger: Ledger, curve: Curve, given: Decision | None) -> Decision | None:
        """Judge the trial unless the guards have, or it would have ended before."""
        if curve.number in self._ended:
            return None
        return given or self.pruner_state.judge(ledger, curve)

    def hear_others(self, ledger: Ledger, curve: Curve) -> Iterable[Said]:
        """Return what it says about other trials; `weigh` each."""
        state = self.pruner_state
        return state.hear_others(ledger, curve) if state.judges_others else ()

    def weigh(self, said: Said) -> Decision | None:
        """Return what it decides about another trial; None where that would have ended before."""
        _, first = said[0]
        return None if first.trial in self._ended else self.pruner_state.weigh(said)

    def commit(self, decision: Decision, curve: Curve, given: Decision | None, at: float) -> None:
        """Take in that a trial would have been ended now, by a guard or by this pruner."""
        trial = decision.trial
        self._ended.add(trial)
        self.breaker.pruned(trial, at)
        self.breaker.ended(trial)
        if given is None:
            self.pruned[trial] = decision.step
            self._saved += curve.last_step - decision.step
            self.pruner_state.commit(decision)

    def forget(self, trial: int) -> None:
        """Take in that the trial has ended."""
        self.pruner_state.forget(trial)
        self.breaker.ended(trial)

    def on_append(self, curve: Curve) -> None:
        """Take in that a trial has come to a later step, before that is judged."""
        self._steps += max(0, curve.last_step) - max(0, curve.previous_step)
        if curve.number in self.pruned:
            self._saved += curve.last_step - curve.previous_step

    def on_leave(self, curve: Curve) -> None:
        """What a trial has come to counts, also where it left the window."""

    def on_close(self, curve: Curve) -> None:
        """Take in that a trial has ended."""
        if curve.state is TrialState.COMPLETED and beats(curve, self._best):
            self._best = curve

    def summary(self, ledger: Ledger) -> ShadowSummary:
        """Say what this pruner would have done."""
        best = self._best
        return ShadowSummary(
            name=self.name,
            pruner=self.pruner_state.pruner.name,
            judged=len(ledger),
            would_prune=len(self.pruned),
            steps=self._steps,
            would_save=self._saved,
            loses_best=best is not None
            and (best.number in self.pruned or self.exempt_trials.from_pruner(best.number)),
        )
