"""Since when something has not come further, by a clock that never goes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from espalier.planning.world.progress import Token

_MOST = 64
"""States that are remembered of one object: more of them are progress of a kind."""


@dataclass(slots=True)
class _Kept:
    since: float
    token: int
    seen: set[int] = field(default_factory=set)


class Idleness:
    """Remembers when each object last got into a state that it had not been in before.

    To go to and fro between the same states, as a container does that is started again and again,
    is no progress.
    """

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, _Kept]] = {}

    def seen(self, study: str, tokens: Mapping[str, Token], now: float) -> dict[str, float]:
        """Take in the tokens of all that goes on in a study; return for how long each stands still.

        Parameters
        ----------
        study
            Uid of the Study.
        tokens
            See `espalier.planning.world.progress`, by uid.
        now
            Seconds of the steady clock.
        """
        old = self._kept.get(study, {})
        new = {uid: _kept(old.get(uid), hash(token), now) for uid, token in tokens.items()}
        self._kept[study] = new
        return {uid: max(0.0, now - each.since) for uid, each in new.items()}

    def unmoved(self, study: str) -> frozenset[str]:
        """Return what has not come further since it was seen first, as after a restart."""
        return frozenset(uid for uid, each in self._kept.get(study, {}).items() if not each.seen)

    def forget(self, studies: Iterable[str]) -> None:
        """Drop what is remembered of studies."""
        for study in studies:
            self._kept.pop(study, None)


def _kept(kept: _Kept | None, token: int, now: float) -> _Kept:
    if kept is None:
        return _Kept(now, token)
    if token == kept.token:
        return kept
    if token in kept.seen:
        kept.seen.add(kept.token)
        kept.token = token
        return kept
    seen = kept.seen if len(kept.seen) < _MOST else set[int]()
    return _Kept(now, token, {*seen, kept.token})
