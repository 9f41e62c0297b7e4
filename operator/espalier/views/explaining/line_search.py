"""Where the line lies between the values of one step that are kept and those that are not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from espalier.pruning import Decision
from espalier.views.explaining.by_rule import hair_less
from espalier.views.explaining.doubles import least
from espalier.views.explaining.rewound import Rewound

_FURTHER = (1.0, 8.0, 64.0, 512.0)
"""How far beyond all that was reported values are tried, in the span of what was."""


class ClaimBasis(StrEnum):
    """On what a claim stands."""

    CHECKED = "Checked"
    """The rule's own cut-off; the judge, asked again, keeps it and prunes what is a hair worse."""
    SEARCHED = "Searched"
    """Found by asking the judge about one value after the other."""
    BY_RULE = "ByRule"
    """The rule's own cut-off; the judge was not asked, since too much came before."""
    NONE = "None"
    """Nothing is claimed."""


@dataclass(frozen=True, slots=True)
class OtherValue:
    """The least good value with which a trial is kept.

    Parameters
    ----------
    basis
        On what it stands.
    value
        In the user's sign; None where there is none.
    exact
        Whether a value a hair worse is not kept.
    why
        Why nothing is claimed.
    then
        What is decided with this value; None where the judge was not asked.
    """

    basis: ClaimBasis
    value: float | None = None
    exact: bool = False
    why: str = ""
    then: Decision | None = None


class LineSearch:
    """Asks a judge about values for a trial, of which one is known to be kept or not.

    Parameters
    ----------
    rewound
        The judge.
    decided
        What it decided on the value that came.
    up
        Whether larger values are better.
    ends
        Whether a decision is one to end the trial.
    """

    def __init__(
        self, rewound: Rewound, decided: Decision, up: bool, ends: Callable[[Decision], bool]
    ) -> None:
        self._rewound = rewound
        self._decided = decided
        self._up = up
        self._ends = ends

    def agrees(self) -> bool:
        """Whether the judge decides on the value that came as it did."""
        return self._decided.same_as(self._rewound.says(self._rewound.observation.value))

    def checked(self, named: float) -> OtherValue | None:
        """Return a value that a rule names, if the judge keeps it."""
        kept = self._kept(named)
        if kept is None:
            return None
        exact = self._ended(hair_less(named, self._up))
        return OtherValue(ClaimBasis.CHECKED, named, exact, then=kept)

    def found(self, reported: Sequence[float], named: float | None) -> OtherValue:
        """Ask about one value after the other, from the one that came on.

        Parameters
        ----------
        reported
            All numbers that came before.
        named
            What a rule names; None if it names nothing.
        """
        goods = sorted(self._good(value) for value in reported)
        came = self._good(self._rewound.observation.value)
        if self._ends(self._decided):
            return self._upwards(came, goods, named)
        return self._downwards(came, goods, named)

    def _upwards(self, came: float, goods: Sequence[float], named: float | None) -> OtherValue:
        """Look for a better value that is kept."""
        if not math.isfinite(came) and not goods:
            why = "no number has been reported to begin a search with"
            return OtherValue(ClaimBasis.NONE, why=why)
        low = came if math.isfinite(came) else goods[0]
        if kept := self._kept(self._value(low)):
            # Only a value that is no number was pruned: the worst of those that there were is kept.
            return OtherValue(ClaimBasis.SEARCHED, self._value(low), then=kept)
        best = goods[-1] if goods else low
        for high in self._tried(low, best, named):
            if self._kept(self._value(high)) is not None and (line := self._between(low, high)):
                return line
        return OtherValue(ClaimBasis.NONE, why="no value of this one step would have kept it")

    def _downwards(self, came: float, goods: Sequence[float], named: float | None) -> OtherValue:
        """Look for a worse value that is not kept."""
        if not math.isfinite(came):
            return OtherValue(ClaimBasis.NONE, why="what came is no number")
        worst = goods[0] if goods else came
        hair = None if named is None else self._good(hair_less(named, self._up))
        for low in self._tried(-came, -worst, None if hair is None else self._value(-hair)):
            if self._ended(self._value(-low)) and (line := self._between(-low, came)):
                return line
        return OtherValue(ClaimBasis.NONE, why="no value of this one step would have ended it")

    def _between(self, low: float, high: float) -> OtherValue | None:
        """Return the line between a value that is not kept and one that is."""
        value = self._value(least(lambda good: not self._ended(self._value(good)), low, high))
        kept = self._kept(value)
        return None if kept is None else OtherValue(ClaimBasis.SEARCHED, value, True, then=kept)

    def _tried(self, start: float, far: float, named: float | None) -> Iterator[float]:
        """Yield values further and further away from one, in the direction that is looked in."""
        if named is not None and self._good(named) > start:
            yield self._good(named)
        reach = max(far - start, abs(far), 1.0)
        for each in (far, *(far + further * reach for further in _FURTHER)):
            if each > start and math.isfinite(each):
                yield each

    def _good(self, value: float) -> float:
        """Return a value so that larger is better; and back again."""
        return (value if self._up else -value) + 0.0

    _value = _good

    def _kept(self, value: float) -> Decision | None:
        said = self._rewound.says(value)
        return None if said is None or self._ends(said) else said

    def _ended(self, value: float) -> bool:
        said = self._rewound.says(value)
        return said is not None and self._ends(said)
