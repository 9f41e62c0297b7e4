"""Drops what cannot reach the leader any more, and what the budget has no room for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot, inf, isfinite, nan, sqrt
from typing import Annotated, ClassVar

from annotated_types import Ge, Gt, Le

from espalier.declared.bounds import LARGEST_NUMBER
from espalier.pruning.decisions.decision import Decision, Evidence
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import TrialState
from espalier.pruning.pruners.base import Gated
from espalier.pruning.pruners.boldness import Boldness

TREND_REPORTS = 16
"""A trial's level, slope and noise are those of its latest so many reports."""
FEWEST_TREND_REPORTS = 4
"""Fewer reports than this make no line."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through a trial's latest scores.

    Parameters
    ----------
    level, slope
        Its value at the latest step, and its rise per step.
    noise
        Standard deviation of the scores around it.
    """

    level: float
    slope: float
    noise: float

    def at_most(self, steps_left: int, width: float) -> float:
        """Return the optimistic end: curves flatten, so that the slope can only shrink."""
        return self.level + max(0.0, self.slope) * steps_left + width * self.noise

    def at_least(self, width: float) -> float:
        """Return the pessimistic value of what has been reached."""
        return self.level - width * self.noise


@dataclass(frozen=True, kw_only=True)
class Bandit(Gated):
    """Drop a trial whose optimistic end does not reach the leader's pessimistic one.

    Each trial is an arm that rises and flattens (rising bandits: Li et al., "Efficient Automatic
    CASH via Rising Bandits", AAAI 2020): from the line through its latest 16 scores its end is
    at most the level plus the slope over the steps left, plus `exploration` standard deviations
    of its own noise; a trial whose most is less than the least of the leader is dropped.

    With a budget of seconds, arms are also dropped because of it, by what they cost: the running
    trials are taken in the order of their optimistic ends, each needs its own seconds per step
    (measured between its reports) for its steps left, and what does not fit into the budget
    left beside those ahead of it is dropped. A cheap trial stays where an expensive one of the
    same promise goes, which rules that count steps cannot do.

    Parameters
    ----------
    budget
        Seconds of training that all trials together may spend; without it there is no limit.
    exploration
        Width of the bounds, in standard deviations of a trial's own noise.
    """

    budget: Annotated[float, Gt(0), Le(LARGEST_NUMBER)] | None = None
    exploration: Annotated[float, Ge(0), Le(100)] = 2.0

    name: ClassVar[str] = "Bandit"
    boldness: ClassVar[Boldness | None] = Boldness("exploration", (0, 1, 2, 4, 6))
    in_place_of: ClassVar[Mapping[str, str]] = {
        "min_trials": "compares with one trial, the leader",
        "own_value": "takes the line through the latest 16 reports",
    }

    def rule(self, ledger: Ledger, curve: Curve) -> Decision:
        """Judge the trial by its bound, then by its cost."""
        if ledger.terms.horizon is None:
            return self.keep(curve, Reason.NO_HORIZON)
        if len(curve.steps) < FEWEST_TREND_REPORTS:
            few = {"steps": len(curve.steps), "needed": FEWEST_TREND_REPORTS}
            return self.keep(curve, Reason.TOO_FEW_STEPS, few)
        arms = ledger.derived("arms", lambda _: Arms())
        own = trend(curve)
        if own is None:
            return self.keep(
                curve, Reason.TOO_FEW_STEPS, {"steps": 0, "needed": FEWEST_TREND_REPORTS}
            )
        most = own.at_most(ledger.terms.horizon - curve.last_step, self.exploration)
        leader, least = arms.leader(curve.number, self.exploration)
        if leader is None:
            return self.keep(curve, Reason.NO_LEADER)
        evidence: Evidence = {
            "optimistic": ledger.user(most),
            "pessimistic": ledger.user(least),
            "leader": leader,
        }
        if most < least:
            return self.prune(curve, Reason.BOUND_BELOW_LEADER, evidence)
        if self.budget is not None:
            dropped = self._affordable(ledger, arms, curve, most, self.budget)
            if dropped is not None:
                return self.prune(curve, Reason.DROPPED_BY_BUDGET, dropped)
        return self.keep(curve, Reason.BOUND_REACHES_LEADER, evidence)

    def _affordable(
        self, ledger: Ledger, arms: Arms, curve: Curve, most: float, budget: float
    ) -> Evidence | None:
        assert ledger.terms.horizon is not None
        ahead = []
        for number, line in arms.lines.items():
            if number != curve.number:
                other = ledger.curve(number)
                end = line.at_most(ledger.terms.horizon - other.last_step, self.exploration)
                if (end, -other.number) > (most, -curve.number):
                    ahead.append((end, -other.number, needed(other, ledger.terms.horizon)))
        left, room, rank = budget - arms.spent, 0, len(ahead) + 1
        for _, _, seconds in sorted(ahead, reverse=True):
            if seconds <= left:
                left -= seconds
                room += 1
        own = needed(curve, ledger.terms.horizon)
        if own <= left or (rank == 1 and not arms.ended):
            return None
        return {
            "spent": arms.spent,
            "budget": budget,
            "room": room,
            "rank": rank,
            "needed": own,
            "left": left,
        }


class Arms:
    """What the trials have reached and spent, brought up to date at each report.

    Attributes
    ----------
    lines
        The line through the latest scores of each trial that may still report.
    ended
        Final scores of completed trials.
    """

    def __init__(self) -> None:
        self.lines: dict[int, Trend] = {}
        self.ended: dict[int, float] = {}
        self._best_end: tuple[float, int] | None = None
        # In whole nanoseconds, so that the sum does not depend on its order.
        self._seconds: dict[int, int] = {}
        self._total = 0

    @property
    def spent(self) -> float:
        """Seconds that all trials together have spent."""
        return self._total / 1e9

    def leader(self, trial: int, width: float) -> tuple[int | None, float]:
        """Return the other trial with the best pessimistic value."""
        best = self._best_end
        for other, line in self.lines.items():
            if other != trial:
                found = (line.at_least(width), -other)
                if best is None or found > best:
                    best = found
        return (None, -inf) if best is None else (-best[1], best[0])

    def on_append(self, curve: Curve) -> None:
        """Draw the trial's line anew."""
        spent = round(seconds_spent(curve) * 1e9)
        self._total += spent - self._seconds.get(curve.number, 0)
        self._seconds[curve.number] = spent
        if curve.left:
            return
        line = trend(curve)
        if line is None:
            self.lines.pop(curve.number, None)
        else:
            self.lines[curve.number] = line

    def on_close(self, curve: Curve) -> None:
        """Keep a completed trial's final score; forget the line."""
        self.lines.pop(curve.number, None)
        completed = curve.state is TrialState.COMPLETED and not curve.left
        if completed and isfinite(curve.last):
            self.ended[curve.number] = curve.last
            end = (curve.last, -curve.number)
            self._best_end = end if self._best_end is None else max(self._best_end, end)

    def on_leave(self, curve: Curve) -> None:
        """Forget a trial that left the window."""
        self.lines.pop(curve.number, None)
        if self.ended.pop(curve.number, None) is not None:
            ends = ((score, -trial) for trial, score in self.ended.items())
            self._best_end = max(ends, default=None)


def trend(curve: Curve) -> Trend | None:
    """Fit the line by least squares; None if a score among them is not finite, or too few."""
    scores = curve.scores[-TREND_REPORTS:]
    count = len(scores)
    if count < FEWEST_TREND_REPORTS or not all(map(isfinite, scores)):
        return None
    last = curve.steps[-1]
    steps = [step - last for step in curve.steps[-TREND_REPORTS:]]
    centre = sum(steps) / count
    base = scores[-1]
    heights = [score - base for score in scores]
    middle = sum(height / count for height in heights)
    width = sum((step - centre) ** 2 for step in steps)
    slope = sum((s - centre) * (h - middle) for s, h in zip(steps, heights, strict=True)) / width
    level = middle - slope * centre
    noise = hypot(*(h - level - slope * s for s, h in zip(steps, heights, strict=True)))
    noise /= sqrt(count - 2)
    found = Trend(base + level, slope, noise)
    return found if isfinite(found.level) and isfinite(slope) and isfinite(noise) else None


def seconds_spent(curve: Curve) -> float:
    """Return the seconds from the trial's start, its first report taking as long as the others."""
    pace = seconds_per_step(curve)
    if pace != pace:
        return 0.0
    first = curve.steps[0] if curve.steps[0] > 0 else 1
    return float(curve.times[-1] - curve.times[0] + first * pace)


def seconds_per_step(curve: Curve) -> float:
    """Return the mean seconds of a step; NaN before the second report."""
    done = curve.last_step - curve.steps[0] if curve.steps else 0
    return (curve.times[-1] - curve.times[0]) / done if done > 0 else nan


def needed(curve: Curve, horizon: int) -> float:
    """Return the seconds that the trial needs to its end; none is foreseen of an unknown pace."""
    pace = seconds_per_step(curve)
    return 0.0 if pace != pace else pace * max(0, horizon - curve.last_step)
