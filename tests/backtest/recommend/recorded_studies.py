"""Studies made for tests of recommendations: curves, and logs as a store has them."""

from __future__ import annotations

import numpy as np

from espalier.api.judging import JudgeSettings
from espalier.backtest.curves import Curves
from espalier.planning.world.record import End
from espalier.pruning import Direction, TrialState
from espalier.study_log.log import Event, Log, StoredEnd, StoredObservation, StudyRow


def smooth(name: str = "smooth", trials: int = 48, steps: int = 10, seed: int = 0) -> Curves:
    """Make curves that rise and never cross: who is ahead stays ahead."""
    levels = np.random.default_rng(seed).permutation(trials)[:, None] / trials
    values = levels * np.linspace(0.5, 1.0, steps)
    return Curves(name, Direction.MAXIMIZE, values, times(values))


def late(name: str = "late", trials: int = 48, steps: int = 10) -> Curves:
    """Make curves of which the best at the end is the worst until its last step."""
    levels = np.random.default_rng(1).permutation(trials)[:, None] / trials
    values = np.repeat(1.0 - levels, steps, axis=1)
    values[:, -1] = levels[:, 0]
    return Curves(name, Direction.MAXIMIZE, values, times(values))


def times(values: np.ndarray) -> np.ndarray:
    """Return a second a step."""
    return np.tile(np.arange(1.0, values.shape[1] + 1), (len(values), 1))


def log_of(
    values: np.ndarray,
    states: list[TrialState],
    exempt_percent: float = 5.0,
    direction: str = "Maximize",
) -> Log:
    """Return the log of a study; a trial that did not complete reported half of its steps."""
    settings = {
        "metric": "m",
        "direction": direction,
        "horizon": values.shape[1],
        "target": None,
        "seed": 0,
        "trials": len(values),
        "pruner": {"type": "Auto"},
        "pruning": {"exemptPercent": exempt_percent},
    }
    events: list[Event] = []
    for trial, (row, state) in enumerate(zip(values, states, strict=True)):
        reached = len(row) if state is TrialState.COMPLETED else len(row) // 2
        for step in range(1, reached + 1):
            at = 100.0 * trial + step
            events.append(
                StoredObservation(len(events), trial, 1, "m", step, float(row[step - 1]), at)
            )
        end = End(str(state), "", state, 100.0 * trial + reached)
        events.append(StoredEnd(len(events), trial, end))
    study = StudyRow(1, "u", "default", "made", JudgeSettings.from_dict(settings, "u"), 0.0, "0")
    return Log(study, [], events)
