"""A study's history in memory: append-only, with the statistics that pruners ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from heapq import heappop, heappush
from math import nan
from typing import Protocol, TypeVar, cast

from espalier.pruning.history.curve import Curve
from espalier.pruning.history.report import Receipt, Report, TrialState
from espalier.pruning.history.result import beats
from espalier.pruning.terms import Terms

RUNNING = TrialState.RUNNING


class Derived(Protocol):
    """A statistic kept up to date inside the ledger; see `Ledger.derived`.

    It must depend only on the set of what every trial reported and how it ended, each trial in
    its own order, not on how the trials interleave: then it may be built at any time.
    """

    def on_append(self, curve: Curve) -> None:
        """Take in the curve's latest report, which advanced it."""

    def on_close(self, curve: Curve) -> None:
        """Take in that the trial has ended; `curve.state` says how."""

    def on_leave(self, curve: Curve) -> None:
        """Forget the trial: it left the window of the newest trials (`curve.left`)."""


Statistic = TypeVar("Statistic", bound=Derived)


class Ledger:
    """All that a study's trials have reported, and how they ended.

    Values enter in the user's sign; inside, scores are oriented so that larger is better. A
    report is keyed by trial, attempt and step, and the first value stands: a repeat is nothing,
    a contradiction is refused, and what a later attempt reports for a step that the trial has
    passed never changes what others were compared with.

    Parameters
    ----------
    terms
        What defines the study. With a window, only the newest trials are compared with: for
        studies whose later trials are drawn from elsewhere than the first.

    Attributes
    ----------
    counts
        How many trials stand where.
    receipts
        How many irregular reports were treated alike; what simply follows is not counted.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        # Looked up once: every value passes here.
        self._sign = terms.direction.sign
        self.counts: Counter[TrialState] = Counter()
        self.receipts: Counter[Receipt] = Counter()
        self._curves: dict[int, Curve] = {}
        # The numbers of the trials in the window, as a heap: the oldest is the first to leave.
        self._in_window: list[int] = []
        self._derived: dict[Hashable, Derived] = {}
        self._listeners: list[Derived] = []

    # What happened.

    def append(self, report: Report, at: float = nan) -> Receipt:
        """Take in a report; `at` says when it arrived, in seconds."""
        curve = self._curves.get(report.trial)
        if curve is None:
            curve = self._open(report.trial)
        step = report.step
        steps = curve.steps
        if (
            report.attempt != curve.attempt
            or curve.state is not RUNNING
            or (steps and step <= steps[-1])
        ):
            receipt = self._append_irregular(curve, report)
            self.receipts[receipt] += 1
            if receipt is not Receipt.APPENDED:
                return receipt
        # As `Direction.score` says, without the call.
        score = report.value * self._sign + 0.0
        steps.append(step)
        curve.scores.append(score)
        curve.times.append(at)
        if score != score:
            curve.nan_run += 1
        else:
            curve.nan_run = 0
            if not score <= curve.best:
                curve.best = score
        curve.bests.append(curve.best)
        for derived in self._listeners:
            derived.on_append(curve)
        return Receipt.APPENDED

    def close(self, trial: int, state: TrialState, *, by_person: bool = False) -> bool:
        """Record how a trial ended; False if it had ended already (the first end stands).

        Parameters
        ----------
        by_person
            Whether a person has pruned it.
        """
        curve = self._curves.get(trial) or self._open(trial)
        if curve.state is not RUNNING or state is RUNNING:
            return False
        curve.by_person = by_person
        curve.state = state
        self.counts[RUNNING] -= 1
        self.counts[state] += 1
        for derived in self._listeners:
            derived.on_close(curve)
        return True

    # What can be asked.

    def __len__(self) -> int:
        return len(self._curves)

    def __contains__(self, trial: object) -> bool:
        return trial in self._curves

    def curve(self, trial: int) -> Curve:
        """Return the trial's curve; an empty one if nothing is known of it."""
        curve = self._curves.get(trial)
        return Curve(trial) if curve is None else curve

    def curves(self) -> Iterator[Curve]:
        """Return all curves, those that left the window included."""
        return iter(self._curves.values())

    def peers(self) -> Iterator[Curve]:
        """Return the curves of the trials to compare with: in the window, and not failed."""
        return (c for c in self._curves.values() if not c.left and c.state is not TrialState.FAILED)

    def at_or_before(self, step: int) -> list[tuple[int, float]]:
        """Trial and score at or before the step, of every peer that reached it."""
        return [
            (curve.number, score)
            for curve in self.peers()
            if curve.last_step >= step and (score := curve.at_or_before(step)) is not None
        ]

    @property
    def completed(self) -> int:
        """How many trials have completed."""
        return self.counts[TrialState.COMPLETED]

    def leader(self) -> Curve | None:
        """Return the completed trial with the best last score, of equals the one started first."""
        return self.derived("leader", _Leader).curve

    def user(self, score: float) -> float:
        """Return a score in the user's own sign."""
        return self.terms.direction.score(score)

    def score(self, value: float) -> float:
        """Return a value in the user's own sign as a score, of which larger is better."""
        return self.terms.direction.score(value)

    def is_last(self, curve: Curve) -> bool:
        """Whether the trial has done its last step; trials may count from 0 or from 1."""
        horizon = self.terms.horizon
        if horizon is None or not curve.steps:
            return False
        return curve.steps[-1] >= horizon - (1 if curve.steps[0] == 0 else 0)

    def knows(self, trial: int, attempt: int, step: int) -> bool:
        """Whether an attempt's value of a step is known, so that another one is no news."""
        curve = self.curve(trial)
        if attempt != curve.attempt:
            return False
        return step in curve.notes or (step >= curve.since and curve.at(step) is not None)

    def derived(self, key: Hashable, factory: Callable[[Ledger], Statistic]) -> Statistic:
        """Return the statistic of this key, made and brought up to date at its first use.

        From then on `append` and `close` keep it up to date, so that a pruner whose settings are
        in the key can ask it in O(log n) while its `judge` stays pure.

        Parameters
        ----------
        key
            The statistic's name and everything it depends on.
        factory
            Makes an empty one; the ledger feeds it the history.
        """
        found = self._derived.get(key)
        if found is None:
            found = factory(self)
            for curve in self._curves.values():
                replay(curve, found)
            self._derived[key] = found
            self._listeners.append(found)
        return cast(Statistic, found)

    # Inside.

    def _open(self, trial: int) -> Curve:
        curve = self._curves[trial] = Curve(trial)
        self.counts[RUNNING] += 1
        window = self.terms.window
        if window is not None:
            heappush(self._in_window, trial)
            if len(self._in_window) > window:
                oldest = self._curves[heappop(self._in_window)]
                oldest.left = True
                for derived in self._listeners:
                    derived.on_leave(oldest)
        return curve

    def _append_irregular(self, curve: Curve, report: Report) -> Receipt:
        """Sort out everything but the next step of the present attempt."""
        if curve.state is not RUNNING or report.attempt < curve.attempt:
            return Receipt.LATE
        step, score = report.step, self.score(report.value)
        if report.attempt > curve.attempt:
            curve.attempt, curve.since, curve.notes = report.attempt, curve.last_step + 1, {}
        if step > curve.last_step:
            return Receipt.APPENDED
        known = curve.notes.get(step)
        if known is None and step >= curve.since:
            known = curve.at(step)
        if known is not None:
            return Receipt.REPEATED if _same(known, score) else Receipt.CONTRADICTED
        curve.notes[step] = score
        if step in curve.behind or curve.at(step) is not None:
            return Receipt.REPLAYED
        curve.behind[step] = score
        if score == score and not score <= curve.best:
            curve.best = score
        return Receipt.BACKFILLED


def replay(curve: Curve, derived: Derived) -> None:
    """Feed a statistic one trial's history, in the trial's own order."""
    grown = Curve(curve.number)
    grown.left, grown.attempt = curve.left, curve.attempt
    for step, score, best, at in zip(
        curve.steps, curve.scores, curve.bests, curve.times, strict=True
    ):
        grown.steps.append(step)
        grown.scores.append(score)
        grown.bests.append(best)
        grown.times.append(at)
        grown.best = best
        grown.nan_run = 0 if score == score else grown.nan_run + 1
        derived.on_append(grown)
    grown.behind = curve.behind
    grown.best = curve.best
    grown.state = curve.state
    if curve.state is not RUNNING:
        derived.on_close(grown)


def _same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


class _Leader:
    """The completed trial with the best last score."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.curve: Curve | None = None

    def on_append(self, curve: Curve) -> None:
        pass

    def on_close(self, curve: Curve) -> None:
        if curve.state is TrialState.COMPLETED and not curve.left:
            self.curve = curve if beats(curve, self.curve) else self.curve

    def on_leave(self, curve: Curve) -> None:
        if self.curve is not None and self.curve.number == curve.number:
            self.curve = None
            for other in self._ledger.curves():
                self.on_close(other)
