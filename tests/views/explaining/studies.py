"""Studies with every pruner and every guard, judged as the operator would, as logs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from espalier.api.judging import JudgeSettings, judge_of
from espalier.pruning import Decision, Judge, Report, Restraint, TrialState
from espalier.pruning.judge import as_judged, close_trial, verdict_of
from espalier.pruning.terms import NEWEST_EDITION
from espalier.study_log.log import Log
from espalier.study_log.read_lines import read_lines
from espalier.views.gathered import Gathered, gather

PRUNERS: Mapping[str, Mapping[str, Any]] = {
    "Median": {"type": "Median", "median": {"startupTrials": 3}},
    "Median of windows": {
        "type": "Median",
        "median": {"startupTrials": 3, "ownValue": "WindowMean", "warmupSteps": 6},
    },
    "Median of the last": {
        "type": "Median",
        "median": {"startupTrials": 2, "ownValue": "Last", "peers": "Reached", "patience": 2},
    },
    "Percentile": {"type": "Percentile", "percentile": {"percentile": 30.0, "startupTrials": 2}},
    "SuccessiveHalving": {
        "type": "SuccessiveHalving",
        "successiveHalving": {"minResource": 1, "reductionFactor": 3},
    },
    "SuccessiveHalving by the best": {
        "type": "SuccessiveHalving",
        "successiveHalving": {"minResource": 2, "reductionFactor": 2, "ownValue": "Best"},
    },
    "SuccessiveHalving with bootstrap": {
        "type": "SuccessiveHalving",
        "successiveHalving": {"minResource": 1, "reductionFactor": 3, "bootstrapCount": 4},
    },
    "Hyperband": {"type": "Hyperband", "hyperband": {"minResource": 1}},
    "Threshold": {"type": "Threshold", "threshold": {"lower": 0.2, "upper": 0.75}},
    "SlackToBest": {"type": "SlackToBest", "slackToBest": {"slackAmount": 0.15, "minTrials": 2}},
    "Patient": {"type": "Patient", "patient": {"patience": 2, "minDelta": 0.01}},
    "Wilcoxon": {"type": "Wilcoxon", "wilcoxon": {"pThreshold": 0.2}},
    "Bandit": {"type": "Bandit", "bandit": {"exploration": 1.0}},
    "Bandit with a budget": {"type": "Bandit", "bandit": {"budget": 250.0, "exploration": 1.0}},
    "Posterior to a target": {
        "type": "Posterior",
        "posterior": {"risk": 0.5, "goal": "TimeToTarget"},
    },
    "Posterior under a budget": {"type": "Posterior", "posterior": {"goal": "BestUnderBudget"}},
    "Posterior": {"type": "Posterior", "posterior": {"risk": 0.5}},
    "Auto": {"type": "Auto", "auto": {"risk": 0.4}},
    "Auto under a budget": {"type": "Auto", "auto": {"goal": "BestUnderBudget"}},
    "Any": {
        "type": "Any",
        "any": [
            {"type": "Threshold", "threshold": {"lower": 0.15}},
            {"type": "Median", "median": {"startupTrials": 3}},
        ],
    },
    "All": {
        "type": "All",
        "all": [
            {"type": "Median", "median": {"startupTrials": 2}},
            {"type": "Patient", "patient": {"patience": 1}},
        ],
    },
}
GUARDED: Mapping[str, Any] = {
    "keepBest": 2,
    "nanPatience": 2,
    "exemptPercent": 12,
    "minimumAcceptable": {"value": 0.1, "fromStep": 4},
    "shadows": [
        {"name": "halving", "type": "SuccessiveHalving"},
        {"name": "median", "type": "Median", "median": {"startupTrials": 2}},
    ],
}
"""A pruning part with a bit of every guard."""
HORIZON = 27


@dataclass
class Recorded:
    """A study as it ran.

    Parameters
    ----------
    rows
        Its log, as `espalier export` would print it.
    decided
        What the acting judge decided, in order.
    """

    rows: list[dict[str, Any]]
    decided: list[Decision] = field(default_factory=list)

    def log(self) -> Log:
        """Return its log."""
        return read_lines(iter(self.lines()), "log")

    def lines(self) -> list[str]:
        """Return the lines of its log."""
        return [json.dumps(row) for row in self.rows]

    def gathered(self) -> Gathered:
        """Return what is known of it."""
        return gather(self.log())


def settings_for(pruner: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    """Return settings as the first line of a log has them."""
    usual: dict[str, Any] = {
        "metric": "val_accuracy",
        "direction": "Maximize",
        "horizon": HORIZON,
        "target": 0.95,
        "seed": 3,
        "trials": 40,
        "clamps": True,
        "edition": NEWEST_EDITION,
        "pruner": dict(pruner),
        "pruning": {"keepBest": 1, "exemptPercent": 0},
    }
    if others.get("direction") == "Minimize":
        usual["target"] = 0.05
    return usual | others


def curve(rng: np.random.Generator, direction: str, nans: float) -> list[float]:
    """Return a learning curve, whose values are often equal to those of others."""
    top, pace, noise = rng.uniform(0.2, 1.0), rng.uniform(0.05, 0.6), rng.uniform(0.0, 0.08)
    steps = np.arange(1, HORIZON + 1)
    values = np.round(top * (1 - np.exp(-pace * steps)) + noise * rng.normal(size=HORIZON), 3)
    if direction == "Minimize":
        values = 1.0 - values
    values[rng.random(HORIZON) < nans] = math.nan
    return [float(value) for value in values]


def record(
    settings: Mapping[str, Any],
    *,
    seed: int = 0,
    trials: int = 24,
    workers: int = 3,
    nans: float = 0.0,
    changes: Mapping[int, Restraint] | None = None,
) -> Recorded:
    """Run a study: trials in waves of so many, a value of each in turn."""
    rng = np.random.default_rng(seed)
    judge = judge_of(JudgeSettings.from_dict(settings, "u1"))
    study = {"kind": "study", "format": 1, "uid": "u1", "namespace": "ml", "name": "digits"}
    recorded = Recorded([study | {"settings": dict(settings)}])
    for wave in range(0, trials, workers):
        restraint = (changes or {}).get(wave)
        if restraint is not None:
            judge.restrain(restraint)
            at = float(len(recorded.rows))
            row = {"kind": "change", "seq": len(recorded.rows), "at": at} | restraint.to_dict()
            recorded.rows.append(row)
        curves = {
            trial: curve(rng, settings["direction"], nans)
            for trial in range(wave, min(trials, wave + workers))
        }
        _wave(judge, recorded, curves)
    recorded.rows = [json.loads(json.dumps(row)) for row in recorded.rows]
    return recorded


def _wave(judge: Judge, recorded: Recorded, curves: dict[int, list[float]]) -> None:
    for step in range(1, HORIZON + 1):
        for trial in list(curves):
            value = curves[trial][step - 1]
            for prunes in _tell(judge, recorded, trial, step, value):
                if prunes.trial in curves:
                    del curves[prunes.trial]
                    _end(judge, recorded, prunes.trial, TrialState.PRUNED)
            if step == HORIZON and trial in curves:
                del curves[trial]
                _end(judge, recorded, trial, TrialState.COMPLETED)


def _tell(
    judge: Judge, recorded: Recorded, trial: int, step: int, value: float
) -> Iterator[Decision]:
    seq = len(recorded.rows)
    at = float(seq)
    seen = {"trial": trial, "attempt": 1, "metric": "val_accuracy", "step": step, "seq": seq}
    stored = None if math.isnan(value) else value
    recorded.rows.append({"kind": "observation", **seen, "value": stored, "at": at})
    report = as_judged(judge.ledger, Report(trial, 1, step, value))
    verdict = None if report is None else verdict_of(judge, report, at)
    if verdict is None:
        return
    for shadow, decision in [*((None, each) for each in verdict.decisions), *verdict.shadows]:
        row = {"kind": "decision", "seq": seq, "at": at, "shadow": shadow} | decision.to_dict()
        recorded.rows.append(row)
    recorded.decided += verdict.decisions
    yield from (each for each in verdict.decisions if each.prunes)


def _end(judge: Judge, recorded: Recorded, trial: int, state: TrialState) -> None:
    seq = len(recorded.rows)
    close_trial(judge, trial, state, float(seq))
    end = {"trial": trial, "seq": seq, "state": state.value, "at": float(seq)}
    recorded.rows.append({"kind": "end", **end})
