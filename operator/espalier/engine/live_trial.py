"""What is kept in memory of one trial: which values are stored, and what planning may know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from espalier.engine.known_values import KnownValues
from espalier.engine.submission import CheckedReport
from espalier.errors import ReportError
from espalier.planning.record import End, TrialRecord
from espalier.pruning import Decision

_Key = tuple[str, int]


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

    Attributes
    ----------
    count : int
        How many values there are.
    names : frozenset of str
        The metrics that have values.
    in_flight : int
        How many batches are being taken or committed.
    beyond : int or None
        The highest step of the objective's metric that is not judged.
    refused : int
        How many values contradicted earlier ones, since the operator started.
    """

    __slots__ = (
        "_maximise",
        "_record",
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
        "step",
    )

    def __init__(self, number: int, *, maximise: bool) -> None:
        self.number = number
        self._maximise = maximise
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
        self._record = None

    def passed(self, step: int) -> None:
        """Note a step of the objective's metric that is beyond the last one that is judged."""
        self.beyond = step if self.beyond is None else max(self.beyond, step)
        self._record = None

    def contradicted(self) -> None:
        """Note that a value was refused."""
        self.refused += 1
        self._record = None

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
                names=self.names,
                values=self.count,
                beyond=self.beyond,
                refused=self.refused,
            )
        return self._record


def _shown(value: float) -> str:
    return "diverged" if value != value else repr(value)


@lru_cache(maxsize=1024)
def _shared(names: frozenset[str]) -> frozenset[str]:
    """Return one and the same set for all trials that report the same metrics."""
    return names
