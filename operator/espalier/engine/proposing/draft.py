"""Proposals that are worked out and not recorded yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from espalier.planning.world.parameters_text import text_of_parameters
from espalier.planning.world.study_search import Search
from espalier.search import PastTrial, Proposal
from espalier.store import StoredProposal


@dataclass(frozen=True, slots=True)
class Basis:
    """What a proposal is based on.

    Parameters
    ----------
    number
        The trial's.
    search
        What the Study said of its search.
    past
        The `StudyPast` of its ended trials, by its number.
    ended
        How many of them there were.
    begun
        How many trials had been begun or proposed.
    seq
        The place in the order of arrivals up to which all was known.
    besides
        See `StoredProposal`.
    """

    number: int
    search: Search
    past: int
    ended: int
    begun: int
    seq: int
    besides: str

    def still_serves(self, now: Basis) -> bool:
        """Whether what is based on it may be used: nothing has happened since but trials' ends.

        No configuration that was chosen since can then be the same.
        """
        return (self.number, self.search, self.past, self.begun) == (
            now.number,
            now.search,
            now.past,
            now.begun,
        )

    def is_fresh(self, now: Basis) -> bool:
        """Whether no trial has ended since, either."""
        return self.still_serves(now) and self.ended == now.ended


@dataclass(frozen=True, slots=True)
class SeenPast:
    """All that a proposal is worked out from, as it was at one moment.

    Parameters
    ----------
    basis
        Tells it apart from what is seen at another moment.
    pieces
        The trials that had ended (`StudyPast.pieces`).
    running
        Those that ran.
    """

    basis: Basis
    pieces: Sequence[bytes]
    running: Sequence[PastTrial]


@dataclass(frozen=True, slots=True)
class Draft:
    """A proposal with what it is based on.

    Parameters
    ----------
    versions
        See `StoredProposal`.
    seconds
        For how long it was worked out.
    """

    basis: Basis
    found: Proposal
    versions: str
    seconds: float

    def serves(self, now: Basis, quick: float) -> bool:
        """Whether it may be used: fresh, or where it took longer than this to work it out.

        That nothing is left must be true now: a trial may have been lost since.
        """
        if self.basis.is_fresh(now):
            return True
        slow = self.seconds > quick and self.found.parameters is not None
        return slow and self.basis.still_serves(now)

    def stored(self, at: float) -> StoredProposal:
        """Return it as it is recorded."""
        found, basis = self.found, self.basis
        parameters = found.parameters
        text = None if parameters is None else text_of_parameters(parameters)
        return StoredProposal(
            seq=basis.seq,
            trial=basis.number,
            parameters=text,
            source=found.source,
            redrawn=found.redrawn,
            repeats=found.repeats,
            besides=basis.besides,
            versions=self.versions,
            at=at,
            branches=found.branches,
        )
