"""Prunes what is worse than a percentile of its peers at the same step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from espalier.declared.bounds import Count
from espalier.pruning.decisions.decision import Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.columns import next_column
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.ranking import Ranking
from espalier.pruning.history.step_ranks import Match, Peers, StepRanks
from espalier.pruning.history.step_tree import Layers
from espalier.pruning.pruners.base import Comparing
from espalier.pruning.pruners.boldness import Boldness


@dataclass(frozen=True, kw_only=True)
class _AgainstPercentile(Comparing):
    """The rule that Percentile and Median share.

    Parameters
    ----------
    peers
        Compare with completed trials only, or with all that reached the step.
    match
        Take a peer's latest value up to the step, or only one at exactly the step.
    """

    startup_trials: Count = 5
    peers: Peers = Peers.COMPLETED
    match: Match = Match.AT_OR_BEFORE

    boldness: ClassVar[Boldness | None] = Boldness("warmup_steps", (0, "4%", "8%", "16%", "24%"))

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Compare the trial with the percentile of its peers; a tie keeps it."""
        ranks = StepRanks.of(ledger, self.peers, self.match)
        column = ranks.column(curve, self._judged(curve))
        if column is None:
            return self.keep(curve, Reason.BETWEEN_CHECKS, {"next": self._next(curve)})
        own_entry = ranks.own(curve)
        peers = len(column) + column.nans - (own_entry is not None)
        own = self.own(curve)
        anybody = ledger.completed if self.peers is Peers.COMPLETED else peers
        if own != own and anybody:
            return self.prune(curve, Reason.DIVERGED, {"nans": curve.nan_run})
        if peers < self.min_trials:
            return self.keep(
                curve, Reason.TOO_FEW_PEERS, {"peers": peers, "needed": self.min_trials}
            )
        return self._compare(ledger, curve, own, column, own_entry, peers)

    def _judged(self, curve: Curve) -> int:
        """Return the step at which the trial was judged last, -1 if it has not been."""
        return -1 if curve.previous_step < self.warmup_steps else self.judged_before(curve)

    def _next(self, curve: Curve) -> int:
        """Return the first step of an interval that is in the next column or beyond."""
        step = next_column(curve.steps[-1])
        return step + (self.warmup_steps - step) % self.interval_steps

    def _compare(
        self,
        ledger: Ledger,
        curve: Curve,
        own: float,
        column: Ranking | Layers,
        own_entry: float | None,
        peers: int,
    ) -> Decision:
        percentile = self.kept_percentile
        # The best p percent are kept whichever way the metric is better.
        threshold = column.quantile((100.0 - percentile) / 100.0, own_entry)
        evidence = {
            "value": ledger.user(own),
            "threshold": ledger.user(threshold),
            "percentile": percentile,
            "peers": peers,
        }
        if own < threshold:
            return self.prune(curve, Reason.WORSE_THAN_PERCENTILE, evidence)
        return self.keep(curve, Reason.WITHIN_PERCENTILE, evidence)

    @property
    def kept_percentile(self) -> float:
        """Which part of the peers, in percent, counts as good enough."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Percentile(_AgainstPercentile):
    """Prune a trial whose best value so far is worse than a percentile of its peers.

    The percentile is interpolated linearly, the comparison is strict, and 25 keeps the best
    quarter whichever way the metric is better. Optuna's ``PercentilePruner``.

    Parameters
    ----------
    percentile
        The part of the peers that counts as good enough, in percent.
    """

    percentile: Annotated[float, Interval(ge=0, le=100)]

    name: ClassVar[str] = "Percentile"

    @property
    def kept_percentile(self) -> float:
        """Which part of the peers counts as good enough."""
        return self.percentile


@dataclass(frozen=True, kw_only=True)
class Median(_AgainstPercentile):
    """Prune a trial whose best value so far is worse than the median of its peers.

    Optuna's ``MedianPruner``, that is, Percentile at 50.
    """

    name: ClassVar[str] = "Median"

    @property
    def kept_percentile(self) -> float:
        """Which part of the peers counts as good enough."""
        return 50.0
