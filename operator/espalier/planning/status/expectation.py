"""What a Study says of how sure its best trial is, by the noise of the trials' values."""

from __future__ import annotations

from typing import Any

from espalier.planning.standing.look import Look
from espalier.planning.world.record import StudyRecord
from espalier.planning.world.status_words import finite

SURE = 0.9
"""A best trial that is less sure than this is doubted."""


def expectation(look: Look) -> dict[str, Any]:
    """Return the fields of ``status.best`` that tell of noise.

    Where the judge tells of no interval there is no expected value either: the last value stands.
    """
    leaders, by_last = look.snapshot.record.leaders, look.snapshot.record.best
    if not leaders:
        return {}
    first, fields = leaders[0], dict[str, Any]()
    if first.low is not None:
        fields = {
            "expected": finite(first.expected),
            "expectedLow": finite(first.low),
            "expectedHigh": finite(first.high),
            "sure": first.sure,
        }
    if by_last is not None and by_last != first.trial:
        fields["lastBest"] = {"number": by_last, "value": finite(look.record(by_last).latest)}
    return fields


def doubt(record: StudyRecord) -> str:
    """Say that the best trial may not be the best; empty where it is sure, or nothing tells."""
    leaders = record.leaders
    if not leaders or leaders[0].sure is None or leaders[0].sure >= SURE:
        return ""
    first, *others = leaders
    rivals = sum(
        other.low is not None
        and other.high is not None
        and other.low <= first.expected <= other.high
        for other in others
    )
    if not rivals:
        return ""
    count = f"{rivals} other{'' if rivals == 1 else 's'}"
    return (
        f"The best, trial {first.trial}, cannot be told from {count} by values this noisy: "
        f"it is the best of all with a probability of {first.sure:.0%}. "
        "spec.finalists runs the best ones again with other seeds."
    )
