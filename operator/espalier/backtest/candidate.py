"""A pruner to be tried: what a Study would say, with shares of the horizon allowed."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from espalier.api.checks.rules import check_rules
from espalier.api.pruner import PrunerSpec, PruningSpec, build_judge
from espalier.api.validation import checked
from espalier.pruning import Judge, Report, Terms, TrialState


class Engine(Protocol):
    """What judges trials in a simulation."""

    def report(self, trial: int, step: int, value: float, at: float) -> Collection[int]:
        """Take in a value; return the trials that are pruned now, this one or others."""

    def close(self, trial: int, completed: bool, at: float) -> None:
        """Take in that the trial ended by itself."""


class Maker(Protocol):
    """Makes the engine of one simulated study."""

    @property
    def label(self) -> str:
        """What the pruner is called in tables."""

    def make(self, terms: Terms) -> Engine:
        """Make a fresh engine."""


@dataclass(frozen=True)
class Candidate:
    """A Study's pruner and pruning parts under a label.

    Parameters
    ----------
    label
        What it is called in tables.
    pruner
        As `spec.pruner`; a number of steps may be given as a share of the horizon: ``8%``.
    pruning
        As `spec.pruning`.
    edition
        By which edition of the rules it judges; None for the one that the terms name.
    """

    label: str
    pruner: Mapping[str, Any]
    pruning: Mapping[str, Any] = field(default_factory=dict)
    edition: int | None = None

    @property
    def type(self) -> str:
        """The pruner's type."""
        return str(self.pruner.get("type", "Auto"))

    def make(self, terms: Terms) -> Engine:
        """Build the judge that an operator would build for such a study."""
        return JudgeEngine(self.judge(terms))

    def judge(self, terms: Terms) -> Judge:
        """Build the judge that an operator would build for such a study, whose horizon is known.

        Raises
        ------
        SpecError
            If it would not.
        """
        if self.edition is not None:
            terms = replace(terms, edition=self.edition)
        horizon = terms.horizon or 1
        pruner = checked(PrunerSpec, resolved(self.pruner, horizon), "spec.pruner")
        pruning = checked(PruningSpec, resolved(self.pruning, horizon), "spec.pruning")
        check_rules(pruner, "spec.pruner")
        check_rules(pruning, "spec.pruning")
        return build_judge(pruner, pruning, terms)


class JudgeEngine:
    """The operator's own engine: ledger, pruner, guards, exempt trials and breaker."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge

    def report(self, trial: int, step: int, value: float, at: float) -> Collection[int]:
        """Take in a value; return the trials that are pruned now, this one or others."""
        verdict = self.judge.report(Report(trial, 1, step, value), at)
        return [decision.trial for decision in verdict.decisions if decision.prunes]

    def close(self, trial: int, completed: bool, at: float) -> None:
        """Take in that the trial ended by itself."""
        state = TrialState.COMPLETED if completed else TrialState.FAILED
        self.judge.close(trial, state, at)


def resolved(setting: Any, horizon: int) -> Any:
    """Replace shares such as ``8%`` by steps of a horizon, rounded up."""
    if isinstance(setting, Mapping):
        return {key: resolved(value, horizon) for key, value in setting.items()}
    if isinstance(setting, list):
        return [resolved(value, horizon) for value in setting]
    if isinstance(setting, str) and setting.endswith("%"):
        try:
            return max(1, math.ceil(float(setting[:-1]) * horizon / 100.0))
        except (ValueError, OverflowError):
            return setting
    return setting
