"""What a pruner is, and what ours have in common."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, ClassVar, Protocol, runtime_checkable

from espalier.declared.bounds import Count, Resource, Step, Times, WithinTrial, first_outside
from espalier.declared.names import camel
from espalier.declared.settings import Declared
from espalier.pruning.decisions.decision import NO_EVIDENCE, Action, Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.own_value import OwnValue, own_score
from espalier.pruning.pruners.boldness import Boldness


class SettingsError(ValueError):
    """The pruner's settings cannot be used; fix your spec."""


@runtime_checkable
class Pruner(Protocol):
    """A frozen set of parameters with one pure method.

    A pruner of your own needs no more than this; offer the class under the entry point
    ``espalier.pruners`` and check it with `espalier.pruning.contract`. It may say more: how many
    votes it needs, which risk it takes, and what it thinks of other trials
    (`espalier.pruning.pruners.optional_parts`).
    """

    name: ClassVar[str]

    def judge(self, ledger: Ledger, trial: int) -> Decision:
        """Judge the trial at its latest step; no clock, no I/O, no randomness."""


@dataclass(frozen=True, kw_only=True)
class Scheduled(Declared):
    """Common to all pruners: when a trial is judged at all.

    Parameters
    ----------
    startup_trials
        Nothing is pruned before so many trials have completed.
    warmup_steps
        Nothing is pruned at a step below this one.
    interval_steps
        A trial is judged at its first report in every interval of so many steps, counted from
        `warmup_steps`.

    Attributes
    ----------
    boldness
        The setting that makes the pruner bolder or more careful, for backtests to turn.
    in_place_of
        By settings that several pruners share and this one lacks: what it does instead.
    """

    startup_trials: Count = 0
    warmup_steps: Annotated[Step, WithinTrial("<", "no trial is ever pruned")] = 0
    interval_steps: Resource = 1

    boldness: ClassVar[Boldness | None] = None
    in_place_of: ClassVar[Mapping[str, str]] = {}

    def __post_init__(self) -> None:
        """Refuse settings that are out of bounds or break a rule.

        Raises
        ------
        SettingsError
            For the first setting at fault.
        """
        if (outside := first_outside(self)) is not None:
            field, expected = outside
            raise self._refusal(f"{camel(field)} to be {expected}, got {getattr(self, field)!r}")
        given = {name: value for name, value in settings_of(self).items() if value is not None}
        for rule in self.rules:
            for breach in rule.breaches(given):
                raise self._refusal(breach.expected)

    def _refusal(self, expected: str) -> SettingsError:
        return SettingsError(f"{self.name}: expected {expected}; change it in the study's pruner")

    @cached_property
    def settings(self) -> Mapping[str, object]:
        """The parameters by the names they have in a Study."""
        return settings_of(self)

    def judge(self, ledger: Ledger, trial: int) -> Decision:
        """Judge the trial at its latest step."""
        curve = ledger.curve(trial)
        if not curve.steps:
            return self.keep(curve, Reason.NOTHING_REPORTED)
        if self.startup_trials and ledger.completed < self.startup_trials:
            evidence: Evidence = {
                "completed": ledger.completed,
                "startupTrials": self.startup_trials,
            }
            return self.keep(curve, Reason.START_UP, evidence)
        step = curve.steps[-1]
        if step < self.warmup_steps:
            return self.keep(curve, Reason.WARM_UP, {"warmupSteps": self.warmup_steps})
        if self.interval_steps > 1:
            check = self.check_before(step)
            if curve.previous_step >= check:
                return self.keep(
                    curve, Reason.BETWEEN_CHECKS, {"next": check + self.interval_steps}
                )
        return self.rule(ledger, curve)

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge a trial that is due to be judged."""
        raise NotImplementedError

    def check_before(self, step: int) -> int:
        """Return the start of the interval that the step is in."""
        past = (step - self.warmup_steps) // self.interval_steps * self.interval_steps
        return past + self.warmup_steps

    def judged_before(self, curve: Curve) -> int:
        """Return the step up to which the trial's rungs have been judged."""
        previous = curve.previous_step
        if self.interval_steps == 1 or previous < self.warmup_steps:
            return max(previous, self.warmup_steps - 1)
        # The trial was judged at its first report in the interval that the previous one is in.
        return curve.steps[bisect_left(curve.steps, self.check_before(previous))]

    def keep(
        self,
        curve: Curve,
        reason: Reason,
        evidence: Evidence = NO_EVIDENCE,
        rung: int | None = None,
        bracket: int | None = None,
    ) -> Decision:
        """Make a decision to keep the trial."""
        return Decision(
            curve.number,
            curve.attempt,
            curve.steps[-1] if curve.steps else 0,
            Action.KEEP,
            reason,
            evidence,
            rung,
            bracket,
            self.name,
            self.settings,
        )

    def prune(
        self,
        curve: Curve,
        reason: Reason,
        evidence: Evidence = NO_EVIDENCE,
        rung: int | None = None,
        bracket: int | None = None,
    ) -> Decision:
        """Make a decision to prune the trial."""
        return Decision(
            curve.number,
            curve.attempt,
            curve.steps[-1],
            Action.PRUNE,
            reason,
            evidence,
            rung,
            bracket,
            self.name,
            self.settings,
        )


@dataclass(frozen=True, kw_only=True)
class Gated(Scheduled):
    """Common to all pruners but Patient: when a trial is judged, and how often it must fail.

    Parameters
    ----------
    patience
        So many judged steps in a row must say prune.
    """

    patience: Times = 1

    @property
    def votes_needed(self) -> int:
        """How many judged steps in a row must say prune."""
        return self.patience


@dataclass(frozen=True, kw_only=True)
class Comparing(Gated):
    """Common to pruners that compare a trial with others at the same step.

    Parameters
    ----------
    min_trials
        Nothing is pruned at a step that fewer peers have reached.
    own_value
        Which of the trial's own values is compared.
    """

    min_trials: Times = 1
    own_value: OwnValue = OwnValue.BEST

    def own(self, curve: Curve) -> float:
        """Return the trial's own score that is compared; NaN if it has none."""
        return own_score(curve, self.own_value)


def settings_of(pruner: object) -> Mapping[str, object]:
    """Return a pruner's dataclass fields by the names they have in a Study."""
    found: dict[str, object] = {}
    for field in fields(pruner):  # type: ignore[arg-type]
        value = getattr(pruner, field.name)
        found[camel(field.name)] = value.value if isinstance(value, StrEnum) else value
    return MappingProxyType(found)
