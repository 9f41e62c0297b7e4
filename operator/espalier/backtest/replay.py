"""A recorded study's decisions and proposals, recomputed from its log and compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from espalier.api.judging import judge_of
from espalier.backtest.replayed_proposals import ProposalReplay, ReplayedProposals
from espalier.errors import UsageError
from espalier.pruning import Decision
from espalier.study_log.feeding import Decided, feed
from espalier.study_log.log import Log, StoredDecision, StoredProposal

Key = tuple[str, int, int, int]
"""Name of the shadow (empty for the acting pruner), trial, attempt and step."""


@dataclass(frozen=True)
class Difference:
    """A decision that is not as recorded; None on the side that has none."""

    key: Key
    recorded: Decision | None
    recomputed: Decision | None

    def sentence(self) -> str:
        """Say where the two part, in words."""
        shadow, trial, attempt, step = self.key
        who = f"shadow {shadow}: " if shadow else ""
        recorded = self.recorded.sentence() if self.recorded else "no decision"
        recomputed = self.recomputed.sentence() if self.recomputed else "no decision"
        return (
            f"{who}trial {trial}, attempt {attempt}, step {step}: recorded “{recorded}”, "
            f"recomputed “{recomputed}”"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        shadow, trial, attempt, step = self.key
        return {
            "shadow": shadow or None,
            "trial": trial,
            "attempt": attempt,
            "step": step,
            "recorded": None if self.recorded is None else self.recorded.to_dict(),
            "recomputed": None if self.recomputed is None else self.recomputed.to_dict(),
        }


@dataclass(frozen=True)
class Replay:
    """How a replay went: how many decisions were recorded, which differ, and what of proposals."""

    decisions: int
    differences: tuple[Difference, ...]
    proposals: ReplayedProposals

    @property
    def agrees(self) -> bool:
        """Whether all is as recorded, but for what other versions of libraries propose."""
        return not self.differences and not self.proposals.differences


def replay(log: Log, name: str) -> Replay:
    """Feed a log to a fresh judge and to the search, and compare what they come to.

    What happened is taken one by one, so that a log of any length can be replayed.

    Raises
    ------
    UsageError
        If the log is not in the order of arrival, or the study's judge cannot be built.
    """
    judge = judge_of(log.study.settings)
    differences: list[Difference] = []
    # What the judge decided on the newest value; the recorded decisions on it come next.
    open_: dict[Key, Decision] = {}
    decisions, seq = 0, -1
    proposals = ProposalReplay(log)
    for event in log.events:
        proposals.take(event)
        if isinstance(event, StoredProposal):
            continue
        if isinstance(event, StoredDecision):
            decisions += 1
            key = _key(event.shadow, event.decision)
            recomputed = open_.pop(key, None)
            if not event.decision.same_as(recomputed):
                differences.append(Difference(key, event.decision, recomputed))
            continue
        differences += [Difference(key, None, each) for key, each in open_.items()]
        if event.seq < seq:
            raise UsageError(
                name,
                f"expected a log in the order of arrival, got seq {event.seq} after {seq}; export "
                "it again",
            )
        seq = event.seq
        open_ = dict(_decisions(feed(judge, event)))
    differences += [Difference(key, None, each) for key, each in open_.items()]
    differences.sort(key=lambda difference: difference.key)
    return Replay(decisions, tuple(differences), proposals.end())


def _decisions(decided: Decided) -> Iterable[tuple[Key, Decision]]:
    for decision in decided.decisions:
        yield _key("", decision), decision
    for name, decision in decided.shadows:
        yield _key(name, decision), decision


def _key(shadow: str, decision: Decision) -> Key:
    return (shadow, decision.trial, decision.attempt, decision.step)
