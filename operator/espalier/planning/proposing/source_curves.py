"""What trials have reported, gathered in little room."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping

from espalier.planning.proposing.past import outcome_of
from espalier.planning.proposing.taking_over import SourceTrial
from espalier.planning.world.parameters_text import parameters_of_text
from espalier.planning.world.record import End
from espalier.pruning import Terms, is_repeat
from espalier.search import Outcome

GOING_ON = "had not ended"
LOST = "lost by no fault of its own"


class SourceCurves:
    """Takes the values of an earlier study in the order of arrival.

    Parameters
    ----------
    terms
        What that study compares its trials by.
    """

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._curves: dict[int, tuple[array[int], array[float]]] = {}

    def take(self, trial: int, metric: str, step: int, value: float) -> None:
        """Take a value; the first of a step counts, and what comes before the last does not."""
        terms = self._terms
        if metric != terms.metric:
            return
        if terms.passes(step):
            if not terms.clamps:
                return
            step = terms.within(step)
        curve = self._curves.get(trial)
        if curve is None:
            curve = self._curves[trial] = array("q"), array("d")
        steps, values = curve
        if not steps or step > steps[-1]:
            steps.append(step)
            values.append(value)

    def trials(
        self, ends: Iterable[tuple[int, End]], parameters: Mapping[int, str]
    ) -> tuple[list[SourceTrial], Mapping[str, int]]:
        """Return the trials that tell something, and how many others there are, by the reason.

        Parameters
        ----------
        ends
            How trials ended, in the order of the log.
        parameters
            As JSON, of all trials of the study that are known, by number.
        """
        told: list[SourceTrial] = []
        left_out: Counter[str] = Counter()
        ended = {number: end for number, end in ends if not is_repeat(number)}
        left_out[GOING_ON] = sum(
            number not in ended for number in parameters if not is_repeat(number)
        )
        for number, end in ended.items():
            outcome = outcome_of(end)
            if outcome is Outcome.LOST or number not in parameters:
                left_out[LOST] += 1
                continue
            steps, values = self._curves.get(number, ((), ()))
            given = parameters_of_text(parameters[number])
            told.append(SourceTrial(number, given, outcome, steps, values))
        return told, {reason: count for reason, count in left_out.items() if count}
