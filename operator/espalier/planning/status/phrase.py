"""What a condition says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a condition says.

    Parameters
    ----------
    status
        Whether it holds; None where that is not known.
    reason
        One word out of a closed list.
    message
        The sentence for people.
    """

    status: bool | None
    reason: str
    message: str
