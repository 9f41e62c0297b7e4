"""How much of its budget a study has used, and when it meets a limit at the present pace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from espalier.api.budget import BudgetSpec, DeadlineLimit, HoursLimit, WallClockLimit
from espalier.declared.times import seconds_of_duration, seconds_of_time
from espalier.planning.costs.usage import used_until_now
from espalier.planning.standing.look import Look
from espalier.planning.world.exact import exact, nearest
from espalier.planning.world.observe import seconds

HOUR = 3600.0
_WRITTEN = 1.0
"""Seconds by which a time in a status may be short of what it stands for."""


class Met(StrEnum):
    """How far a limit is met."""

    SOFT = "Soft"
    """Nothing is started any more."""
    HARD = "Hard"
    """What runs is ended."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of a budget, in seconds.

    Parameters
    ----------
    name
        Its field of ``spec.budget``.
    used
        How much is used.
    soft, hard
        How much may be, until nothing is started and until what runs is ended; None: no such limit.
    rate
        How much is used a second at present.
    """

    name: str
    used: float
    soft: float | None
    hard: float | None
    rate: float

    @property
    def met(self) -> Met | None:
        """How far it is met; None while it is not."""
        if self.hard is not None and self.used >= self.hard:
            return Met.HARD
        return Met.SOFT if self.soft is not None and self.used >= self.soft else None

    @property
    def next(self) -> float | None:
        """The amount at which more of it is met; None where all is."""
        ahead = [each for each in (self.soft, self.hard) if each is not None and each > self.used]
        return min(ahead, default=None)

    def wait_for(self, amount: float | None) -> float | None:
        """Return the seconds until so much is used at the present pace; None for never."""
        if amount is None or self.rate <= 0.0:
            return None
        return max(0.0, amount - self.used) / self.rate


@dataclass(frozen=True, slots=True)
class Spending:
    """What a study has used of its budget.

    Parameters
    ----------
    at
        The moment that this is about, in seconds since the epoch.
    limits
        Each limit that there is.
    """

    at: float = 0.0
    limits: tuple[Limit, ...] = ()

    @property
    def first(self) -> Limit | None:
        """A limit that is met, a hard one if there is one; None while none is."""
        met = [limit for limit in self.limits if limit.met is not None]
        return next((limit for limit in met if limit.met is Met.HARD), next(iter(met), None))

    @property
    def met(self) -> Met | None:
        """How far the budget is spent; None while no limit is met."""
        return None if self.first is None else self.first.met

    @property
    def due(self) -> float | None:
        """When the next limit is met at the present pace; None for never."""
        waits = [limit.wait_for(limit.next) for limit in self.limits]
        return min((self.at + wait for wait in waits if wait is not None), default=None)


UNLIMITED = Spending()
"""Of a study without a budget."""


def spending_of(look: Look, now: float) -> Spending:
    """Return what a study has used of its budget by now."""
    spec = look.blueprint.spec
    if spec is None or spec.budget is None:
        return UNLIMITED
    started = seconds(look.snapshot.study.status.get("startTime"))
    start = now if started is None else min(started, now)
    return Spending(now, tuple(_limits(look, spec.budget, start, now)))


def spending_at_rest(look: Look, now: float) -> Spending:
    """Return the same for a study that may be over: from its end on no clock runs."""
    ended = seconds(look.snapshot.study.status.get("completionTime"))
    return spending_of(look, now if ended is None else min(now, ended + _WRITTEN))


def _limits(look: Look, budget: BudgetSpec, start: float, now: float) -> Iterator[Limit]:
    if (limit := budget.gpu_hours) is not None:
        spent = (used_until_now(standing).gpu_seconds for standing in look.going_on)
        used = nearest(look.tally.gpu_seconds + sum(map(exact, spent)))
        yield _of_hours("gpuHours", limit, used, sum(gpus for gpus in _held(look)))
    if (limit := budget.trial_hours) is not None:
        spent = (used_until_now(standing).seconds for standing in look.going_on)
        used = nearest(look.tally.seconds + sum(map(exact, spent)))
        yield _of_hours("trialHours", limit, used, float(sum(1 for _ in _held(look))))
    if budget.wall_clock is not None:
        yield _of_clock(budget.wall_clock, now - start)
    if budget.deadline is not None:
        yield _of_deadline(budget.deadline, start, now)


def _held(look: Look) -> Iterator[float]:
    """Yield the accelerators of each pod that holds a node now."""
    return (
        pod.gpus
        for standing in look.going_on
        for pod in standing.live
        if pod.started_at is not None
    )


def _of_hours(name: str, limit: HoursLimit, used: float, rate: float) -> Limit:
    soft, hard = (None if each is None else each * HOUR for each in (limit.soft, limit.hard))
    return Limit(name, used, soft, hard, rate)


def _of_clock(limit: WallClockLimit, used: float) -> Limit:
    soft, hard = (
        None if each is None else seconds_of_duration(each) for each in (limit.soft, limit.hard)
    )
    return Limit("wallClock", used, soft, hard, 1.0)


def _of_deadline(limit: DeadlineLimit, start: float, now: float) -> Limit:
    soft, hard = (
        None if each is None else seconds_of_time(each) - start for each in (limit.soft, limit.hard)
    )
    return Limit("deadline", now - start, soft, hard, 1.0)
