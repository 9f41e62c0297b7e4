"""Prunes what is further behind the best trial than some slack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from espalier.declared.bounds import LARGEST_NUMBER
from espalier.declared.operands import At
from espalier.declared.predicates import ExactlyOne
from espalier.declared.rule import AnyRule, Rule
from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.columns import next_column
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.step_ranks import Match, Peers, StepRanks
from espalier.pruning.pruners.base import Comparing
from espalier.pruning.pruners.boldness import Boldness

Slack = Annotated[float, Ge(0), Le(LARGEST_NUMBER)]


@dataclass(frozen=True, kw_only=True)
class SlackToBest(Comparing):
    """Prune a trial whose best value so far is further behind the best peer than the slack.

    The best is the best value that a peer has at the same step. Azure Machine Learning calls this
    a bandit policy (``slack_factor``, ``slack_amount``); its ``evaluation_interval`` and
    ``delay_evaluation`` are `interval_steps` and `warmup_steps`. A tie with what is allowed keeps.

    Parameters
    ----------
    slack_factor
        The share by which a trial may be behind: 0.2 allows 0.8 / 1.2 where 0.8 is the best of a
        metric that is maximised, and 0.8 * 1.2 of one that is minimised. Of a negative best it is
        the other way about, so that more slack always allows more.
    slack_amount
        How far behind a trial may be, in the metric's unit.
    peers
        Compare with all that reached the step, or with completed trials only.
    """

    slack_factor: Slack | None = None
    slack_amount: Slack | None = None
    peers: Peers = Peers.REACHED

    name: ClassVar[str] = "SlackToBest"
    rules: ClassVar[tuple[AnyRule, ...]] = (
        Rule(
            condition=ExactlyOne((At("slackFactor"), At("slackAmount"))),
            message="give one of slackFactor and slackAmount; add one, or remove one",
            expected=lambda given: (
                "slackFactor or slackAmount, got "
                + ("both" if "slackFactor" in given and "slackAmount" in given else "neither")
            ),
        ),
    )
    boldness: ClassVar[Boldness | None] = Boldness("slack_factor", (1.0, 0.5, 0.2, 0.1, 0.05))
    in_place_of: ClassVar[Mapping[str, str]] = {
        "match": "takes a peer's latest value up to the step"
    }

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Compare the trial with the best of its peers."""
        ranks = StepRanks.of(ledger, self.peers, Match.AT_OR_BEFORE)
        previous = curve.previous_step
        judged = -1 if previous < self.warmup_steps else self.judged_before(curve)
        column = ranks.column(curve, judged)
        if column is None:
            step = next_column(curve.steps[-1])
            step += (self.warmup_steps - step) % self.interval_steps
            return self.keep(curve, Reason.BETWEEN_CHECKS, {"next": step})
        own_entry = ranks.own(curve)
        peers = len(column) + column.nans - (own_entry is not None)
        own = self.own(curve)
        if own != own and peers:
            return self.prune(curve, Reason.DIVERGED, {"nans": curve.nan_run})
        best = column.quantile(1.0, own_entry)
        if peers < self.min_trials or best != best:
            few = {"peers": peers, "needed": max(self.min_trials, peers + 1 if best != best else 0)}
            return self.keep(curve, Reason.TOO_FEW_PEERS, few)
        allowed = self._allowed(best)
        evidence: Evidence = {
            "value": ledger.user(own),
            "allowed": ledger.user(allowed),
            "best": ledger.user(best),
            "peers": peers,
        }
        if own < allowed:
            return self.prune(curve, Reason.BEYOND_SLACK, evidence)
        return self.keep(curve, Reason.WITHIN_SLACK, evidence)

    def _allowed(self, best: float) -> float:
        """Return the worst score that the slack allows; scores are larger where they are better."""
        if self.slack_amount is not None:
            return best - self.slack_amount
        assert self.slack_factor is not None
        factor = 1.0 + self.slack_factor
        # Of a metric that is minimised the score is the value's negative.
        return best / factor if best >= 0 else best * factor
