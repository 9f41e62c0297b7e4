"""How often a study ends within what was said of its end: studies played by their laws alone.

Trials live as long as their numbers say, or until they are pruned; slots are kept from them by a
queue; pruning gets harder as the study goes on. At shares of the study's endings the forecast is
made. Printed are the share of ends within the bounds, for which 80 % are aimed at, how wide these
are and how far the expected end is off, both in parts of what was still to come.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from espalier.planning.forecast.of_end import Course, forecast
from espalier.planning.forecast.of_study import cohort, recent_endings

STUDIES = 200
MOMENTS = (0.1, 0.2, 0.35, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Kind:
    """How long trial `number` of `total` lives, a whole one, and how long it waits for a node."""

    life: Callable[[random.Random, int, int], float]
    whole: float = 600.0
    wait: Callable[[random.Random], float] = lambda rnd: rnd.uniform(1.0, 5.0)
    sizes: tuple[tuple[int, int], ...] = ((30, 4), (60, 8), (200, 16), (27, 1))


def pruned_or_not(rnd: random.Random, number: int, total: int) -> float:
    whole = 600.0 * rnd.lognormvariate(0.0, 0.15)
    return whole * rnd.uniform(0.1, 0.4) if rnd.random() < 0.6 else whole


def harder(rnd: random.Random, number: int, total: int) -> float:
    whole = 600.0 * rnd.lognormvariate(0.0, 0.15)
    share = 0.3 + 0.5 * number / total
    return whole * rnd.uniform(0.1, 0.4) if rnd.random() < share else whole


def halved(rnd: random.Random, number: int, total: int) -> float:
    rung = rnd.choices((1, 3, 9, 27), (18, 6, 2, 1))[0]
    return 20.0 + 30.0 * rung * rnd.lognormvariate(0.0, 0.1)


def all_alike(rnd: random.Random, number: int, total: int) -> float:
    return 300.0 * rnd.uniform(0.98, 1.02)


def slower(rnd: random.Random, number: int, total: int) -> float:
    """Let what a trial costs depend on its parameters, by a factor of ten."""
    return 100.0 * 10.0 ** rnd.random() * (0.3 if rnd.random() < 0.5 else 1.0)


KINDS = {
    "60 % pruned": Kind(pruned_or_not),
    "pruning gets harder": Kind(harder),
    "successive halving": Kind(halved, 830.0),
    "none pruned, all alike": Kind(all_alike, 300.0),
    "costs by parameters": Kind(slower, 390.0),
    "queued for long": Kind(pruned_or_not, wait=lambda rnd: rnd.expovariate(1 / 300.0)),
}


def played(rnd: random.Random, kind: Kind, total: int, slots: int) -> list[tuple[float, float]]:
    """Return when each trial had its node, and when it ended."""
    free = [0.0] * slots
    found = []
    for number in range(total):
        at = heapq.heappop(free)
        began = at + kind.wait(rnd)
        end = began + kind.life(rnd, number, total)
        heapq.heappush(free, end)
        found.append((began, end))
    return found


def course_at(trials: list[tuple[float, float]], now: float, slots: int, whole: float) -> Course:
    """Return what is known at a moment."""
    begun = [(began, end) for began, end in trials if began <= now]
    late = begun[-cohort(slots, len(begun)) :]
    ended = sorted(end for _, end in begun if end <= now)
    count = min(len(ended), recent_endings(slots, len(ended)))
    return Course(
        now=now,
        start=0.0,
        ended=[end - began for began, end in late if end <= now],
        young=[now - began for began, end in late if now < end],
        old=[now - began for began, end in begun[: -len(late)] if now < end],
        held=sum(min(end, now) - began for began, end in begun),
        left=len(trials) - len(begun),
        slots=slots,
        whole=whole,
        recent=None if count < 2 else (count - 1, ended[-count]),
    )


@pytest.mark.parametrize("name", KINDS)
def test_the_end_lies_within_what_was_said(name: str) -> None:
    kind, rnd = KINDS[name], random.Random(7)
    print(f"\n{name}")
    for moment in MOMENTS:
        within, widths, off, silent = 0, [], [], 0
        for index in range(STUDIES):
            total, slots = kind.sizes[index % len(kind.sizes)]
            trials = played(rnd, kind, total, slots)
            ends = sorted(end for _, end in trials)
            now = ends[max(0, int(moment * total) - 1)] + 1e-6
            said = forecast(course_at(trials, now, slots, kind.whole))
            if said is None:
                silent += 1
                continue
            rest = max(1.0, ends[-1] - now)
            within += said.low <= ends[-1] <= said.high
            widths.append((said.high - said.low) / rest)
            off.append(abs(said.end - ends[-1]) / rest)
        told = STUDIES - silent
        print(
            f"  {moment:4.0%}: {within / max(told, 1):4.0%} within, width {np.median(widths):5.2f},"
            f" off by {np.median(off):5.2f}, nothing said of {silent}"
        )
