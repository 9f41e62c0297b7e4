"""Histories of studies: reports and ends in an order that workers might produce."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from espalier.pruning import Direction, Ledger, Receipt, Report, TrialState


@dataclass(frozen=True)
class Said:
    """A trial reported a value."""

    trial: int
    step: int
    value: float
    attempt: int = 1


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
    retry_share: float = 0.0
    first_step: int = 1


def draw(seed: int, shape: Shape = Shape()) -> list[Event]:
    """Draw a history; trials start in the order of their numbers, as workers become free."""
    values = _values(np.random.default_rng(seed), shape).tolist()
    # Python's own generator gives one number at a time sooner than numpy's.
    rng = Random(seed)
    waiting = list(range(shape.trials - 1, -1, -1))
    running: list[Iterator[Event]] = []
    events: list[Event] = []
    while waiting or running:
        while waiting and len(running) < shape.workers:
            trial = waiting.pop()
            running.append(_trial(rng, shape, trial, values[trial]))
        place = rng.randrange(len(running))
        event = next(running[place])
        events.append(event)
        if isinstance(event, Ended):
            del running[place]
    return events


def _values(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    level = rng.normal(size=(shape.trials, 1))
    values = level + rng.normal(size=(shape.trials, shape.steps)) * rng.choice([0.1, 1.0])
    if shape.ties:
        # Eighths: sums and halves are exact, and many are equal.
        values = np.round(values * 4) / 8
    values[rng.random(values.shape) < shape.nan_share] = math.nan
    return values


def _trial(rng: Random, shape: Shape, trial: int, values: list[float]) -> Iterator[Event]:
    fate = rng.random()
    length = shape.steps
    state = TrialState.COMPLETED
    if fate < shape.fail_share:
        length, state = rng.randrange(shape.steps + 1), TrialState.FAILED
    elif fate < shape.fail_share + shape.prune_share:
        length, state = rng.randint(1, shape.steps), TrialState.PRUNED
    elif rng.random() < 0.1:
        length = rng.randint(1, shape.steps)
    step = shape.first_step - 1
    said: list[Said] = []
    for i in range(length):
        step += rng.randint(1, 3) if shape.irregular else 1
        said.append(Said(trial, step, values[i]))
    if length and rng.random() < shape.retry_share:
        yield from _twice(rng, said)
    else:
        yield from said
    yield Ended(trial, state)


def _twice(rng: Random, said: list[Said]) -> Iterator[Event]:
    """A first attempt with gaps that ends somewhere, and a second that goes over some of it."""
    end = rng.randint(1, len(said))
    begin = rng.randrange(end)
    for event in said[:end]:
        if rng.random() < 0.8:
            yield event
    for event in said[begin:]:
        yield replace(event, value=event.value + rng.randint(-1, 1) / 4, attempt=2)


def feed(ledger: Ledger, event: Event) -> Receipt | None:
    """Put an event into a ledger; an end has no receipt."""
    if isinstance(event, Said):
        return ledger.append(Report(event.trial, event.attempt, event.step, event.value))
    ledger.close(event.trial, event.state)
    return None


def mirrored(events: list[Event]) -> list[Event]:
    """Negate every value."""
    return [replace(e, value=-e.value) if isinstance(e, Said) else e for e in events]


DIRECTIONS = (Direction.MAXIMIZE, Direction.MINIMIZE)
