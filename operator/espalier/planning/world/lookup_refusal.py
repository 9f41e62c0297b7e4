"""Why something that a Study names elsewhere cannot be taken from there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LookupRefusal:
    """Why what is to be looked up once, before the first trial, was not found.

    Parameters
    ----------
    asked
        `fingerprint` of what was looked for: `WarmStart.asked` or `PrunerLookup.asked`.
    message
        What was expected, what came, what to do.
    until
        When it is to be tried again, in seconds since the epoch.
    """

    asked: int
    message: str
    until: float
