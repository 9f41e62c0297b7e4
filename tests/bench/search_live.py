"""Two trainers that train: a small network on digits, and boosted trees on diabetes progression."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from espalier.pruning import Direction
from espalier.search import Choice, FloatRange, IntRange, Parameter, Scale, Space, Value

EPOCHS = 16
ROUNDS = 16
TREES_A_ROUND = 2


@dataclass(frozen=True)
class Trainer:
    """A training with its space; `train` gives the validation value after each step."""

    space: Space
    direction: Direction
    steps: int
    train: Callable[[Mapping[str, Value]], Iterator[float]]


@cache
def _split(load: Callable[..., Any], training: int) -> list[Any]:
    data, target = load(return_X_y=True)
    data = (data - data.mean(axis=0)) / (data.std(axis=0) + 1e-9)
    return list(train_test_split(data, target, train_size=training, random_state=0))


def network(values: Mapping[str, Value]) -> Iterator[float]:
    """Train for an epoch at a time on 300 digits; the accuracy on the other 1,497."""
    data, others, target, wanted = _split(load_digits, 300)
    model = MLPClassifier(
        hidden_layer_sizes=(int(values["width"]),),
        activation=str(values["activation"]),
        solver=str(values["solver"]),
        alpha=float(values["alpha"]),
        batch_size=int(values["batch_size"]),
        learning_rate_init=float(values["learning_rate"]),
        momentum=float(values["momentum"]),
        random_state=0,
    )
    with warnings.catch_warnings(action="ignore"), np.errstate(all="ignore"):
        for _ in range(EPOCHS):
            try:
                model.partial_fit(data, target, classes=np.arange(10))
                yield float(model.score(others, wanted))
            except ValueError:  # the weights are not finite any more
                yield float("nan")


def boosting(values: Mapping[str, Value]) -> Iterator[float]:
    """Grow two trees a step on 200 patients; the RMSE on the other 242."""
    data, others, target, wanted = _split(load_diabetes, 200)
    model = GradientBoostingRegressor(
        learning_rate=float(values["learning_rate"]),
        max_depth=int(values["max_depth"]),
        subsample=float(values["subsample"]),
        max_features=float(values["max_features"]),
        min_samples_leaf=int(values["min_samples_leaf"]),
        loss=str(values["loss"]),
        warm_start=True,
        random_state=0,
    )
    for step in range(1, ROUNDS + 1):
        model.set_params(n_estimators=step * TREES_A_ROUND)
        model.fit(data, target)
        yield float(np.sqrt(np.mean((model.predict(others) - wanted) ** 2)))


def _log(name: str, low: float, high: float) -> Parameter:
    return Parameter(name, FloatRange(low, high, Scale.LOG))


TRAINERS = {
    "live_mlp_digits_acc": Trainer(
        Space(
            (
                _log("learning_rate", 1e-4, 1.0),
                Parameter("momentum", FloatRange(0.0, 0.98)),
                _log("alpha", 1e-6, 10.0),
                Parameter("width", IntRange(4, 48, Scale.LOG)),
                Parameter("batch_size", Choice((16, 64))),
                Parameter("solver", Choice(("sgd", "adam"))),
                Parameter("activation", Choice(("relu", "tanh", "logistic"))),
            )
        ),
        Direction.MAXIMIZE,
        EPOCHS,
        network,
    ),
    "live_boosting_diabetes_rmse": Trainer(
        Space(
            (
                _log("learning_rate", 0.003, 1.0),
                Parameter("max_depth", IntRange(1, 8)),
                Parameter("subsample", FloatRange(0.2, 1.0)),
                Parameter("max_features", FloatRange(0.1, 1.0)),
                Parameter("min_samples_leaf", IntRange(1, 40, Scale.LOG)),
                Parameter("loss", Choice(("squared_error", "absolute_error", "huber"))),
            )
        ),
        Direction.MINIMIZE,
        ROUNDS,
        boosting,
    ),
}
