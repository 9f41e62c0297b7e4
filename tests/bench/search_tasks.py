"""What is searched: recorded tasks through their surrogates, and trainers that train."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from espalier.backtest.curves import read_file
from espalier.pruning import Direction
from espalier.search import Choice, Domain, FloatRange, IntRange, Parameter, Scale, Space, Value
from tests.bench import search_live
from tests.bench.search_surrogate import Array, Surrogate, checked

CURVES = Path(__file__).parent.parent / "curves"
RECORDED = (
    *("lgbm_diamonds_rmse", "rf_randhie_ap", "gru_names_nats", "nmf_digits_error"),
    *("mlp_diabetes_mse", "clr_cut_nll", "dpsgd_chile_seeds_acc", "qlearn_grid_success"),
)
"""Of the kinds `clean` (four), `crossing`, `noisy` (two) and `jumps`: those tasks of each whose
surrogate ranks ends best (`python -m tests.bench.search check`)."""
LIVE = ("live_mlp_digits_acc", "live_boosting_diabetes_rmse")


@dataclass(frozen=True)
class Course:
    """A trial of a configuration: its values step by step, and what it is worth.

    Parameters
    ----------
    values
        In the user's sign; taken only as far as the trial runs.
    step_time
        GPU time of a step, in mean trials' whole times.
    worth
        What a trial that completed with a last score is worth, oriented so that larger is better:
        its score without noise where that is known.
    """

    values: Iterator[float]
    step_time: float
    worth: Callable[[float], float]


@dataclass(frozen=True)
class Task:
    """What is searched.

    Parameters
    ----------
    name, space, direction, horizon
        As a Study has them.
    begin
        Begins a trial of a configuration.
    """

    name: str
    space: Space
    direction: Direction
    horizon: int
    begin: Callable[[Mapping[str, Value]], Course]


@cache
def task(name: str) -> Task:
    """Make a task ready."""
    if name in LIVE:
        trainer = search_live.TRAINERS[name]

        def train(configuration: Mapping[str, Value]) -> Course:
            values = trainer.train(configuration)
            return Course(values, 1.0 / trainer.steps, lambda score: score)

        return Task(name, trainer.space, trainer.direction, trainer.steps, train)
    recorded = Recorded.read(name)
    surrogate = Surrogate(
        recorded.space, recorded.configurations, recorded.values, recorded.seconds
    )
    sign, horizon = recorded.direction.sign, recorded.values.shape[1]

    def replay(configuration: Mapping[str, Value]) -> Course:
        course = surrogate.course(configuration)
        values = iter((sign * course.scores).tolist())
        return Course(values, course.time / horizon, lambda _: course.end)

    return Task(name, recorded.space, recorded.direction, horizon, replay)


@dataclass(frozen=True)
class Recorded:
    """A recorded task with its configurations; values are oriented so that larger is better."""

    space: Space
    direction: Direction
    configurations: list[dict[str, Value]]
    values: Array
    seconds: Array

    @classmethod
    def read(cls, name: str) -> Recorded:
        """Read it from wherever it lies among the recorded curves."""
        (path,) = CURVES.rglob(f"{name}.npz")
        about, curves = json.loads(path.with_suffix(".json").read_text()), read_file(path)
        parameters = [Parameter(key, _domain(told)) for key, told in about["search_space"].items()]
        values = curves.values * curves.direction.sign
        seconds = np.asarray(curves.seconds[:, -1])
        return cls(Space(tuple(parameters)), curves.direction, about["configs"], values, seconds)

    def checked(self) -> tuple[Array, Array]:
        """Give the true ends, and those foretold from the other configurations."""
        return checked(self.space, self.configurations, self.values, self.seconds)


def _domain(told: Mapping[str, Any]) -> Domain:
    if told["type"] == "categorical":
        # Some draw one value twice as often as another; a space has it once.
        return Choice(tuple(dict.fromkeys(told["choices"])))
    scale = Scale.LOG if told.get("log") else Scale.LINEAR
    if told["type"] == "int":
        return IntRange(int(told["low"]), int(told["high"]), scale)
    return FloatRange(float(told["low"]), float(told["high"]), scale)


def every_recorded() -> list[str]:
    """Name all recorded tasks."""
    return sorted(path.stem for path in CURVES.rglob("*.npz"))
