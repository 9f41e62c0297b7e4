"""What earlier studies of the same task have shown, for a study to begin with."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from espalier.pruning.direction import Direction
from espalier.pruning.history.dense_rungs import DenseRungs, rungs_up_to
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.pruners.auto.leaders import ranks_shown
from espalier.pruning.pruners.auto.noise_margin import Noise, noise_of_leaders
from espalier.pruning.pruners.auto.readiness import Spreads

MOST_SCORES = 64
"""So many of an earlier study's scores at a rung are kept, spread evenly over their ranks."""


@dataclass(frozen=True, slots=True)
class EarlierStudy:
    """What one earlier study has shown, as far as its trials can stand in for a study's own.

    Parameters
    ----------
    name
        Whose it is.
    trials
        How many trials it had.
    columns
        Per rung, and for the end, scores of those that reached it, in ascending order: all of
        them, or `MOST_SCORES` of them.
    reached
        Per rung, and for the end, how many reached it with a finite score.
    known
        Per rung, and for the end, of how many the rank there is known: they reached it, or were
        pruned before.
    ranks
        Its leaders' scaled ranks on their way.
    margin
        By how much one of its values may be behind by noise; None where too few values told.
    spreads
        Per rung the spread of its trials there, as a share of that at their end.
    """

    name: str
    trials: int
    columns: tuple[tuple[float, ...], ...]
    reached: tuple[int, ...]
    known: tuple[int, ...]
    ranks: tuple[float, ...]
    margin: float | None
    spreads: tuple[float, ...]

    @staticmethod
    def of(name: str, ledger: Ledger, horizon: int) -> EarlierStudy:
        """Return what the ledger of an earlier study shows up to a horizon."""
        course = DenseRungs.of(ledger, horizon)
        noise = noise_of_leaders(ledger)
        finite = [[score for score, _ in each if isfinite(score)] for each in course.columns]
        spreads = Spreads.of(ledger, horizon)
        return EarlierStudy(
            name,
            len(ledger),
            tuple(tuple(_thinned(scores)) for scores in finite),
            tuple(map(len, finite)),
            tuple(map(course.known, range(len(course.columns)))),
            tuple(ranks_shown(course, (noise or Noise()).margin)),
            None if noise is None else noise.margin,
            tuple(map(spreads.at, range(len(course.steps)))),
        )

    def better(self, rung: int, score: float) -> float:
        """Return how many of the trials were strictly better at a rung."""
        return self._from(rung, bisect_right(self.columns[rung], score))

    def at_least(self, rung: int, score: float) -> float:
        """Return how many of the trials were as good at a rung, or better."""
        return self._from(rung, bisect_left(self.columns[rung], score))

    def _from(self, rung: int, place: int) -> float:
        column = self.columns[rung]
        return (len(column) - place) * self.reached[rung] / len(column) if column else 0.0

    def to_dict(self, direction: Direction) -> dict[str, Any]:
        """Return plain JSON values, in the user's sign."""
        columns = [[direction.score(score) for score in column] for column in self.columns]
        return {
            "name": self.name,
            "trials": self.trials,
            "columns": columns,
            "reached": list(self.reached),
            "known": list(self.known),
            "ranks": list(self.ranks),
            "margin": self.margin,
            "spreads": list(self.spreads),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], direction: Direction) -> EarlierStudy:
        """Restore what `to_dict` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a part is missing or none.
        """
        margin = values["margin"]
        return cls(
            str(values["name"]),
            int(values["trials"]),
            tuple(tuple(direction.score(float(v)) for v in each) for each in values["columns"]),
            tuple(map(int, values["reached"])),
            tuple(map(int, values["known"])),
            tuple(map(float, values["ranks"])),
            None if margin is None else float(margin),
            tuple(map(float, values["spreads"])),
        )


@dataclass(frozen=True, slots=True)
class Prior:
    """What earlier studies of the same task, with the same horizon and direction, have shown.

    Parameters
    ----------
    direction
        Which way their metric is better.
    horizon
        The largest step of their trials.
    studies
        What each of them has shown, the newest first.
    """

    direction: Direction
    horizon: int
    studies: tuple[EarlierStudy, ...]

    def __post_init__(self) -> None:
        """Refuse what does not fit together.

        Raises
        ------
        ValueError
            If a study has not a column for each rung and the end, in order and finite.
        """
        size = len(rungs_up_to(self.horizon)) + 1
        for study in self.studies:
            sizes = {len(study.columns), len(study.reached), len(study.known)}
            if sizes != {size} or len(study.spreads) != size - 1:
                raise ValueError(
                    f"expected {size} columns of {study.name!r}, one for each rung and one for "
                    f"the end, got {sorted(sizes)}"
                )
            if not all(map(_fits, study.columns, study.reached, study.known)):
                raise ValueError(
                    f"expected finite scores of {study.name!r} in ascending order, no more than "
                    "reached the rung, and no more of these than are known there"
                )

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "direction": self.direction.value,
            "horizon": self.horizon,
            "studies": [study.to_dict(self.direction) for study in self.studies],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Prior:
        """Restore what `to_dict` returned.

        Raises
        ------
        KeyError, TypeError, ValueError
            If a part is missing or none.
        """
        direction = Direction(values["direction"])
        studies = (EarlierStudy.from_dict(each, direction) for each in values["studies"])
        return cls(direction, int(values["horizon"]), tuple(studies))


def prior_of(
    direction: Direction, horizon: int, ledgers: Iterable[tuple[str, Ledger]]
) -> Prior | None:
    """Return what ledgers of earlier studies show, by name; None if none of them shows anything."""
    shown = (EarlierStudy.of(name, ledger, horizon) for name, ledger in ledgers)
    studies = tuple(study for study in shown if study.reached[0])
    return Prior(direction, horizon, studies) if studies else None


def _thinned(scores: Sequence[float]) -> Sequence[float]:
    """Return all of ascending scores, or `MOST_SCORES` of them at even distances."""
    count = len(scores)
    if count <= MOST_SCORES:
        return scores
    return [scores[(2 * place + 1) * count // (2 * MOST_SCORES)] for place in range(MOST_SCORES)]


def _fits(column: Sequence[float], reached: int, known: int) -> bool:
    ordered = all(a <= b for a, b in zip((-inf, *column), column, strict=False))
    whole = all(map(isfinite, column))
    return whole and ordered and bool(column) == bool(reached) and len(column) <= reached <= known
