"""What a trial's sidecar has heard: how each of its collectors is, in words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Mismatch(NamedTuple):
    """A parameter that the trainer says it uses with another value than the Trial's."""

    name: str
    """The parameter's."""
    given: str
    """The Trial's value."""
    used: str
    """The trainer's."""


@dataclass(frozen=True, slots=True)
class Heard:
    """How one collector is; whatever it says was written by the trainer, cut and cleaned.

    Parameters
    ----------
    type
        The collector's ``type``.
    source
        What it reads: for a file, its path below the shared volume.
    fault
        What keeps it from reading, as a sentence; empty if nothing does.
    seen, matched, bad
        Pieces (lines of a file) that it has looked at, that held a value, and that were meant to
        hold one which could not be used.
    passed_over
        The newest piece that held no value.
    names
        Metrics that came, as the source calls them; not all, if they are many.
    mismatches
        Parameters that the trainer uses otherwise than the Trial says.
    """

    type: str
    source: str = ""
    fault: str = ""
    seen: int = 0
    matched: int = 0
    bad: int = 0
    passed_over: str = ""
    names: tuple[str, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
