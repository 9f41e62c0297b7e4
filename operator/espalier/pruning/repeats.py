"""Numbers of the trials that run a finalist again: they lie beyond all others and say what it is.

Whoever reads a log knows by the number alone that a value is a repeat's: none is judged, so that
what is learnt once the search is over changes nothing of what was decided in it.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_REPEAT = 10**12
"""Repeats are numbered from here on; no sampled trial nor one made by hand comes so far."""
MOST_REPEATS = 20
"""How often a finalist is run again at most."""
_PLACES = 100


@dataclass(frozen=True, slots=True)
class Repeat:
    """A finalist's run with another seed.

    Parameters
    ----------
    of
        The finalist's number.
    index
        Which of its repeats it is, from 1 on.
    """

    of: int
    index: int

    @property
    def number(self) -> int:
        """The repeat's own number: of trial 7's third it is 1000000000703."""
        return FIRST_REPEAT + self.of * _PLACES + self.index


def is_repeat(number: int) -> bool:
    """Whether a trial's number is that of a repeat."""
    return number >= FIRST_REPEAT


def repeat_of(number: int) -> Repeat | None:
    """Return what a number says of a repeat; None where it is another trial's."""
    return Repeat(*divmod(number - FIRST_REPEAT, _PLACES)) if is_repeat(number) else None
