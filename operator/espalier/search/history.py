"""What trials have shown so far, for samplers that learn from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from espalier.search.space import Value


@dataclass(frozen=True, slots=True)
class PastTrial:
    """A trial that has completed or was pruned.

    Attributes
    ----------
    number
        The trial's number; one made by hand has 1,000,000 or more.
    parameters
        Its parameters: those that took part.
    pruned
        Whether it was pruned; otherwise it completed.
    step
        The last step that it reported; None if it reported nothing.
    score
        Its value at that step, turned so that larger is better whatever the study's direction;
        None if it reported nothing, or diverged.
    """

    number: int
    parameters: Mapping[str, Value]
    pruned: bool
    step: int | None
    score: float | None


History = Sequence[PastTrial]
"""The trials that have completed or were pruned, in the order of their ends; that of a longer
history begins with the shorter one."""

NO_HISTORY: History = ()
