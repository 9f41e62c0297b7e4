"""The slots of a study over time: who held which, who waited, and what ended it."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Any

from espalier.planning.world.record import AttemptRecord
from espalier.views.gathered import Gathered
from espalier.views.plain import View, time_of
from espalier.views.trials import state_of
from espalier.views.values import TrialValues

MOST_TRIALS = 2000
"""Trials that are shown: the newest of more."""
_NO_VALUES = TrialValues()


def timeline_view(gathered: Gathered, *, most: int = MOST_TRIALS) -> View:
    """Return each trial's stay: when it was made, began and ended, its attempts, and its slot.

    Times are seconds after `begin`. A slot is the first that is free when the trial is made: which
    trials ran beside each other is known, which of them took whose place is not.

    Parameters
    ----------
    most
        How many trials there are at most, the newest.
    """
    numbers = [each for each in gathered.numbers if _made_at(gathered, each) is not None]
    numbers.sort(key=lambda number: (_made_at(gathered, number), number))
    shown = numbers[len(numbers) - min(most, len(numbers)) :]
    begin = _made_at(gathered, shown[0]) if shown else None
    trials = [_trial(gathered, number, begin or 0.0) for number in shown]
    return {
        "begin": time_of(begin),
        "trials": trials,
        "slots": _give_slots(trials),
        "leftOut": len(numbers) - len(shown),
    }


def _made_at(gathered: Gathered, number: int) -> float | None:
    made, values = gathered.made.get(number), gathered.values.get(number)
    if made is not None and made.created_at:
        return made.created_at
    return min(values.at) if values is not None else None


def _trial(gathered: Gathered, number: int, begin: float) -> View:
    made, end, prune = gathered.made.get(number), gathered.ends.get(number), None
    values = gathered.values.get(number, _NO_VALUES)
    attempts = _attempts(values, gathered.attempts.get(number, ()), begin)
    started = made.started_at if made else None
    if started is None and len(values):
        started = min(values.at)
    prune = gathered.prunes.get(number)
    return {
        "number": number,
        "state": state_of(gathered, number),
        "reason": end.end.reason if end else None,
        "made": _after(_made_at(gathered, number), begin),
        "started": _after(started, begin),
        "ended": _after(end.end.at if end else None, begin),
        "pruned": _after(prune.at if prune else None, begin),
        "attempts": attempts,
        "slot": 0,
    }


def _attempts(values: TrialValues, seen: Sequence[AttemptRecord], begin: float) -> list[View]:
    """Return what is known of attempts; when their values came is, when their pods began is not."""
    times: dict[int, list[float]] = {}
    for attempt, at in zip(values.attempts, values.at, strict=True):
        span = times.setdefault(attempt, [at, at])
        span[0], span[1] = min(span[0], at), max(span[1], at)
    known = {each.attempt: each for each in seen}
    if len(times.keys() | known.keys()) < 2 and not any(_odd(each) for each in seen):
        return []
    return [
        {
            "attempt": attempt,
            "first": _after(times.get(attempt, [None])[0], begin),
            "last": _after(times.get(attempt, [None])[-1], begin),
            "disruption": (known[attempt].disruption or None) if attempt in known else None,
            "deleted": attempt in known and known[attempt].deleted,
            "suspended": attempt in known and known[attempt].suspended,
        }
        for attempt in sorted(times.keys() | known.keys())
    ]


def _odd(seen: AttemptRecord) -> bool:
    return bool(seen.disruption or seen.deleted or seen.suspended)


def _after(at: float | None, begin: float) -> float | None:
    return None if at is None else round(at - begin, 3)


def _give_slots(trials: Sequence[dict[str, Any]]) -> int:
    """Give each trial the lowest slot that is free when it is made; return how many there are."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    slots = 0
    for trial in trials:
        while busy and busy[0][0] <= trial["made"]:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            heapq.heappush(free, slots)
            slots += 1
        trial["slot"] = heapq.heappop(free)
        until = float("inf") if trial["ended"] is None else trial["ended"]
        heapq.heappush(busy, (until, trial["slot"]))
    return slots
