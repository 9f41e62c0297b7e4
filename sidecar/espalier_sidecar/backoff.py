"""How long to wait before trying again."""

from __future__ import annotations


class Backoff:
    """Exponential, with jitter, up to a limit.

    Half of each delay is fixed and half drawn, so that a thousand sidecars that lost the
    operator together do not find it together.

    Parameters
    ----------
    first, limit
        The first full delay and the longest, in seconds.
    """

    def __init__(self, first: float = 0.1, limit: float = 15.0) -> None:
        self._first = first
        self._limit = limit
        self._tries = 0

    def next(self, draw: float) -> float:
        """Return the next delay in seconds; `draw` lies in [0, 1)."""
        full = min(self._limit, self._first * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return full * (0.5 + 0.5 * draw)

    def reset(self) -> None:
        """Start small again: a try went well."""
        self._tries = 0
