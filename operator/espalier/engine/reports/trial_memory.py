"""What is kept in memory of one trial: which values are stored, and what planning may know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from espalier.engine.reports.known_values import KnownValues
from espalier.engine.reports.submission import CheckedReport
from espalier.errors import ReportError
from espalier.planning.world.record import AttemptRecord, End, TrialRecord
from espalier.pruning import Decision, Terms

_Key = tuple[str, int]


class TrialMemory:
    """One trial of a live study.

    The `record` holds only what is durable: planning acts on it. The other attributes run ahead
    of it by what is being committed.

    Parameters
    ----------
    number : int
        The trial's number.
    terms : Terms
        What the study's trials are compared by.
    changed : set of int
        Gets the trial's number whenever its record becomes another one.

    Attributes
    ----------
    count : int
        How many values there are.
    names : frozenset of str
        The metrics that have values.
    in_flight : int
        How many batches are being taken or committed.
    beyond : int or None
        The highest step of the objective's metric beyond the last one.
    refused : int
        How many values contradicted earlier ones, since the operator started.
    """

    __slots__ = (
        "_changed",
        "_first",
        "_furthest",
        "_last",
        "_of",
        "_record",
        "_seen",
        "_terms",
        "_values",
        "attempts",
        "best",
        "best_step",
        "beyond",
        "count",
        "decided",
        "decision",
        "end",
        "ended",
        "in_flight",
        "latest",
        "names",
        "number",
        "prune",
        "prune_ahead",
        "refused",
        "seen_ahead",
        "step",
    )

    def __init__(self, number: int, terms: Terms, changed: set[int]) -> None:
        self.number = number
        self._changed = changed
        self._terms = terms
        # Ahead of the store.
        self._values: KnownValues | None = KnownValues()
        self.names: frozenset[str] = frozenset()
        self.attempts: dict[str, int] = {}
        self.count = 0
        self.beyond: int | None = None
        self.refused = 0
        self.decided: Decision | None = None
        self.prune_ahead: Decision | None = None
        self.ended = False
        self.in_flight = 0
        self.seen_ahead: dict[int, AttemptRecord] = {}
        # Durable.
        self.step: int | None = None
        self.latest: float | None = None
        self.best: float | None = None
        self.best_step: int | None = None
        self.decision: Decision | None = None
        self.prune: Decision | None = None
        self.end: End | None = None
        self._seen: dict[int, AttemptRecord] = {}
        # The attempt that the figures above are of, its highest step as the trainer counts, and
        # the step and time of two of its values.
        self._of = 0
        self._furthest = -1
        self._first: tuple[int, float] | None = None
        self._last: tuple[int, float] | None = None
        self._record: TrialRecord | None = None
        self._changes()

    # -- values -----------------------------------------------------------------------------

    @property
    def knows_values(self) -> bool:
        """Whether the trial's values are in memory."""
        return self._values is not None

    def let_go(self) -> None:
        """Drop the values of a trial that has ended: few will come after that."""
        if self.end is not None and not self.in_flight:
            self._values = None

    def news(
        self, attempt: int, reports: Sequence[CheckedReport], stored: dict[_Key, float]
    ) -> list[int]:
        """Return the positions of the values that are not stored yet, and change nothing.

        Parameters
        ----------
        attempt : int
            Of the pod that sent them.
        reports : sequence of CheckedReport
            What it sent.
        stored : dict
            By metric and step those of them that are stored, where they are not in memory.

        Raises
        ------
        ReportError
            If a value contradicts one that is stored, or another one of the batch.
        """
        values = self._values
        news: list[int] = []
        batch = dict(stored)
        for index, (metric, step, value) in enumerate(reports):
            known = batch.get((metric, step))
            if known is None and values is not None:
                known = values.at(attempt, metric, step)
            if known is None:
                batch[metric, step] = value
                news.append(index)
            elif known != value and not (known != known and value != value):
                raise ReportError(
                    "Contradiction",
                    f"step {step} of {metric} is {_shown(known)} already; came {_shown(value)}; "
                    "report each step once",
                    status=409,
                    index=index,
                )
        return news

    def keep(self, attempt: int, metric: str, step: int, value: float) -> None:
        """Note a new value."""
        if self._values is not None:
            self._values.add(attempt, metric, step, value)
        if metric not in self.names:
            self.names = _shared(self.names | {metric})
        self.count += 1
        self._changes()

    def passed(self, step: int) -> None:
        """Note a step of the objective's metric that is beyond the last one."""
        self.beyond = step if self.beyond is None else max(self.beyond, step)
        self._changes()

    def contradicted(self) -> None:
        """Note that a value was refused."""
        self.refused += 1
        self._changes()

    def decide(self, decision: Decision, *, own: bool) -> None:
        """Take in a decision that is on its way to the store.

        Parameters
        ----------
        decision : Decision
            On this trial.
        own : bool
            Whether a value of its own led to it: a batch that is sent again is answered by these,
            as at first, unless the trial has been pruned.
        """
        if own:
            self.decided = decision
        if decision.prunes:
            self.prune_ahead = decision

    # -- what is durable --------------------------------------------------------------------

    def progressed(self, attempt: int, step: int, value: float, at: float) -> None:
        """Take in a value that is durable: what the trial comes to is its newest attempt's.

        Parameters
        ----------
        attempt, step, value
            The value, whose step this attempt had not reported; as the trainer counts.
        at : float
            When it came.
        """
        if attempt < self._of:
            return
        self._changes()
        if attempt > self._of:
            self._of = attempt
            self.step = self.latest = self.best = self.best_step = None
            self._furthest = -1
            self._first = self._last = None
        if self.end is None:
            self._first = self._first or (step, at)
            if self._last is None or step > self._last[0]:
                self._last = step, at
        if step > self._furthest:
            self._furthest = step
            self.step, self.latest = self._terms.within(step), value
        if value != value:
            return
        best = self.best
        if best is None or self._terms.direction.better(value, best):
            self.best, self.best_step = value, self._terms.within(step)

    def judged(self, decision: Decision) -> None:
        """Take in a decision that is durable."""
        self._changes()
        self.decision = decision
        if decision.prunes:
            self.prune = decision

    def finished(self, end: End) -> None:
        """Take in the ending, which is durable."""
        self._changes()
        self.end = end
        self._first = self._last = None

    def attempted(self) -> None:
        """Take in that an attempt is durable."""
        self._changes()

    def noted(self, attempt: int) -> AttemptRecord | None:
        """Return what was seen of an attempt, with what is on its way to the store."""
        return self.seen_ahead.get(attempt) or self._seen.get(attempt)

    def saw(self, seen: AttemptRecord) -> None:
        """Take in what was seen of an attempt, which is durable."""
        self._changes()
        self._seen[seen.attempt] = seen
        if self.seen_ahead.get(seen.attempt) == seen:
            del self.seen_ahead[seen.attempt]

    @property
    def pace(self) -> float | None:
        """Seconds a step between the first and the last value of the newest attempt."""
        if self.end is not None:
            return self.end.pace
        if self._first is None or self._last is None:
            return None
        steps, seconds = self._last[0] - self._first[0], self._last[1] - self._first[1]
        return seconds / steps if steps > 0 and seconds > 0 else None

    def _changes(self) -> None:
        """Take in that the record will be another one."""
        self._record = None
        self._changed.add(self.number)

    @property
    def known(self) -> bool:
        """Whether anything is stored of the trial that planning would see."""
        seen = bool(self.attempts) or self.step is not None or self.end is not None
        return seen or self.prune is not None

    @property
    def record(self) -> TrialRecord:
        """The trial as planning sees it."""
        if self._record is None:
            self._record = TrialRecord(
                number=self.number,
                attempt=max(self.attempts.values(), default=0),
                step=self.step,
                latest=self.latest,
                best=self.best,
                best_step=self.best_step,
                decision=self.decision,
                prune=self.prune,
                end=self.end,
                names=self.names,
                values=self.count,
                beyond=self.beyond,
                refused=self.refused,
                attempts=tuple(self._seen[attempt] for attempt in sorted(self._seen)),
                pace=self.pace,
            )
        return self._record


def _shown(value: float) -> str:
    return "diverged" if value != value else repr(value)


@lru_cache(maxsize=1024)
def _shared(names: frozenset[str]) -> frozenset[str]:
    """Return one and the same set for all trials that report the same metrics."""
    return names
