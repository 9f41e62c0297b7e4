"""What a study has shown of how strict one may be at a rung, by each edition of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from espalier.pruning.decisions.decision import Evidence
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.dense_rungs import DenseRungs
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.auto.first_edition import ranks_in_first_edition
from espalier.pruning.pruners.auto.leaders import ranks_shown
from espalier.pruning.pruners.auto.noise_margin import noise_seen
from espalier.pruning.pruners.auto.readiness import Spreads, allowance
from espalier.pruning.pruners.auto.strictness import tail_for


@dataclass(frozen=True, slots=True)
class Shown:
    """What a study has shown.

    Parameters
    ----------
    ranks
        The leaders' scaled ranks on their way.
    margin
        By how much a value may be behind by noise, in units of the metric.
    tail
        How much of the winner's distribution may lie beyond the limit.
    allowance
        What the limit is multiplied by.
    evidence
        The numbers behind these.
    """

    ranks: Sequence[float]
    tail: float
    margin: float = 0.0
    allowance: float = 1.0
    evidence: Evidence = field(default_factory=dict)


def shown_by(ledger: Ledger, course: DenseRungs, judged: Curve, rung: int, risk: float) -> Shown:
    """Return what the study has shown to the edition of the rules that judges it."""
    if ledger.terms.edition == 1:
        return Shown(ranks_in_first_edition(course), risk)
    noise = noise_seen(ledger, course, judged)
    ranks = ranks_shown(course, noise.margin)
    spread = Spreads.of(ledger, course.horizon).at(rung)
    evidence: Evidence = {
        "noise": noise.level,
        "margin": noise.margin,
        "leaders": len(ranks),
        "spread": spread,
    }
    return Shown(ranks, tail_for(risk), noise.margin, allowance(spread), evidence)
