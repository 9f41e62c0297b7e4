"""How often someone may ask: token buckets, with the time as an argument."""

from __future__ import annotations

from collections import OrderedDict

from espalier.errors import ReportError


class TooFast(ReportError):
    """Someone asks too often; nothing was stored, and the same may be sent again later.

    Parameters
    ----------
    message : str
        Who asks too often.
    after : float
        Seconds to wait.
    """

    def __init__(self, message: str, after: float) -> None:
        super().__init__("TooFast", message, status=429, after=after)


class Bucket:
    """Lets `burst` through at once, and `rate` a second from then on.

    Parameters
    ----------
    rate, burst : float
        Per second, and at once.
    now : float
        Seconds of a clock that never goes back.
    """

    __slots__ = ("_burst", "_left", "_rate", "_then")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._then = burst, now

    def take(self, now: float) -> float:
        """Take one; return 0, or the seconds to wait if there is none."""
        wait = self.wait(now)
        if not wait:
            self._left -= 1.0
        return wait

    def wait(self, now: float) -> float:
        """Return the seconds until there is one to take; take none."""
        self._left = min(self._burst, self._left + (now - self._then) * self._rate)
        self._then = now
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) / self._rate


class Buckets:
    """One bucket for each key; the longest unused ones are forgotten.

    Parameters
    ----------
    rate, burst : float
        Of each bucket.
    most : int
        How many keys are remembered.
    """

    def __init__(self, rate: float, burst: float, most: int = 20_000) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Take one of a key's; return 0, or the seconds to wait."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
            if len(self._buckets) > self._most:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        return bucket.take(now)

    def wait(self, key: str, now: float) -> float:
        """Return the seconds until a key has one to take; take none."""
        bucket = self._buckets.get(key)
        return 0.0 if bucket is None else bucket.wait(now)
