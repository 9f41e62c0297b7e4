"""What a study has cost and what pruning has saved of it: the one source of all that is shown.

The Study's status, its Trials' statuses and the metrics are made from these values, and
`espalier watch` and the dashboard from those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from espalier.planning.costs.savings import (
    Estimate,
    Estimates,
    Saved,
    estimates_from,
    perhaps_off,
)
from espalier.planning.costs.usage import used, used_by
from espalier.planning.standing.look import Look
from espalier.planning.standing.standing import Standing
from espalier.planning.world.exact import exact, nearest
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.tally import Tally

_MATERIAL = 0.1
"""Share by which what a Trial says must be off to be written again when the study is over."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What was used of something, and what was saved of it; None while nothing tells."""

    used: float
    saved: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """What a study's trials have cost, and what its prunings have saved.

    Parameters
    ----------
    gpu_seconds, trial_seconds
        Time that all attempts have held.
    steps
        Highest steps that the trials have reported, all together.
    saved
        What each pruned trial would still have cost; None while no trial has completed.
    """

    gpu_seconds: Amount
    trial_seconds: Amount
    steps: Amount
    saved: Estimates | None = None

    def saved_by(self, number: int) -> Saved | None:
        """Return what pruning a trial has saved; None where it was not, or nothing tells."""
        return self.saved.of(number) if self.saved is not None else None


def costs_of(look: Look) -> Costs:
    """Sum up what a study's trials have cost."""
    return costs_from(look.tally, [standing.record for standing in look.going_on])


def costs_from(tally: Tally, going_on: Sequence[TrialRecord]) -> Costs:
    """Sum up what trials have cost that have ended, and what others have that go on."""
    each = [used_by(record) for record in going_on]
    gpu_seconds = nearest(tally.gpu_seconds + sum(exact(one.gpu_seconds) for one in each))
    seconds = nearest(tally.seconds + sum(exact(one.seconds) for one in each))
    steps = tally.steps + sum(record.step or 0 for record in going_on)
    saved = estimates_from(tally.costs)
    if saved is None:
        return Costs(Amount(gpu_seconds), Amount(seconds), Amount(steps))
    total = saved.total
    return Costs(
        Amount(gpu_seconds, total.gpu_seconds),
        Amount(seconds, total.trial_seconds),
        Amount(steps, total.steps),
        saved,
    )


def to_be_corrected(look: Look, costs: Costs) -> list[int]:
    """Return the pruned trials that may say something else of what was saved than is known."""
    if costs.saved is None:
        return []
    return perhaps_off(costs.saved, look.tally.costs, _MATERIAL)


def study_fields(costs: Costs) -> dict[str, Any]:
    """Return the fields of a Study's status that say what it has cost."""
    return {
        "gpuSeconds": {"used": _rounded(costs.gpu_seconds.used), **_fields(costs.gpu_seconds)},
        "trialSeconds": {
            "used": _rounded(costs.trial_seconds.used),
            **_fields(costs.trial_seconds),
        },
        "steps": {"done": int(costs.steps.used), **_fields(costs.steps)},
    }


def trial_fields(standing: Standing, saved: Saved | None) -> dict[str, Any]:
    """Return the fields of a Trial's status that say what it has cost; None removes one.

    Parameters
    ----------
    standing
        The trial.
    saved
        What pruning it has saved; None where it was not pruned, or nothing tells.
    """
    spent, known = used(standing), saved or Saved(Estimate())
    time = known.trial_seconds
    return {
        "gpuSeconds": _rounded(spent.gpu_seconds),
        "trialSeconds": _rounded(spent.seconds),
        "gpuSecondsSaved": _rounded(known.gpu_seconds.expected) if known.gpu_seconds else None,
        "trialSecondsSaved": _rounded(time.expected) if time else None,
        "trialSecondsSavedLow": _rounded(time.low) if time else None,
        "trialSecondsSavedHigh": _rounded(time.high) if time else None,
        "stepsSaved": _rounded(saved.steps.expected) if saved else None,
    }


def is_off(status: Mapping[str, Any], saved: Saved) -> bool:
    """Whether what a Trial's status says of what was saved differs from what is known now."""
    pairs = [(status.get("stepsSaved"), saved.steps)]
    if saved.trial_seconds is not None:
        pairs.append((status.get("trialSecondsSaved"), saved.trial_seconds))
    return any(
        said is None or abs(said - _rounded(known.expected)) > _MATERIAL * max(1.0, known.expected)
        for said, known in pairs
    )


def _fields(amount: Amount) -> dict[str, float | None]:
    saved = amount.saved
    return {
        "saved": _rounded(saved.expected) if saved else None,
        "savedLow": _rounded(saved.low) if saved else None,
        "savedHigh": _rounded(saved.high) if saved else None,
    }


def _rounded(amount: float) -> float:
    return round(amount, 1)
