"""What is kept in memory of one trial: which values are stored, and what planning may know."""

from __future__ import annotations

from collections.abc import Iterable

from espalier.engine.submission import CheckedReport
from espalier.errors import ReportError
from espalier.planning.record import End, TrialRecord
from espalier.pruning import Decision
from espalier.store import StoredObservation

_Values = dict[tuple[int, str], dict[int, float]]


class LiveTrial:
    """One trial of a live study.

    The `record` holds only what is durable: planning acts on it. The other attributes run ahead
    of it by what is being committed.

    Parameters
    ----------
    number : int
        The trial's number.
    maximise : bool
        Whether a larger value is better.
    """

    __slots__ = (
        "_maximise",
        "_record",
        "_values",
        "attempts",
        "best",
        "best_step",
        "count",
        "decided",
        "decision",
        "end",
        "ended",
        "in_flight",
        "latest",
        "number",
        "prune",
        "prune_ahead",
        "step",
    )

    def __init__(self, number: int, *, maximise: bool) -> None:
        self.number = number
        self._maximise = maximise
        # Ahead of the store.
        self._values: _Values | None = {}
        self.attempts: dict[str, int] = {}
        self.count = 0
        self.decided: Decision | None = None
        self.prune_ahead: Decision | None = None
        self.ended = False
        self.in_flight = 0
        # Durable.
        self.step: int | None = None
        self.latest: float | None = None
        self.best: float | None = None
        self.best_step: int | None = None
        self.decision: Decision | None = None
        self.prune: Decision | None = None
        self.end: End | None = None
        self._record: TrialRecord | None = None

    # -- values -----------------------------------------------------------------------------

    def leave(self) -> None:
        """Leave the trial's values in the store: they are looked for there when some come."""
        self._values = None

    @property
    def knows_values(self) -> bool:
        """Whether the trial's values are in memory."""
        return self._values is not None

    def learn(self, stored: Iterable[StoredObservation]) -> None:
        """Take in the trial's values from the store, where they were let go."""
        if self._values is None:
            self._values = {}
            for seen in stored:
                self._values.setdefault((seen.attempt, seen.metric), {})[seen.step] = seen.value

    def let_go(self) -> None:
        """Drop the values of a trial that has ended: few will come after that."""
        if self.end is not None and not self.in_flight:
            self._values = None

    def news(self, attempt: int, reports: Iterable[CheckedReport]) -> list[CheckedReport]:
        """Return the values that are not stored yet, and change nothing.

        Raises
        ------
        ReportError
            If a value contradicts one that is stored, or another one of the batch.
        """
        values = self._values
        assert values is not None
        news: list[CheckedReport] = []
        batch: dict[tuple[str, int], float] = {}
        for index, report in enumerate(reports):
            metric, step, value = report
            known = batch.get((metric, step))
            if known is None:
                of_metric = values.get((attempt, metric))
                known = None if of_metric is None else of_metric.get(step)
            if known is None:
                batch[metric, step] = value
                news.append(report)
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
            self._values.setdefault((attempt, metric), {})[step] = value
        self.count += 1

    # -- what is durable --------------------------------------------------------------------

    def progressed(self, step: int, value: float) -> None:
        """Take in a judged value that is durable."""
        self._record = None
        if self.step is None or step > self.step:
            self.step, self.latest = step, value
        if value != value:
            return
        best = self.best
        if best is None or (value > best if self._maximise else value < best):
            self.best, self.best_step = value, step

    def judged(self, decision: Decision) -> None:
        """Take in a decision that is durable."""
        self._record = None
        self.decision = decision
        if decision.prunes:
            self.prune = decision

    def finished(self, end: End) -> None:
        """Take in the ending, which is durable."""
        self._record = None
        self.end = end

    def attempted(self) -> None:
        """Take in that an attempt is durable."""
        self._record = None

    @property
    def known(self) -> bool:
        """Whether anything is stored of the trial that planning would see."""
        return bool(self.attempts) or self.step is not None or self.end is not None

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
            )
        return self._record


def _shown(value: float) -> str:
    return "diverged" if value != value else repr(value)
