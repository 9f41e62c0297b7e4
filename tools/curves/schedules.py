"""Late crossings through learning-rate schedules: a CNN on digits, a GRU on identifiers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import identifiers
from tools.curves.nets import SCHEDULES, Net, cross_entropy, drop, mlp, mlp_init, train

CNN_TRAIN, CNN_VAL = 1000, 500
GRU_TRAIN, GRU_VAL, GRU_LENGTH = 3000, 600, 12


def cnn_task() -> c.Task:
    return c.Task(
        name="cnn_digits_nll",
        description="learning-rate schedules with and without warm-up: annealed runs overtake "
        "constant ones in the last steps; weight noise and large rates give ragged curves",
        dataset="scikit-learn digits (8x8 images): 1000 train / 500 val, pixel noise 0.3 sd",
        model="CNN (3x3 convolution, 2x2 max-pooling, dense head), Adam or SGD with momentum",
        direction="min",
        metric="validation cross-entropy (nats)",
        resource="512 images (about 1/2 epoch)",
        space={
            "lr": c.log(3e-4, 1.0),
            "momentum": c.uniform(0.0, 0.98),
            "weight_decay": c.log(1e-6, 0.1),
            "dropout": c.uniform(0.0, 0.6),
            "channels": c.choice(6, 12),
            "batch_size": c.choice(16, 64),
            "optimizer": c.choice("adam", "sgd"),
            "schedule": c.choice(*SCHEDULES),
            "warmup": c.choice(0.0, 0.1, 0.4),
            "init_gain": c.log(0.3, 3.0),
        },
        n=160,
        s=60,
        seed=103,
    )


def noisy_digits() -> tuple[jax.Array, jax.Array]:
    """Im2col patches [n,36,9] of the noisy digits (6x6 positions) and the labels."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(3)
    order = rng.permutation(len(y))[: CNN_TRAIN + CNN_VAL]
    images = x[order].reshape(-1, 8, 8) / 16.0 - 0.3
    images += 0.3 * rng.standard_normal(images.shape)
    shifts = [images[:, i : i + 6, j : j + 6] for i in range(3) for j in range(3)]
    patches = np.stack(shifts, -1).reshape(len(order), 36, 9)
    return jnp.asarray(patches, jnp.float32), jnp.asarray(y[order])


def cnn_net(x: jax.Array, y: jax.Array, channels: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> dict:
        a, b = jax.random.split(key)
        gain = hp["init_gain"]
        kernel = mlp_init(a, [9, channels], gain)
        return {"conv": kernel, "head": mlp_init(b, [9 * channels, 32, 10], gain)}

    def logits(p: dict, rows: jax.Array, key: jax.Array | None, hp: dict) -> jax.Array:
        h = jax.nn.relu(mlp(p["conv"], rows))
        h = h.reshape(-1, 3, 2, 3, 2, channels).max((2, 4)).reshape(-1, 9 * channels)
        if key is not None:
            h = drop(h, key, hp["dropout"])
        return mlp(p["head"], h)

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        return cross_entropy(logits(p, x[index], key, hp), y[index])

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        return cross_entropy(logits(p, x[CNN_TRAIN:], None, hp), y[CNN_TRAIN:])

    return Net(init, loss, metric, CNN_TRAIN, 512 // batch, batch)


def cnn_digits_nll(outdir: str) -> None:
    """Train the CNN task and write it."""
    task = cnn_task()
    x, y = noisy_digits()
    values, seconds = train(
        task, lambda k: (k["channels"], k["batch_size"]), lambda *g: cnn_net(x, y, *g), 20
    )
    c.save(task, values, seconds, outdir)


def gru_task() -> c.Task:
    return c.Task(
        name="gru_names_nats",
        description="learning-rate schedules with and without warm-up on a recurrent network; "
        "gradient clipping and start-up decide which runs explode",
        dataset="identifiers of the Python stdlib (lower case, up to 12 characters): "
        "3000 train / 600 val names",
        model="character GRU, Adam or SGD with momentum",
        direction="min",
        metric="validation loss (nats per character)",
        resource="12 minibatches",
        space={
            "lr": c.log(1e-4, 1.0),
            "momentum": c.uniform(0.3, 0.98),
            "weight_decay": c.log(1e-7, 0.1),
            "dropout": c.uniform(0.0, 0.5),
            "hidden": c.choice(24, 48),
            "batch_size": c.choice(16, 48),
            "optimizer": c.choice("adam", "sgd"),
            "schedule": c.choice(*SCHEDULES),
            "warmup": c.choice(0.0, 0.1, 0.3),
            "clip": c.log(0.03, 30.0),
            "gate_bias": c.uniform(-2.0, 3.0),
        },
        n=160,
        s=50,
        seed=104,
    )


def names() -> jax.Array:
    """Names as [n, 13] symbol numbers: 0 is start/end, 1..28 are a-z, _ and digits."""
    words = [w for w in identifiers() if 3 <= len(w) <= GRU_LENGTH]
    order = np.random.default_rng(4).permutation(len(words))[: GRU_TRAIN + GRU_VAL]
    table = np.zeros((len(order), GRU_LENGTH + 1), np.int32)
    for row, pick in enumerate(order):
        codes = [27 if ch == "_" else 28 if ch.isdigit() else ord(ch) - 96 for ch in words[pick]]
        table[row, : len(codes)] = codes
    return jnp.asarray(table)


def gru_net(table: jax.Array, hidden: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> dict:
        a, b, d = jax.random.split(key, 3)
        return {
            "embed": 0.3 * jax.random.normal(a, (29, 16)),
            "gates": 0.7 * jax.random.normal(b, (16 + hidden, 2 * hidden)) / hidden**0.5,
            "bias": hp["gate_bias"] * jnp.ones(2 * hidden),
            "new": 0.7 * jax.random.normal(d, (16 + hidden, hidden)) / hidden**0.5,
            "out": mlp_init(key, [hidden, 29], 0.5),
        }

    def nats(p: dict, rows: jax.Array, key: jax.Array | None, hp: dict) -> jax.Array:
        before = jnp.concatenate([jnp.zeros_like(rows[:, :1]), rows[:, :-1]], 1)

        def cell(h: jax.Array, e: jax.Array) -> tuple[jax.Array, jax.Array]:
            gates = jax.nn.sigmoid(jnp.concatenate([e, h], -1) @ p["gates"] + p["bias"])
            keep, reset = gates[:, :hidden], gates[:, hidden:]
            new = jnp.tanh(jnp.concatenate([e, reset * h], -1) @ p["new"])
            h = keep * h + (1 - keep) * new
            return h, h

        start = jnp.zeros((rows.shape[0], hidden))
        states = jax.lax.scan(cell, start, p["embed"][before.T])[1]
        if key is not None:
            states = drop(states, key, hp["dropout"])
        picked = jnp.take_along_axis(
            jax.nn.log_softmax(mlp(p["out"], states)), rows.T[..., None], -1
        )[..., 0]
        used = jnp.concatenate([jnp.ones_like(rows[:, :1]), rows[:, :-1] > 0], 1).T
        return -(picked * used).sum() / used.sum()

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        return nats(p, table[index], key, hp)

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        return nats(p, table[GRU_TRAIN:], None, hp)

    return Net(init, loss, metric, GRU_TRAIN, 12, batch)


def gru_names_nats(outdir: str) -> None:
    """Train the GRU task and write it."""
    task = gru_task()
    table = names()
    values, seconds = train(
        task, lambda k: (k["hidden"], k["batch_size"]), lambda *g: gru_net(table, *g), 20
    )
    c.save(task, values, seconds, outdir)
