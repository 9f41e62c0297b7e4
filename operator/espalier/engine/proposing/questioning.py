"""Asks a sampler, or does without one that fails."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Protocol

from espalier.engine.proposing.draft import Draft, SeenPast
from espalier.engine.proposing.messages import Answer, Ask, FailedBy, Proposed, SamplerFailure
from espalier.engine.proposing.study_past import unpickled
from espalier.engine.proposing.trust import Trust
from espalier.engine.proposing.worker import Question, Worker
from espalier.planning.proposing.checked import (
    propose_checked,
    propose_instead,
    versions_of,
    words_of,
)

_LOG = logging.getLogger(__name__)


class ProposalObserver(Protocol):
    """What is told of proposals; see `espalier.metrics`."""

    def proposal_made(self, sampler: str, seconds: float) -> None:
        """A proposal was worked out, which took so long."""

    def sampler_failed(self, sampler: str, how: str) -> None:
        """A sampler has proposed nothing; `how` is a `FailedBy`'s value."""


class _Unobserved:
    def proposal_made(self, sampler: str, seconds: float) -> None:
        """Count nothing."""

    def sampler_failed(self, sampler: str, how: str) -> None:
        """Count nothing."""


class Asking:
    """Asks samplers: ours that do not learn in a thread, all others in a process of their own.

    Where one fails, what the trial runs is drawn at random: a study does not stand still because of
    its sampler.

    Parameters
    ----------
    worker
        The process.
    clock
        Seconds since the epoch.
    observe
        Told of what was proposed.
    """

    def __init__(
        self, worker: Worker, clock: Callable[[], float], observe: ProposalObserver | None = None
    ) -> None:
        self._worker = worker
        self._clock = clock
        self._observe = observe or _Unobserved()

    async def draft(self, seen: SeenPast, trust: Trust) -> Draft:
        """Return what a trial is to run."""
        search = seen.basis.search
        name, began = search.sampler.name, time.perf_counter()
        answer = await self._asked(seen, trust)
        if isinstance(answer, SamplerFailure):
            trust.failed(answer, self._clock())
            self._observe.sampler_failed(name, answer.by)
            _LOG.warning(
                "sampler %s failed for trial %d, which is drawn at random: %s",
                name,
                seen.basis.number,
                answer.words,
            )
            answer = await asyncio.to_thread(_instead, seen)
        else:
            trust.served()
        seconds = time.perf_counter() - began
        self._observe.proposal_made(name, seconds)
        return Draft(seen.basis, answer.found, answer.versions, seconds)

    async def _asked(self, seen: SeenPast, trust: Trust) -> Answer:
        basis = seen.basis
        if not basis.search.apart:
            return await asyncio.to_thread(_here, seen)
        if (failure := trust.paused(self._clock())) is not None:
            return failure
        ask = Ask(basis.past, basis.search, seen.running, basis.number)
        return await self._worker.propose(Question(ask, seen.pieces))


def _here(seen: SeenPast) -> Answer:
    trials = [*unpickled(seen.pieces), *seen.running]
    try:
        found = propose_checked(seen.basis.search, trials, seen.basis.number)
        return Proposed(found, versions_of(seen.basis.search, found))
    except Exception as error:
        _LOG.exception("a sampler that does not learn has failed")
        return SamplerFailure(FailedBy.RAISED, words_of(error))


def _instead(seen: SeenPast) -> Proposed:
    trials = [*unpickled(seen.pieces), *seen.running]
    return Proposed(propose_instead(seen.basis.search, trials, seen.basis.number), "")
