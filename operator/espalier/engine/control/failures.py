"""What of a study's plans has failed each time that it was tried, and since when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from espalier.engine.control.hindrances import NameTaken, QuotaFull
from espalier.errors import EspalierError
from espalier.planning.acts import CREATE
from espalier.planning.world.snapshot import Failure, FailureKind

_FORGOTTEN = 900.0
"""Seconds after which a creation that was not tried again is forgotten."""


@dataclass(slots=True)
class _Kept:
    message: str
    since: float
    last: float
    kind: FailureKind


class Failures:
    """Remembers failures by Study and act (`espalier.planning.acts.act_of`)."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, _Kept]] = {}

    def failed(self, study: str, act: str, error: BaseException, now: float) -> None:
        """Take in that an act has failed."""
        acts = self._kept.setdefault(study, {})
        known = acts.get(act)
        acts[act] = _Kept(_words(error), known.since if known else now, now, _kind(error))

    def succeeded(self, study: str, act: str) -> None:
        """Take in that an act has been carried out."""
        if (acts := self._kept.get(study)) is not None:
            acts.pop(act, None)

    def planned(self, study: str, acts: Collection[str], now: float) -> None:
        """Forget what is not asked for any more.

        Creations are remembered for a while: they are held back because they fail.
        """
        kept = self._kept.get(study, {})
        for act in [act for act in kept if act not in acts]:
            if not act.startswith(CREATE) or now - kept[act].last > _FORGOTTEN:
                del kept[act]

    def of(self, study: str, now: float) -> Sequence[Failure]:
        """Return what fails, the oldest failure first."""
        found = sorted(self._kept.get(study, {}).items(), key=lambda pair: pair[1].since)
        return tuple(
            Failure(
                act,
                each.message,
                max(0.0, now - each.since),
                max(0.0, now - each.last),
                each.kind,
            )
            for act, each in found
        )

    def forget(self, study: str) -> None:
        """Drop what is remembered of a study."""
        self._kept.pop(study, None)


def _words(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    return text if isinstance(error, EspalierError) else f"{type(error).__name__}: {text}"


def _kind(error: BaseException) -> FailureKind:
    if isinstance(error, NameTaken):
        return FailureKind.NAME
    return FailureKind.QUOTA if isinstance(error, QuotaFull) else FailureKind.OTHER
