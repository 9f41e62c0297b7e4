"""Curves that rise again: an MLP on diabetes (MSE), bags of tokens of source lines (NLL)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import labelled_lines, standardise
from tools.curves.nets import Net, cross_entropy, drop, mlp, mlp_init, train

DIABETES_TRAIN, DIABETES_BATCH = 200, 25
VOCABULARY, CLASSES, WORDS, BOW_TRAIN, BOW_VAL = 500, 10, 12, 1200, 800


def diabetes_task() -> c.Task:
    return c.Task(
        name="mlp_diabetes_mse",
        description="200 training cases: most networks overfit, so that the validation loss falls "
        "first and rises again; the last value counts, and the slow ones win late",
        dataset="scikit-learn diabetes: 200 train / 242 val",
        model="MLP with dropout, input noise and L1, Adam or SGD",
        direction="min",
        metric="validation mean squared error (standardised target)",
        resource="2 epochs",
        space={
            "lr": c.log(1e-4, 0.5),
            "momentum": c.uniform(0.0, 0.97),
            "weight_decay": c.log(1e-5, 1.0),
            "l1": c.log(1e-6, 0.03),
            "dropout": c.uniform(0.0, 0.6),
            "input_noise": c.log(0.01, 1.0),
            "activation": c.choice("relu", "tanh"),
            "width": c.choice(16, 64),
            "depth": c.integer(1, 2),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=180,
        s=50,
        seed=111,
    )


def diabetes_net(x: jax.Array, y: jax.Array, width: int, depth: int, batch: int) -> Net:
    def act(hp: dict):
        return lambda h: jnp.where(hp["activation"] == 0, jax.nn.relu(h), jnp.tanh(h))

    def init(key: jax.Array, hp: dict) -> list:
        return mlp_init(key, [x.shape[1], *[width] * depth, 1], 0.8)

    def loss(p: list, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        a, b = jax.random.split(key)
        rows = x[index] + hp["input_noise"] * jax.random.normal(a, (batch, x.shape[1]))
        error = mlp(p, rows, act(hp), b, hp["dropout"])[:, 0] - y[index]
        return jnp.mean(error**2) + hp["l1"] * sum(jnp.abs(w).sum() for w, _ in p)

    def metric(p: list, key: jax.Array, hp: dict) -> jax.Array:
        return jnp.mean((mlp(p, x[DIABETES_TRAIN:], act(hp))[:, 0] - y[DIABETES_TRAIN:]) ** 2)

    return Net(init, loss, metric, DIABETES_TRAIN, 2 * DIABETES_TRAIN // batch, batch)


def mlp_diabetes_mse(outdir: str) -> None:
    """Train the diabetes task and write it."""
    from sklearn.datasets import load_diabetes

    task = diabetes_task()
    raw, target = load_diabetes(return_X_y=True)
    order = np.random.default_rng(8).permutation(len(raw))
    x = jnp.asarray(standardise(raw)[order])
    y = jnp.asarray(standardise(target[order, None])[:, 0])
    values, seconds = train(
        task,
        lambda k: (k["width"], k["depth"], DIABETES_BATCH),
        lambda *g: diabetes_net(x, y, *g),
        40,
    )
    c.save(task, values, seconds, outdir)


def bow_task() -> c.Task:
    return c.Task(
        name="bow_stdlib_nll",
        description="few and partly undecidable training lines: confident errors let the "
        "validation loss rise far above its minimum; regularised and slow runs win at the end",
        dataset="lines of ten Python stdlib modules, which module is it from (500 tokens): "
        "1200 train / 800 val lines",
        model="mean of token embeddings + one hidden layer (fastText-like), Adam or SGD",
        direction="min",
        metric="validation cross-entropy (nats)",
        resource="epoch (1,200 lines)",
        space={
            "lr": c.log(1e-4, 1.0),
            "momentum": c.uniform(0.0, 0.97),
            "weight_decay": c.log(1e-5, 1.0),
            "dropout": c.uniform(0.0, 0.7),
            "word_dropout": c.uniform(0.0, 0.5),
            "label_smoothing": c.uniform(0.0, 0.3),
            "init_sd": c.log(0.01, 1.0),
            "dim": c.choice(8, 24),
            "batch_size": c.choice(24, 100),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=160,
        s=45,
        seed=112,
    )


def bow_net(words: jax.Array, label: jax.Array, dim: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> dict:
        a, b = jax.random.split(key)
        table = hp["init_sd"] * jax.random.normal(a, (VOCABULARY, dim))
        return {"table": table, "head": mlp_init(b, [dim, 24, CLASSES])}

    def logits(p: dict, rows: jax.Array, key: jax.Array | None, hp: dict) -> jax.Array:
        used = (rows >= 0).astype(jnp.float32)
        if key is not None:
            a, key = jax.random.split(key)
            used *= jax.random.uniform(a, rows.shape) >= hp["word_dropout"]
        h = p["table"][jnp.maximum(rows, 0)] * used[..., None]
        h = h.sum(-2) / jnp.maximum(used.sum(-1), 1.0)[..., None] ** 0.5
        if key is not None:
            a, key = jax.random.split(key)
            h = drop(h, a, hp["dropout"])
        return mlp(p["head"], h, jax.nn.relu, key, hp["dropout"])

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        z, s = logits(p, words[index], key, hp), hp["label_smoothing"]
        return (1 - s) * cross_entropy(z, label[index]) - s * jax.nn.log_softmax(z).mean()

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        return cross_entropy(logits(p, words[BOW_TRAIN:], None, hp), label[BOW_TRAIN:])

    return Net(init, loss, metric, BOW_TRAIN, 1200 // batch, batch)


def bow_stdlib_nll(outdir: str) -> None:
    """Train the source-line task and write it."""
    task = bow_task()
    table, labels = labelled_lines(CLASSES, VOCABULARY, WORDS, BOW_TRAIN + BOW_VAL)
    words, label = jnp.asarray(table), jnp.asarray(labels)
    values, seconds = train(
        task, lambda k: (k["dim"], k["batch_size"]), lambda *g: bow_net(words, label, *g), 24
    )
    c.save(task, values, seconds, outdir)
