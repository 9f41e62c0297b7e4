"""Histories of studies: reports and ends in an order that workers might produce."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from espalier.pruning import Direction, Ledger, Report, TrialState


@dataclass(frozen=True)
class Said:
    """A trial reported a value."""

    trial: int
    step: int
    value: float


@dataclass(frozen=True)
class Ended:
    """A trial ended."""

    trial: int
    state: TrialState


Event = Said | Ended


@dataclass(frozen=True)
class Shape:
    """What kind of history to draw."""

    trials: int = 9
    steps: int = 6
    workers: int = 4
    ties: bool = True
    nan_share: float = 0.0
    irregular: bool = False
    fail_share: float = 0.1
    prune_share: float = 0.15
    first_step: int = 1


def draw(seed: int, shape: Shape = Shape()) -> list[Event]:
    """Draw a history; trials start in the order of their numbers, as workers become free."""
    rng = np.random.default_rng(seed)
    values = _values(rng, shape)
    waiting = list(range(shape.trials))
    running: dict[int, Iterator[Event]] = {}
    events: list[Event] = []
    while waiting or running:
        while waiting and len(running) < shape.workers:
            trial = waiting.pop(0)
            running[trial] = _trial(rng, shape, trial, values[trial])
        trial = int(rng.choice(list(running)))
        event = next(running[trial])
        events.append(event)
        if isinstance(event, Ended):
            del running[trial]
    return events


def _values(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    level = rng.normal(size=(shape.trials, 1))
    values = level + rng.normal(size=(shape.trials, shape.steps)) * rng.choice([0.1, 1.0])
    if shape.ties:
        # Eighths: sums and halves are exact, and many are equal.
        values = np.round(values * 4) / 8
    values[rng.random(values.shape) < shape.nan_share] = math.nan
    return values


def _trial(
    rng: np.random.Generator, shape: Shape, trial: int, values: np.ndarray
) -> Iterator[Event]:
    fate = rng.random()
    length = shape.steps
    state = TrialState.COMPLETED
    if fate < shape.fail_share:
        length, state = int(rng.integers(0, shape.steps + 1)), TrialState.FAILED
    elif fate < shape.fail_share + shape.prune_share:
        length, state = int(rng.integers(1, shape.steps + 1)), TrialState.PRUNED
    elif rng.random() < 0.1:
        length = int(rng.integers(1, shape.steps + 1))
    step = shape.first_step - 1
    for i in range(length):
        step += int(rng.integers(1, 4)) if shape.irregular else 1
        yield Said(trial, step, float(values[i]))
    yield Ended(trial, state)


def feed(ledger: Ledger, event: Event) -> None:
    """Put an event into a ledger."""
    if isinstance(event, Said):
        ledger.append(Report(event.trial, 1, event.step, event.value))
    else:
        ledger.close(event.trial, event.state)


def mirrored(events: list[Event]) -> list[Event]:
    """Negate every value."""
    return [Said(e.trial, e.step, -e.value) if isinstance(e, Said) else e for e in events]


DIRECTIONS = (Direction.MAXIMIZE, Direction.MINIMIZE)
