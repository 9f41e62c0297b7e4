"""A study's log as its search reads it: event by event, while it happens and in a replay alike."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType

from espalier.planning.proposing.past import ended_trial, running_trial
from espalier.planning.world.record import End
from espalier.pruning import Ledger, Report, Terms, TrialState, as_judged, is_repeat
from espalier.search import Outcome, PastTrial


@dataclass(frozen=True, slots=True)
class EndedCurve:
    """How a trial ended, and what it had reported by then, or by when it was pruned.

    Parameters
    ----------
    end
        How it ended.
    steps, scores
        What it had reported, by step; scores are oriented so that larger is better.
    """

    end: End
    steps: Sequence[int] = ()
    scores: Sequence[float] = ()


class SearchLog:
    """What the trials of a study have shown to its search.

    It follows from the events of the log in their order, and from nothing else: neither from the
    pruner, which another version may have changed, nor from when it is asked. A trial's curve is
    closed by the stored decision to prune it or by its ending; what comes later changes nothing.
    Finalists' repeats are passed over.

    Parameters
    ----------
    terms
        What the study's values are compared by.

    Attributes
    ----------
    ended : mapping of int to EndedCurve
        The trials that have ended, in the order of their ends; it only grows.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        # A ledger for each trial that goes on: it sorts out attempts, repeats and late values.
        self._going_on: dict[int, Ledger] = {}
        self._ended: dict[int, EndedCurve] = {}
        self.ended: Mapping[int, EndedCurve] = MappingProxyType(self._ended)
        # What was told of them last, and what they ran.
        self._told: dict[int, tuple[str, PastTrial]] = {}

    def value(self, report: Report) -> None:
        """Take in a value of the objective, as it arrived."""
        number = report.trial
        if number in self._ended or is_repeat(number):
            return
        ledger = self._ledger(number)
        judged = as_judged(ledger, report)
        if judged is not None:
            ledger.append(judged)

    def prune(self, number: int) -> None:
        """Take in that it was decided to prune a trial."""
        if number not in self._ended and not is_repeat(number):
            self._ledger(number).close(number, TrialState.PRUNED)

    def end(self, number: int, end: End) -> None:
        """Take in how a trial ended; the first ending stands."""
        if number in self._ended or is_repeat(number):
            return
        ledger = self._going_on.pop(number, None)
        if ledger is None:
            self._ended[number] = EndedCurve(end)
        else:
            self._ended[number] = EndedCurve(end, *ledger.curve(number).whole())

    def trials(
        self, parameters: Callable[[int], str | None], begun: Iterable[int]
    ) -> list[PastTrial]:
        """Return the trials as a search sees them: the ended ones first.

        Parameters
        ----------
        parameters
            Tells what a trial runs, as JSON; None where nothing is known of it: then it is left
            out.
        begun
            Numbers of trials; those that have not ended are running, and taken in their order.
        """
        found: list[PastTrial] = []
        for number, curve in self._ended.items():
            if (text := parameters(number)) is not None:
                found.append(self._past(number, text, curve))
        for number in sorted(begun):
            if number in self._ended or is_repeat(number):
                continue
            if (text := parameters(number)) is not None:
                found.append(running_trial(number, text))
        return found

    def trials_then(
        self, besides: Set[int], proposed: Mapping[int, str], made: Callable[[int], str | None]
    ) -> list[PastTrial]:
        """Return the trials as a search saw them when it knew of no more than is given.

        Parameters
        ----------
        besides
            What `besides_of` told of these trials.
        proposed
            What trials were to run, as JSON, by number.
        made
            Tells what a trial was made with, as JSON.
        """

        def parameters(number: int) -> str | None:
            text = proposed.get(number)
            return made(number) if text is None and number in besides else text

        return self.trials(parameters, besides)

    def _past(self, number: int, text: str, curve: EndedCurve) -> PastTrial:
        """Return an ended trial, the same object as long as it runs what it ran."""
        known = self._told.get(number)
        if known is None or known[0] != text:
            past = ended_trial(number, text, curve.end, curve.steps, curve.scores)
            known = self._told[number] = text, past
        return known[1]

    def _ledger(self, number: int) -> Ledger:
        ledger = self._going_on.get(number)
        if ledger is None:
            ledger = self._going_on[number] = Ledger(self._terms)
        return ledger


def besides_of(trials: Iterable[PastTrial], proposed: Container[int]) -> set[int]:
    """Return what must be known to find a search's trials again in the log: numbers.

    They are those of the trials that run, and of those that ended without a proposal of their own;
    trials of earlier studies are none of the log's.
    """
    return {
        each.number
        for each in trials
        if not each.earlier and (each.outcome is Outcome.RUNNING or each.number not in proposed)
    }
