"""One look at a study: where each trial stands that may matter, and what the others came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from heapq import merge
from itertools import islice

from espalier.planning.standing.folding import ended_from
from espalier.planning.standing.gathering import (
    gather,
    settled_standing,
    to_make_again,
)
from espalier.planning.standing.standing import Standing
from espalier.planning.world.blueprint import Blueprint
from espalier.planning.world.ended import Ended
from espalier.planning.world.names import repeat_number, sampled_number
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.snapshot import Snapshot, TrialView
from espalier.planning.world.tally import Tally
from espalier.pruning import is_repeat


@dataclass(frozen=True)
class Look:
    """All trials of a study at one moment.

    Parameters
    ----------
    snapshot
        All that is known of the study.
    standings
        Where each trial stands that has not ended, or has left something behind; in the order of
        their numbers. There may be others that have ended.
    tally
        What all trials that have ended come to.
    again
        Numbers whose Trials are to be made once more: they vanished when the cluster went back to
        an earlier state.
    """

    snapshot: Snapshot
    standings: tuple[Standing, ...]
    tally: Tally
    again: frozenset[int] = frozenset()

    @property
    def blueprint(self) -> Blueprint:
        """What the Study means."""
        return self.snapshot.blueprint

    @cached_property
    def going_on(self) -> tuple[Standing, ...]:
        """The trials that have not ended."""
        return tuple(standing for standing in self.standings if standing.end is None)

    @cached_property
    def searching(self) -> tuple[Standing, ...]:
        """The trials that have not ended, without the repeats of finalists."""
        return tuple(standing for standing in self.going_on if not is_repeat(standing.number))

    @property
    def searched(self) -> int:
        """How many trials there are, without the repeats of finalists."""
        return len(self.tally) - self.tally.repeats + len(self.searching)

    @cached_property
    def _numbers(self) -> frozenset[int]:
        return frozenset(standing.number for standing in self.going_on)

    def __len__(self) -> int:
        """Return how many trials there are."""
        return len(self.tally) + len(self.going_on)

    def __contains__(self, number: object) -> bool:
        """Whether there is a trial of this number."""
        return number in self.tally or number in self._numbers

    def below(self, number: int) -> int:
        """Return how many trials have a smaller number."""
        return self.tally.below(number) + sum(each < number for each in self._numbers)

    def record(self, number: int) -> TrialRecord:
        """Return what is stored of a trial."""
        ended = self.tally.trials.get(number)
        return self.snapshot.record.trial(number) if ended is None else ended.record

    def view(self, number: int) -> TrialView | None:
        """Return a Trial's object, None where it has none."""
        ended = self.tally.trials.get(number)
        if ended is not None:
            return ended.view
        return next((s.view for s in self.going_on if s.number == number), None)

    def settled(self, number: int) -> Standing | None:
        """Return where a trial stands that has ended; None if it has not."""
        ended = self.tally.trials.get(number)
        return None if ended is None else settled_standing(self.snapshot, ended)

    def newest_ended(self, among: int) -> list[Standing]:
        """Return those that have ended of so many trials with the highest numbers."""
        numbers = merge(reversed(self.tally.numbers), sorted(self._numbers, reverse=True),
                        reverse=True)  # fmt: skip
        ended = [n for n in islice(numbers, among) if n in self.tally]
        found = (self.settled(number) for number in reversed(ended))
        return [standing for standing in found if standing is not None]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(view.name for view in self.snapshot.trials)

    def is_named(self, name: str) -> bool:
        """Whether there is a Trial object of this name."""
        study = self.snapshot.study.name
        number = sampled_number(study, name)
        if number is None:
            number = repeat_number(study, name)
        return name in self._names or self.tally.named(name, number)

    def new_numbers(self, limit: int) -> Iterator[int]:
        """Yield the numbers below a limit that no trial has, in their order."""
        again = sorted(number for number in self.again if number < self.snapshot.record.sampled)
        numbers = (*again, *range(self.snapshot.record.sampled, limit))
        return (number for number in numbers if number < limit and number not in self)


def look_at(snapshot: Snapshot) -> Look:
    """Bring together what belongs to each trial."""
    standings, tally = gather(snapshot), snapshot.tally
    if tally is None:
        tally = Tally(_ended(standing) for standing in standings if standing.end is not None)
    return Look(snapshot, standings, tally, to_make_again(snapshot))


def _ended(standing: Standing) -> Ended:
    view, name = standing.view, standing.view.name if standing.view is not None else ""
    found = ended_from(
        name, standing.record, view, standing.workloads, standing.pods, standing.trainer
    )
    assert found is not None
    return found
