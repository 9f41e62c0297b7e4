"""Chooses the rule by the goal, and how strict it is by what the study itself has shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import ClassVar

from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import FIRST_RUNG, DenseRungs, trials_in_all
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import WORST
from espalier.pruning.pruners.auto.prior import Prior
from espalier.pruning.pruners.auto.shown import shown_by
from espalier.pruning.pruners.auto.stand_ins import StandIns
from espalier.pruning.pruners.auto.winners_rank import WinnersRank
from espalier.pruning.pruners.base import Gated, settings_of
from espalier.pruning.pruners.goal import Goal
from espalier.pruning.pruners.posterior.pruner import Posterior
from espalier.pruning.pruners.risk_bearing import RiskBearing
from espalier.pruning.pruners.successive_halving import SuccessiveHalving

STRICTEST_SCALED_RANK, LOOSEST_SCALED_RANK = 0.02, 0.3
"""Between these the limit is estimated, whatever the study has shown."""
RISK_PER_CHANCE = 0.3
"""What a pruned trial's chance counts for in the account of the risk. A trial is looked at at
every rung, and others that end almost as well remain: on thirteen recorded tasks the chances of
the pruned summed up to some three times the share of winners lost."""
REDUCTION_FACTOR = 3
"""One in so many goes on from each rung, for goal BestUnderBudget."""


@dataclass(frozen=True, kw_only=True)
class Auto(RiskBearing):
    """Prune what ranks too low for its progress; the study shows how low is too low.

    At a rung at progress t (the first at 8 % of the horizon, each further by 1.4) a trial that
    a share q of all known trials is ahead of has the scaled rank ``x = t q``. Successive halving
    keeps what has a scaled rank below a constant, whatever the task. Here the constant is
    estimated (`WinnersRank`): the trials that lead the study so far show by how far they were
    behind others that they beat in the end, averaged over the rungs, whether leaders were ahead
    from early on (then much can be pruned) or came from behind (then little). A trial goes whose
    scaled rank the winner exceeds with no more than the stated risk, unless noise may explain that
    it is behind: two standard deviations of a single value around its course, as the leaders'
    last values show it, and one grain, the least by which their values differ. Where the trials at
    a rung are not apart yet, compared with their end, up to twice as many are kept.

    Each pruning spends the probability, by the same distribution, that this trial would have
    won. When the stated risk is spent, nothing more is pruned: so it goes in a study whose
    leaders keep coming from behind.

    Studies that began under the first edition of the rules know no noise, and rank leaders among
    all trials.

    For goal BestUnderBudget it is successive halving by 3 from 8 % of the horizon, and no risk
    is kept account of; for TimeToTarget it is the posterior of the target. Without a horizon
    nothing is pruned.

    Parameters
    ----------
    prior
        What earlier studies of the same task have shown: as long as they agree with this one,
        their trials stand in for those that are yet to come, and their leaders' ranks count
        as three.
    """

    prior: Prior | None = None

    name: ClassVar[str] = "Auto"
    not_in_study: ClassVar[frozenset[str]] = frozenset({"prior"})

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """The parameters by the names they have in a Study; each decision tells of the prior."""
        return {name: value for name, value in settings_of(self).items() if name != "prior"}

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial at the rung it has just reached."""
        if ledger.terms.horizon is None:
            return self.keep(curve, Reason.NO_HORIZON)
        if self.goal is not Goal.KEEP_WINNER:
            decision = self._by_goal(ledger.terms.horizon).judge(ledger, curve.number)
            return replace(decision, pruner=self.name, settings=self.settings)
        course = DenseRungs.of(ledger, ledger.terms.horizon)
        rung = course.rung(curve, self.judged_before(curve))
        if rung is None:
            upcoming = {"next": course.next_step(curve.last_step)}
            return self.keep(curve, Reason.BETWEEN_RUNGS, upcoming)
        own = course.own(curve, rung)
        if own == WORST and curve.nan_run:
            return self.prune(curve, Reason.DIVERGED, {"nans": curve.nan_run, "risk": 0.0}, rung)
        return self._at_rung(ledger, course, curve, rung, own)

    def _by_goal(self, horizon: int) -> Gated:
        if self.goal is Goal.TIME_TO_TARGET:
            return Posterior(
                goal=self.goal,
                risk=self.risk,
                warmup_steps=self.warmup_steps,
                interval_steps=self.interval_steps,
            )
        return SuccessiveHalving(
            min_resource=max(1, ceil(FIRST_RUNG * horizon)),
            reduction_factor=REDUCTION_FACTOR,
            warmup_steps=self.warmup_steps,
            interval_steps=self.interval_steps,
        )

    def _at_rung(
        self, ledger: Ledger, course: DenseRungs, curve: Curve, rung: int, own: float
    ) -> Decision:
        progress = course.steps[rung] / course.horizon
        stand_ins = StandIns.at(ledger, course, rung, self.prior)
        crowd = stand_ins.crowd(ledger, course, curve, rung)
        shown = shown_by(ledger, course, curve, rung, self.risk)
        shown = stand_ins.added_to(shown, ledger, course, rung)
        winner = stand_ins.winner(WinnersRank.prior(ledger.terms.trials)).after(shown.ranks)
        limit = max(STRICTEST_SCALED_RANK, winner.exceeded_with(shown.tail))
        limit = min(LOOSEST_SCALED_RANK, limit * shown.allowance)
        kept = crowd.kept(min(1.0, limit / progress))
        evidence: Evidence = {
            "value": ledger.user(own),
            "threshold": ledger.user(crowd.cut(kept)),
            "kept": kept,
            "peers": round(crowd.known),
            "limit": limit,
            **shown.evidence,
            **stand_ins.evidence(crowd),
        }
        if crowd.better(own) < kept:
            return self.keep(curve, Reason.TOP_OF_RUNG, evidence, rung)
        better = crowd.better(own + shown.margin)
        if better < kept:
            return self.keep(curve, Reason.WITHIN_NOISE, evidence, rung)
        among_all = crowd.known / trials_in_all(ledger, crowd.known)
        spends = RISK_PER_CHANCE * winner.chance(progress, better, crowd.known) * among_all
        return self.prune(curve, Reason.BELOW_RUNG_CUT, {**evidence, "risk": spends}, rung)
