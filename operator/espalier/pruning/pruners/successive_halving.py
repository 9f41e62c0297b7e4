"""Keeps the best part of the trials at each rung."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import WORST, OwnValue
from espalier.pruning.history.rung_ranks import RungRanks
from espalier.pruning.pruners.base import Comparing


@dataclass(frozen=True, kw_only=True)
class Halving(Comparing):
    """What SuccessiveHalving and Hyperband share: judging a trial at the rungs it reached."""

    own_value: OwnValue = OwnValue.LAST
    reduction_factor: int = 4
    bootstrap_count: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require("reduction_factor", self.reduction_factor >= 2, "at least 2")
        self.require("bootstrap_count", self.bootstrap_count >= 0, "at least 0")
        self.require(
            "bootstrap_count",
            self.bootstrap_count == 0 or self.min_trials == 1,
            f"0, since minTrials, {self.min_trials}, keeps the first trials at a rung",
        )

    def at_rungs(
        self, ranks: RungRanks, ledger: Ledger, curve: Curve, bracket: int | None
    ) -> Decision:
        """Judge the trial at every rung reached since it was judged last, the lowest first."""
        step = curve.steps[-1]
        crossed = ranks.crossed(self.judged_before(curve), step)
        if not crossed:
            upcoming = {"next": ranks.next_step(step)}
            return self.keep(curve, Reason.BETWEEN_RUNGS, upcoming, bracket=bracket)
        decision = None
        for rung in crossed:
            decision = self._at_rung(ranks, ledger, curve, rung, bracket)
            if decision.prunes:
                break
        assert decision is not None
        return decision

    def _at_rung(
        self, ranks: RungRanks, ledger: Ledger, curve: Curve, rung: int, bracket: int | None
    ) -> Decision:
        ranking = ranks.rankings[rung]
        own = ranks.score(curve.number, rung)
        # A trial that left the window of the newest trials is not among the others there.
        peers = len(ranking) + curve.left
        if own == WORST and curve.nan_run:
            nans: Evidence = {"nans": curve.nan_run}
            return self.prune(curve, Reason.DIVERGED, nans, rung, bracket)
        if peers < self.min_trials:
            few: Evidence = {"peers": peers, "needed": self.min_trials}
            return self.keep(curve, Reason.TOO_FEW_PEERS, few, rung, bracket)
        if peers <= self.bootstrap_count:
            count: Evidence = {"peers": peers, "bootstrapCount": self.bootstrap_count}
            return self.prune(curve, Reason.RUNG_BOOTSTRAP, count, rung, bracket)
        # Until the rung holds as many trials as the factor, only its best goes on: no trial can
        # be resumed later, as the paper would.
        kept = max(1, peers // self.reduction_factor)
        better = ranking.better_than(own)
        threshold = own if curve.left and better < kept else ranking.kth_best(kept - 1)
        evidence: Evidence = {
            "value": ledger.user(own),
            "threshold": ledger.user(threshold),
            "kept": kept,
            "peers": peers,
        }
        if better < kept:
            return self.keep(curve, Reason.TOP_OF_RUNG, evidence, rung, bracket)
        return self.prune(curve, Reason.BELOW_RUNG_CUT, evidence, rung, bracket)


@dataclass(frozen=True, kw_only=True)
class SuccessiveHalving(Halving):
    """At each rung keep the best part of all trials that have reached it so far.

    Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter
    Tuning", MLSys 2020, algorithm 2) without resuming, as Optuna's ``SuccessiveHalvingPruner``:
    rung k lies at ``minResource * reductionFactor ** (minEarlyStoppingRate + k)``; a trial is
    judged there once, against all that reached it, whatever became of them, and goes on if it
    is among the best ``1 / reductionFactor``. Ties go on.

    Parameters
    ----------
    min_resource
        Step of the first rung; a hundredth of the horizon, at least 1, if not given.
    reduction_factor
        One in so many goes on from each rung.
    min_early_stopping_rate
        So many rungs are left out at the start.
    bootstrap_count
        Nothing goes on from a rung until more trials than this have reached it.
    """

    min_resource: int | None = None
    min_early_stopping_rate: int = 0

    name: ClassVar[str] = "SuccessiveHalving"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require(
            "min_resource", self.min_resource is None or self.min_resource >= 1, "at least 1"
        )
        self.require("min_early_stopping_rate", self.min_early_stopping_rate >= 0, "at least 0")

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial at the rungs it has just reached."""
        first = self.first_rung(ledger.terms.horizon)
        key = ("rungs", first, self.reduction_factor, self.own_value)
        ranks = ledger.derived(
            key, lambda _: RungRanks(first, self.reduction_factor, self.own_value)
        )
        return self.at_rungs(ranks, ledger, curve, None)

    def first_rung(self, horizon: int | None) -> int:
        """Give the step of the first rung."""
        resource = self.min_resource or max(1, (horizon or 0) // 100)
        return int(resource * self.reduction_factor**self.min_early_stopping_rate)
