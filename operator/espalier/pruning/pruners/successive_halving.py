"""Keeps the best part of the trials at each rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from espalier.declared.bounds import Count, Resource, WithinTrial
from espalier.declared.predicates import Or, absent, compare
from espalier.declared.rule import AnyRule, Rule
from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import WORST, OwnValue
from espalier.pruning.history.rung_ranks import RungRanks
from espalier.pruning.pruners.base import Comparing
from espalier.pruning.pruners.boldness import Boldness

Factor = Annotated[int, Ge(2), Le(1000)]
"""One in so many goes on from a rung."""
FirstRung = Annotated[Resource, WithinTrial("<=", "no trial reaches a rung")]
"""The step of a first rung."""


@dataclass(frozen=True, kw_only=True)
class Halving(Comparing):
    """What SuccessiveHalving and Hyperband share: judging a trial at the rungs it reached.

    Parameters
    ----------
    min_trials
        Nothing is pruned at a rung that fewer trials have reached.
    own_value
        Which of a trial's values counts at a rung, for all trials.
    reduction_factor
        One in so many goes on from each rung, which are so many times as far apart.
    bootstrap_count
        Nothing goes on from a rung until more trials than this have reached it.
    """

    own_value: OwnValue = OwnValue.LAST
    reduction_factor: Factor = 4
    bootstrap_count: Count = 0

    rules: ClassVar[tuple[AnyRule, ...]] = (
        Rule(
            condition=Or(
                absent("bootstrapCount"),
                compare("bootstrapCount", "==", 0),
                absent("minTrials"),
                compare("minTrials", "==", 1),
            ),
            message="minTrials keeps the first trials at a rung and bootstrapCount prunes them;"
            " remove one of them",
            expected=lambda given: (
                f"bootstrapCount to be 0, since minTrials, {given['minTrials']}, keeps the first"
                f" trials at a rung, got {given['bootstrapCount']}"
            ),
            field=".bootstrapCount",
        ),
    )
    in_place_of: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("peers", "match"),
        "compares all that have reached a rung, each with the value with which it got there",
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
        Step of the first rung; a hundredth of resource.max, at least 1, if not given.
    min_early_stopping_rate
        So many rungs are left out at the start.
    """

    min_resource: FirstRung | None = None
    min_early_stopping_rate: Annotated[int, Ge(0), Le(53)] = 0

    name: ClassVar[str] = "SuccessiveHalving"
    boldness: ClassVar[Boldness | None] = Boldness("min_resource", ("2%", "4%", "8%", "16%", "24%"))

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial at the rungs it has just reached."""
        first = self.first_rung(ledger.terms.horizon)
        key = ("rungs", first, self.reduction_factor, self.own_value)
        ranks = ledger.derived(
            key, lambda _: RungRanks(first, self.reduction_factor, self.own_value)
        )
        return self.at_rungs(ranks, ledger, curve, None)

    def first_rung(self, horizon: int | None) -> int:
        """Return the step of the first rung."""
        resource = self.min_resource or max(1, (horizon or 0) // 100)
        return int(resource * self.reduction_factor**self.min_early_stopping_rate)
