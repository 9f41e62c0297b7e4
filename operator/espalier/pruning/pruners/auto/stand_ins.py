"""What earlier studies add to what a study has shown itself, as long as they agree with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

from espalier.pruning.decisions.decision import Evidence
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.auto.agreement import Agreement
from espalier.pruning.pruners.auto.leaders import FEWEST_ENDED_TRIALS
from espalier.pruning.pruners.auto.noise_margin import noise_of_leaders
from espalier.pruning.pruners.auto.prior import EarlierStudy, Prior
from espalier.pruning.pruners.auto.ranked_among import RankedAmong
from espalier.pruning.pruners.auto.readiness import allowance
from espalier.pruning.pruners.auto.shown import Shown
from espalier.pruning.pruners.auto.winners_rank import WinnersRank

FEWEST_OWN = 3
"""Before so many of a study's own trials are known at a rung none stands in there: the fewest that
can disagree with two dozen earlier ones, when none of them is like those."""
MOST_STOOD_IN_FOR = 100
"""Earlier trials stand in for at most so many, which is also what is taken where nobody says how
many the study will have."""
LEADERS_OF_PRIOR = 3.0
"""The ranks of earlier leaders count as so many leaders seen, however many there are."""


@dataclass(frozen=True, slots=True)
class StandIns:
    """The earlier studies that agree with the present one at a rung and before it.

    Parameters
    ----------
    studies
        Which.
    asked
        How many there are, those that disagree included.
    """

    studies: tuple[EarlierStudy, ...] = ()
    asked: int = 0

    @staticmethod
    def at(ledger: Ledger, course: DenseRungs, rung: int, prior: Prior | None) -> StandIns:
        """Return who agrees at a rung; nobody of a prior of another direction or horizon."""
        if prior is None:
            return StandIns()
        asked = len(prior.studies)
        if (prior.direction, prior.horizon) != (ledger.terms.direction, course.horizon):
            return StandIns((), asked)
        return StandIns(Agreement.of(ledger, prior).at(rung), asked)

    def crowd(self, ledger: Ledger, course: DenseRungs, judged: Curve, rung: int) -> RankedAmong:
        """Return whom a trial is ranked among: earlier trials count as many as are yet to come."""
        own = course.known(rung) + judged.left
        known = sum(study.known[rung] for study in self.studies)
        if own < FEWEST_OWN or not known:
            return RankedAmong(course, rung, own)
        most = min(ledger.terms.trials or MOST_STOOD_IN_FOR, MOST_STOOD_IN_FOR)
        weight = min(1.0, max(0, most - own) / known)
        return RankedAmong(course, rung, own, self.studies, weight)

    def winner(self, winner: WinnersRank) -> WinnersRank:
        """Return what is known of the winner's rank once earlier leaders have shown theirs."""
        ranks = [rank for study in self.studies for rank in study.ranks]
        if not ranks:
            return winner
        count = min(LEADERS_OF_PRIOR, len(ranks))
        return WinnersRank(winner.shape + count, winner.rate + count * sum(ranks) / len(ranks))

    def added_to(self, shown: Shown, ledger: Ledger, course: DenseRungs, rung: int) -> Shown:
        """Return what a study has shown, with noise and spread of earlier ones until its own do."""
        margins = [study.margin for study in self.studies if study.margin is not None]
        if margins and noise_of_leaders(ledger) is None:
            margin = max(shown.margin, median(margins))
            shown = replace(shown, margin=margin, evidence={**shown.evidence, "margin": margin})
        if self.studies and len(course.columns[-1]) < FEWEST_ENDED_TRIALS:
            spread = median(study.spreads[rung] for study in self.studies)
            evidence = {**shown.evidence, "spread": spread}
            shown = replace(shown, allowance=allowance(spread), evidence=evidence)
        return shown

    def evidence(self, crowd: RankedAmong) -> Evidence:
        """Return the numbers behind them; none where there is no prior."""
        if not self.asked:
            return {}
        return {
            "earlierStudies": len(self.studies),
            "earlierDisagree": self.asked - len(self.studies),
            "earlierTrials": sum(study.known[crowd.rung] for study in self.studies),
            "earlierWeight": crowd.weight,
        }
