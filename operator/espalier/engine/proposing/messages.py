"""What the operator and the process that proposes for it say to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from espalier.planning.world.study_search import Search
from espalier.search import PastTrial, Proposal


@dataclass(frozen=True, slots=True)
class Keep:
    """Trials of a study that have ended, to be kept for its proposals after those before them.

    Parameters
    ----------
    study
        A number that stands for the study as long as its past only grows.
    pieces
        Each of them, pickled; empty where nothing is known of what one has run.
    """

    study: int
    pieces: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop what is kept of a study."""

    study: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Propose what a trial is to run.

    Parameters
    ----------
    study
        Whose ended trials count, as far as they are kept.
    search
        What the Study says of its search.
    running
        The trials that run, in the order of their numbers.
    number
        The trial's number.
    """

    study: int
    search: Search
    running: Sequence[PastTrial]
    number: int


Message: TypeAlias = Keep | Forget | Ask


class FailedBy(StrEnum):
    """How a sampler has failed."""

    RAISED = "Raised"
    """It raised an exception, or proposed what the space does not have."""
    TOO_LONG = "TooLong"
    """It took longer than it may, and its process was killed."""
    DIED = "Died"
    """It ended its process."""
    NOT_STARTED = "NotStarted"
    """Its process could not be started."""
    PAUSED = "Paused"
    """It was not asked, since it had ended its process several times."""


@dataclass(frozen=True, slots=True)
class SamplerFailure:
    """Why a sampler has proposed nothing.

    Parameters
    ----------
    by
        How it failed.
    words
        What it said, or what was seen.
    """

    by: FailedBy
    words: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """What a trial is to run, and the versions of libraries that it may depend on."""

    found: Proposal
    versions: str


Answer: TypeAlias = Proposed | SamplerFailure
