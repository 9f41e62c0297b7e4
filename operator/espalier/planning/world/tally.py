"""What all trials of a study that have ended come to, kept up to date one trial at a time.

A look at a study needs sums, ranks and the newest of them, not each of them. Which trials there are
decides what a tally says, not the order in which they came, changed or went: a law that is tested.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from sortedcontainers import SortedList

from espalier.api.reasons import BUDGET_SPENT, ENDING_BY_REASON, STUDY_ENDED, STUDY_STOPPED
from espalier.planning.world.ended import Ended
from espalier.planning.world.ended_costs import EndedCosts, change
from espalier.planning.world.exact import exact
from espalier.planning.world.faults import OUTAGES, TEMPLATE_FAULTS
from espalier.planning.world.names import FIRST_HAND_MADE
from espalier.pruning import FIRST_REPEAT, TrialState, is_repeat

Place = tuple[float, int]
"""When a trial ended, and its number."""
Result = tuple[float, int]
"""A trial's last value, and its number."""

_WITH_STUDY = frozenset({STUDY_ENDED.reason, STUDY_STOPPED.reason, BUDGET_SPENT.reason})


class Tally:
    """The trials of a study that have ended.

    Attributes
    ----------
    trials : dict
        Each of them, by its number.
    numbers : sorted list of int
        Their numbers.
    seen : int
        How many of them have an object.
    names : Counter of str
        The objects' names, but those that end in the trial's number.
    phases, endings : Counter of str
        How many ended in each phase, and for each reason.
    prunings : Counter
        How many were pruned, by pruner and reason.
    gpu_seconds, seconds : int
        Exact sums of the time that they held accelerators and nodes.
    steps : int
        The highest steps that they have reported, all together.
    costs : EndedCosts
        What they tell of what pruning has saved; repeats of finalists tell nothing, since none of
        them could have been pruned.
    ends, failures : sorted list of Place
        All of them, and those that failed while their study went on, by when they ended.
    own_failures : int
        How many failed by their own fault, besides those by a fault of the template.
    template_failures : Counter of int
        How many failed by a fault of each template that is no outage.
    outages : dict
        By template and reason, when trials ended that one outage may have ended.
    faults : dict
        By number, the template by whose fault a sampled trial ended.
    faulted : Counter of int
        How many sampled trials ended by a fault of each template.
    results : sorted list of Result
        Last values of those that are compared with each other; see `result_of`.
    """

    def __init__(self, trials: Iterable[Ended] = ()) -> None:
        self.trials: dict[int, Ended] = {}
        self.numbers: SortedList[int] = SortedList()
        self.seen = 0
        self.names: Counter[str] = Counter()
        self.phases: Counter[str] = Counter()
        self.endings: Counter[str] = Counter()
        self.prunings: Counter[tuple[str, str]] = Counter()
        self.gpu_seconds = self.seconds = self.steps = 0
        self.costs = EndedCosts()
        self.ends: SortedList[Place] = SortedList()
        self.failures: SortedList[Place] = SortedList()
        self.own_failures = 0
        self.template_failures: Counter[int] = Counter()
        self.outages: dict[tuple[int, str], SortedList[float]] = defaultdict(SortedList)
        self.faults: dict[int, int] = {}
        self.faulted: Counter[int] = Counter()
        self.results: SortedList[Result] = SortedList()
        self._trained: dict[int, float] = {}
        self._unsure: set[int] = set()
        for ended in trials:
            self.fold(ended)

    def __len__(self) -> int:
        return len(self.trials)

    def __contains__(self, number: object) -> bool:
        return number in self.trials

    def fold(self, ended: Ended) -> None:
        """Take a trial in, or what has become of it."""
        old = self.trials.get(ended.number)
        if old is not None:
            if _same(old, ended):
                return
            self.unfold(ended.number)
        self.trials[ended.number] = ended
        self.numbers.add(ended.number)
        if not is_repeat(ended.number):
            self.costs.add(ended.record, _said(ended))
        self._count(ended, 1)
        if ended.trained_at > self._trained.get(ended.template, -math.inf):
            self._trained[ended.template] = ended.trained_at

    def unfold(self, number: int) -> None:
        """Take a trial out, if it is in."""
        ended = self.trials.pop(number, None)
        if ended is None:
            return
        self.numbers.remove(number)
        if not is_repeat(number):
            self.costs.remove(ended.record)
        self._count(ended, -1)
        if ended.trained_at == self._trained.get(ended.template):
            self._unsure.add(ended.template)

    @staticmethod
    def result_of(ended: Ended) -> Result | None:
        """Return a trial's result; None if it failed, diverged, or is a repeat of a finalist."""
        latest, number = ended.record.latest, ended.number
        if latest is None or not math.isfinite(latest) or is_repeat(number):
            return None
        return None if ended.end.state is TrialState.FAILED else (latest, number)

    def trained_at(self, template: int) -> float:
        """Return when a trainer of a template began last, as far as pods of these are there."""
        if template in self._unsure:  # the one that tells has gone, as hardly ever happens
            each = (e.trained_at for e in self.trials.values() if e.template == template)
            self._trained[template] = max(each, default=-math.inf)
            self._unsure.discard(template)
        return self._trained.get(template, -math.inf)

    def below(self, number: int) -> int:
        """Return how many of them have a smaller number."""
        return int(self.numbers.bisect_left(number))

    @property
    def repeats(self) -> int:
        """How many of them are repeats of finalists."""
        return len(self.numbers) - self.below(FIRST_REPEAT)

    def last_searched(self) -> int:
        """Return the largest number of those that are no repeats; -1 if there is none."""
        at = self.below(FIRST_REPEAT)
        return int(self.numbers[at - 1]) if at else -1

    def newest(self) -> Ended | None:
        """Return the one that ended last."""
        return self.trials[self.ends[-1][1]] if self.ends else None

    def newest_failure(self) -> Ended | None:
        """Return the one that failed last."""
        return self.trials[self.failures[-1][1]] if self.failures else None

    def newest_first(self) -> Iterator[Ended]:
        """Yield all of them, the one that ended last first."""
        return (self.trials[number] for _, number in reversed(self.ends))

    def named(self, name: str, number: int | None) -> bool:
        """Whether the object of one of them has a name, which would be that of a number."""
        if self.names[name] > 0:
            return True
        found = self.trials.get(number) if number is not None else None
        return found is not None and found.view is not None and found.view.name == name

    def _count(self, ended: Ended, by: int) -> None:
        """Add to the sums, or take from them."""
        record, end, number = ended.record, ended.end, ended.number
        place = (end.at, number)
        change(self.ends, place, by)
        if (result := self.result_of(ended)) is not None:
            change(self.results, result, by)
        self.phases[end.state.value] += by
        self.endings[end.reason] += by
        if record.prune is not None:
            self.prunings[record.prune.pruner, str(record.prune.reason)] += by
        if ended.view is not None:
            self.seen += by
            if not ended.view.name.endswith(f"-{number}"):
                self.names[ended.view.name] += by
        self.gpu_seconds += by * exact(end.gpu_seconds)
        self.seconds += by * exact(end.held)
        self.steps += by * (record.step or 0)
        if end.state is TrialState.FAILED and end.reason not in _WITH_STUDY:
            change(self.failures, place, by)
        self._count_faults(ended, by)

    def _count_faults(self, ended: Ended, by: int) -> None:
        end, number = ended.end, ended.number
        ending, faulty = ENDING_BY_REASON.get(end.reason), end.reason in TEMPLATE_FAULTS
        if faulty and number < FIRST_HAND_MADE:
            self.faulted[end.template] += by
            if by > 0:
                self.faults[number] = end.template
            else:
                del self.faults[number]
        if ending is None or not ending.counts:
            return
        if not faulty:
            self.own_failures += by
        elif end.reason in OUTAGES:
            change(self.outages[end.template, end.reason], end.at, by)
        else:
            self.template_failures[end.template] += by


def _same(old: Ended, new: Ended) -> bool:
    """Whether nothing has become of a trial; the very same objects tell, all others may differ."""
    facts = (old.template, old.trained_at) == (new.template, new.trained_at)
    record = old.record is new.record or old.record == new.record
    return facts and old.view is new.view and record


def _said(ended: Ended) -> tuple[float, float] | None:
    """Return what a Trial says of the steps and seconds that pruning it has saved."""
    if ended.view is None:
        return None
    status = ended.view.status
    said = status.get("stepsSaved"), status.get("trialSecondsSaved")
    steps, seconds = (math.nan if each is None else float(each) for each in said)
    return steps, seconds
