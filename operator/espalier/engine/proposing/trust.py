"""Whether a sampler is asked at all: not for a while, once it has cost its process repeatedly."""

from __future__ import annotations

from espalier.engine.proposing.messages import FailedBy, SamplerFailure

MOST_LOST = 3
"""Processes that a study's sampler may cost in a row."""
PAUSE = 600.0
"""Seconds for which it is not asked then: each time may take as long as a proposal may."""
_COSTLY = (FailedBy.TOO_LONG, FailedBy.DIED, FailedBy.NOT_STARTED)


class Trust:
    """What a study's sampler has done lately."""

    def __init__(self) -> None:
        self._lost = 0
        self._until = 0.0
        self._last: SamplerFailure | None = None

    @property
    def words(self) -> str:
        """What the last failure said; empty where the last proposal was the sampler's own."""
        return "" if self._last is None else self._last.words

    def paused(self, now: float) -> SamplerFailure | None:
        """Return why it is not to be asked at this time; None where it is."""
        if self._last is None or now >= self._until:
            return None
        again = f"it is asked again in {self._until - now:.0f} s"
        return SamplerFailure(
            FailedBy.PAUSED, f"{self._last.words}; after {self._lost} times, {again}"
        )

    def served(self) -> None:
        """Take in that it has proposed something."""
        self._lost, self._last = 0, None

    def failed(self, failure: SamplerFailure, now: float) -> None:
        """Take in that it has not."""
        if failure.by is FailedBy.PAUSED:
            return
        self._last = failure
        self._lost = self._lost + 1 if failure.by in _COSTLY else 0
        if self._lost >= MOST_LOST:
            self._until = now + PAUSE
