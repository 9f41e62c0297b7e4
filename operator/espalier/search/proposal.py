"""A proposal: the configuration that a trial is to run, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from espalier.search.space import Value

ENQUEUED = "Enqueued"
"""Source of a configuration that the Study lists."""
UNTRIED = "Untried"
"""Source of one that is simply left of a finite space: the sampler proposed only known ones."""
NONE_LEFT = "NoneLeft"
"""All of a finite space is known: there is nothing to propose."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a trial is to run.

    Parameters
    ----------
    parameters
        Of the configuration; None where none is left that is not known.
    source
        Name of the sampler that chose it, or `ENQUEUED`, `UNTRIED`, `NONE_LEFT`.
    redrawn
        How many configurations were proposed before it that were known already.
    repeats
        Whether it is known itself: the sampler proposed only known ones, of a space without end.
    branches
        The rule by which branches are closed and those that were, as
        `espalier.search.branches.text_of_branches` writes them; empty without a rule.
    """

    parameters: Mapping[str, Value] | None
    source: str
    redrawn: int = 0
    repeats: bool = False
    branches: str = ""
