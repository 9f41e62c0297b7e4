"""A toy plug-in whose decisions are about other trials than the one that reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from espalier.pruning import Action, Curve, Decision, Ledger, Reason, TrialState

NAME = "Ousting"
OUSTING = {"type": "Plugin", "plugin": {"name": NAME, "settings": {"margin": 0.5}}}
"""What a Study asks for it by."""


@dataclass(frozen=True, kw_only=True)
class Ousting:
    """Keeps who reports, and prunes all others that trail it by at least a margin.

    Parameters
    ----------
    margin
        By how much, in the metric's unit.
    votes
        How often in a row that must be so.
    """

    margin: float = 0.5
    votes: int = 1

    name: ClassVar[str] = NAME

    @property
    def votes_needed(self) -> int:
        """How many judgements in a row must say prune."""
        return self.votes

    def judge(self, ledger: Ledger, trial: int) -> Decision:
        """Keep the trial."""
        return self._decision(ledger.curve(trial), Action.KEEP, "it reports")

    def judge_others(self, ledger: Ledger, trial: int) -> Iterator[Decision]:
        """Judge all others that run: the worst first."""
        own = ledger.curve(trial).last
        others = [each for each in ledger.curves() if each.state is TrialState.RUNNING]
        for each in sorted(others, key=lambda curve: (curve.last, curve.number)):
            if each.number != trial:
                trails = own - each.last >= self.margin
                action = Action.PRUNE if trails else Action.KEEP
                yield self._decision(each, action, f"trial {trial} has {own}")

    def _decision(self, curve: Curve, action: Action, why: str) -> Decision:
        reason = Reason.PLUGIN_PRUNES if action is Action.PRUNE else Reason.PLUGIN_KEEPS
        settings = {"margin": self.margin, "votes": self.votes}
        where = (curve.number, curve.attempt, curve.last_step)
        return Decision(*where, action, reason, {"why": why}, None, None, self.name, settings)


@pytest.fixture
def ousting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install the plug-in."""
    info = tmp_path / "ousting-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ousting\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[espalier.pruners]\n{NAME} = {__name__}:{NAME}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
