"""Hedges over when pruning should begin."""

from __future__ import annotations

from binascii import crc32
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import ClassVar

from espalier.declared.bounds import Resource
from espalier.declared.operands import At
from espalier.declared.predicates import Or, absent, compare
from espalier.declared.rule import AnyRule, Rule
from espalier.pruning.decisions.decision import Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import OwnValue
from espalier.pruning.history.rung_ranks import RungRanks, rung_steps
from espalier.pruning.pruners.boldness import Boldness
from espalier.pruning.pruners.successive_halving import Factor, FirstRung, Halving


@cache
def bracket_weights(min_resource: int, max_resource: int, factor: int) -> tuple[int, ...]:
    """Return each bracket's share of the trials, in exact integers.

    With n brackets, bracket b gets ``ceil(n * factor ** s / (s + 1))`` where ``s = n - 1 - b``
    (Li et al., "Hyperband", JMLR 18, 2018, algorithm 1, line 3). There are as many brackets as
    rungs up to `max_resource`, counted without logarithms, whose rounding loses one at 243.
    """
    brackets = sum(
        1 for _ in takewhile(lambda s: s <= max_resource, rung_steps(min_resource, factor))
    )
    return tuple(-(-brackets * factor**s // (s + 1)) for s in range(brackets - 1, -1, -1))


def bracket_of(study: str, trial: int, weights: tuple[int, ...]) -> int:
    """Return a trial's bracket, a function of the study's uid and the trial's number."""
    place = crc32(f"{study}_{trial}".encode()) % sum(weights)
    for bracket, weight in enumerate(weights):
        place -= weight
        if place < 0:
            return bracket
    raise AssertionError("unreachable: place is less than the sum of the weights")


class BracketRanks:
    """The rungs of every bracket, each with its own trials."""

    def __init__(
        self, study: str, first: int, factor: int, own: OwnValue, weights: tuple[int, ...]
    ) -> None:
        self._study = study
        self._weights = weights
        self.brackets = [RungRanks(first * factor**b, factor, own) for b in range(len(weights))]
        self._of: dict[int, int] = {}

    def bracket(self, trial: int) -> int:
        """Return a trial's bracket."""
        found = self._of.get(trial)
        if found is None:
            found = self._of[trial] = bracket_of(self._study, trial, self._weights)
        return found

    def on_append(self, curve: Curve) -> None:
        """Enter the rungs of the trial's bracket that the latest report reached."""
        self.brackets[self.bracket(curve.number)].on_append(curve)

    def on_close(self, curve: Curve) -> None:
        """Nothing changes: what a rung has seen it keeps."""

    def on_leave(self, curve: Curve) -> None:
        """Take out a trial that left the window."""
        self.brackets[self.bracket(curve.number)].on_leave(curve)


@dataclass(frozen=True, kw_only=True)
class Hyperband(Halving):
    """Run brackets of SuccessiveHalving that begin to prune at different steps.

    Bracket b has its first rung at ``minResource * reductionFactor ** b`` and a share of the
    trials as in the paper (Li et al., JMLR 18, 2018), as Optuna's ``HyperbandPruner``. Which
    bracket a trial is in depends on the study's uid and the trial's number alone, so that it is
    the same after a restart. Trials are compared within their bracket.

    Parameters
    ----------
    min_trials
        Nothing is pruned at a rung that fewer trials of the bracket have reached.
    min_resource
        Step of the first rung of the bracket that prunes first.
    max_resource
        Largest step of a trial; resource.max if not given.
    """

    reduction_factor: Factor = 3
    min_resource: FirstRung = 1
    max_resource: Resource | None = None

    name: ClassVar[str] = "Hyperband"
    rules: ClassVar[tuple[AnyRule, ...]] = (
        *Halving.rules,
        Rule(
            condition=Or(absent("maxResource"), compare("minResource", "<=", At("maxResource"))),
            message="minResource must not exceed maxResource; swap them",
            expected=lambda given: (
                f"maxResource to be at least minResource, {given['minResource']},"
                f" got {given['maxResource']}"
            ),
            field=".minResource",
            operators_field=".maxResource",
        ),
    )
    boldness: ClassVar[Boldness | None] = Boldness("min_resource", ("1%", "4%", "8%", "16%"))

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial in its bracket."""
        largest = self.max_resource or ledger.terms.horizon
        if largest is None:
            return self.keep(curve, Reason.NO_HORIZON)
        ranks = self._ranks(ledger, max(largest, self.min_resource))
        bracket = ranks.bracket(curve.number)
        return self.at_rungs(ranks.brackets[bracket], ledger, curve, bracket)

    def _ranks(self, ledger: Ledger, largest: int) -> BracketRanks:
        first, factor, own = self.min_resource, self.reduction_factor, self.own_value
        return ledger.derived(
            ("brackets", first, largest, factor, own),
            lambda ledger: BracketRanks(
                ledger.terms.study_uid, first, factor, own, bracket_weights(first, largest, factor)
            ),
        )
