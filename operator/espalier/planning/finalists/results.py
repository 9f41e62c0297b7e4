"""What the repeats tell: each finalist's mean and how sure it is, and which of them is best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from espalier.planning.standing.look import Look
from espalier.planning.world.chosen import chosen
from espalier.planning.world.status_words import finite
from espalier.pruning import (
    MOST_REPEATS,
    Direction,
    Repeat,
    RepeatedValues,
    TrialState,
    told_apart,
)


@dataclass(frozen=True, slots=True)
class Finalist:
    """A trial that was run again.

    Parameters
    ----------
    number
        The trial's.
    value
        Its own last value; None where it has none that is finite.
    repeated
        What its repeats have shown.
    told_apart
        Whether it is worse than the one of the best mean beyond the noise; None for that one, and
        where there are too few values to tell.
    """

    number: int
    value: float | None
    repeated: RepeatedValues
    told_apart: bool | None = None


def finalists_of(look: Look) -> tuple[Finalist, ...]:
    """Return what is known of each finalist, in the order in which they were chosen."""
    spec = look.blueprint.spec
    if spec is None:
        return ()
    found = {number: _repeated(look, number) for number in chosen(look.snapshot.study)}
    first = best_mean(found, spec.objective.direction)
    return tuple(
        Finalist(
            number,
            finite(look.record(number).latest),
            repeated,
            None if first in (None, number) else told_apart(repeated, found[first]),
        )
        for number, repeated in found.items()
    )


def best_mean(repeateds: Mapping[int, RepeatedValues], direction: Direction) -> int | None:
    """Return whose mean is the best, of equals the first; None where nobody has one."""
    best: tuple[float, int] | None = None
    for number, repeated in repeateds.items():
        mean = repeated.mean
        if mean is not None and (best is None or direction.better(mean, best[0])):
            best = mean, number
    return None if best is None else best[1]


def named_by(finalists: Sequence[Finalist], direction: Direction) -> Finalist | None:
    """Return the finalist that the repeats name the best; None where none of them completed."""
    first = best_mean({each.number: each.repeated for each in finalists}, direction)
    return next((each for each in finalists if each.number == first), None)


def _repeated(look: Look, number: int) -> RepeatedValues:
    values, failed = [], 0
    for index in range(1, MOST_REPEATS + 1):
        ended = look.tally.trials.get(Repeat(number, index).number)
        if ended is None:
            continue
        value = finite(ended.record.latest) if ended.end.state is TrialState.COMPLETED else None
        if value is None:
            failed += 1
        else:
            values.append(value)
    return RepeatedValues(tuple(values), failed)
