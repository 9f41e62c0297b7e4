"""What defines a study for its judge: one value that every layer hands on whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any

from espalier.pruning.direction import Direction

NEWEST_EDITION = 2
"""The edition of the built-in rules that judges studies which begin now.

A release that decides otherwise on the same values counts it up, and keeps what the editions before
decided: a study is judged to its end by the edition that it began with, and its log replays so.
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a study's trials are compared by, fixed once the study has a value.

    Parameters
    ----------
    direction
        Which way the metric is better.
    horizon
        The largest step of a trial, if it is known.
    study_uid
        The uid that exempt trials and brackets are a function of; that of the Study, or of the one
        that it was taken over from.
    metric
        The objective's name.
    target
        The value that the study aims at, in the user's sign.
    trials
        How many trials the study will have, if it is known.
    seed
        What exempt trials and parameters are a function of, besides.
    window
        Compare only with the newest so many trials, by number; None compares with all.
    clamps
        Whether the first value beyond the largest step is judged as if it were of that; in
        studies that earlier versions began it is not judged at all.
    edition
        By which edition of the built-in rules the study is judged: pruners, exempt trials and
        circuit breaker.
    """

    direction: Direction
    horizon: int | None = None
    _: KW_ONLY
    study_uid: str = ""
    metric: str = ""
    target: float | None = None
    trials: int | None = None
    seed: int = 0
    window: int | None = None
    clamps: bool = False
    edition: int = NEWEST_EDITION

    def judges(self, metric: str, step: int) -> bool:
        """Whether a value is judged at its own step: the objective's, up to the largest."""
        return metric == self.metric and not self.passes(step)

    def passes(self, step: int) -> bool:
        """Whether a step lies beyond the largest."""
        return self.horizon is not None and step > self.horizon

    def within(self, step: int) -> int:
        """Return a step, the largest for one that lies beyond it."""
        return step if self.horizon is None else min(step, self.horizon)

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "uid": self.study_uid,
            "metric": self.metric,
            "direction": self.direction.value,
            "target": self.target,
            "horizon": self.horizon,
            "seed": self.seed,
            "trials": self.trials,
            "window": self.window,
            "clamps": self.clamps,
            "edition": self.edition,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Terms:
        """Restore terms from what `to_dict` returned; further keys are other readers'.

        Raises
        ------
        KeyError, ValueError
            If a part is missing, or the direction is none.
        """
        return cls(
            Direction(values["direction"]),
            values["horizon"],
            study_uid=values["uid"],
            metric=values["metric"],
            target=values["target"],
            trials=values["trials"],
            seed=values["seed"],
            window=values["window"],
            clamps=values["clamps"],
            edition=values["edition"],
        )
