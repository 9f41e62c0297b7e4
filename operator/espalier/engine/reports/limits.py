"""What a trial, a study and a namespace may take of the operator with the values they report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from espalier.errors import ReportError


@dataclass(frozen=True, slots=True)
class ValueLimits:
    """Bounds of what reports can take; checked before anything is judged.

    Parameters
    ----------
    values_a_trial : int
        Values that are stored of a trial, of all metrics and attempts.
    metrics_a_trial : int
        Names of metrics that a trial may use.
    judged_steps_a_trial : int
        Values of a trial that are judged: those of the objective's metric.
    values_a_study : int
        Values that are stored of a study.
    values_a_second : float
        New values of a study, on average; four times as many at once.
    store_share : float
        Part of the store's volume that the values and decisions of one namespace may take.
    loop_share : float
        Part of the operator's time that all studies together may judge in, shared equally by
        those that ask for it.
    loop_burst : float
        Seconds that a study may judge at once, before it has to wait for its share.
    slice_seconds : float
        After so much judging for one post the others have their turn.
    longest_wait : float
        Seconds that a post may wait for its study's share; if it had to wait longer, it is
        refused, to be sent again.
    """

    values_a_trial: int = 100_000
    metrics_a_trial: int = 100
    judged_steps_a_trial: int = 20_000
    values_a_study: int = 2_000_000
    values_a_second: float = 5_000.0
    store_share: float = 0.5
    loop_share: float = 0.5
    loop_burst: float = 0.1
    slice_seconds: float = 0.002
    longest_wait: float = 5.0


AT_ONCE = 4
"""How many seconds' worth of values may come at once."""


def setting(limit: str) -> str:
    """Return the flag that sets a limit."""
    return "--" + limit.replace("_", "-")


class LimitReached(ReportError):
    """A bound is reached; nothing of the batch was stored.

    Parameters
    ----------
    limit : str
        The field of `ValueLimits`.
    message : str
        What was expected, what came, what to do.
    more : optional
        As of `ReportError`.
    """

    def __init__(self, limit: str, code: str, message: str, **more: Any) -> None:
        super().__init__(code, f"{message} ({setting(limit)} of the operator)", **more)
        self.limit = limit


def too_many(limit: str, most: float, what: str, advice: str, index: int) -> LimitReached:
    """Return the refusal of a value that is one too many."""
    message = f"expected at most {most:,.0f} {what}; came one more; {advice}"
    return LimitReached(limit, "TooManyValues", message, status=422, index=index)


def too_fast(limit: str, message: str, after: float) -> LimitReached:
    """Return the refusal of a post that may be sent again later."""
    return LimitReached(limit, "TooFast", message, status=429, after=after)
