"""Heavily noisy metrics: a fixed set of 60 cases (ANES), 64 fresh cases each epoch (Fair)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import standardise
from tools.curves.nets import Net, cross_entropy, drop, mlp, mlp_init, train

ANES_TRAIN, ANES_VAL = 500, 60
FAIR_TRAIN, FAIR_POOL, FAIR_EVAL = 1500, 3000, 64


def anes_task() -> c.Task:
    return c.Task(
        name="mlp_anes_smallval_acc",
        description="60 validation cases: a granular, very noisy metric with many equal values",
        dataset="statsmodels anes96 (party identification in three classes from demography and "
        "left-right placements): 500 train / 60 val",
        model="MLP with layer normalisation, label smoothing and input noise",
        direction="max",
        metric="validation accuracy on 60 fixed cases",
        resource="epoch (512 cases)",
        space={
            "lr": c.log(1e-5, 1.0),
            "momentum": c.uniform(0.0, 0.98),
            "weight_decay": c.log(1e-6, 0.3),
            "dropout": c.uniform(0.0, 0.7),
            "input_noise": c.log(0.01, 1.0),
            "label_smoothing": c.uniform(0.0, 0.4),
            "width": c.choice(16, 48),
            "depth": c.integer(1, 2),
            "batch_size": c.choice(16, 64),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=180,
        s=50,
        seed=105,
    )


def anes() -> tuple[jax.Array, jax.Array]:
    """Nine standardised inputs and the party (0 democrat, 1 independent, 2 republican)."""
    import statsmodels.api as sm

    frame = sm.datasets.anes96.load_pandas().data
    names = ["logpopul", "TVnews", "selfLR", "ClinLR", "DoleLR", "age", "educ", "income"]
    raw = np.column_stack([frame[names], frame.selfLR - frame.DoleLR]).astype(float)
    party = np.digitize(frame.PID, [2.5, 3.5])
    order = np.random.default_rng(5).permutation(len(raw))[: ANES_TRAIN + ANES_VAL]
    return jnp.asarray(standardise(raw)[order]), jnp.asarray(party[order])


def norm_act(h: jax.Array) -> jax.Array:
    """Layer normalisation and GELU."""
    h = (h - h.mean(-1, keepdims=True)) / jnp.sqrt(h.var(-1, keepdims=True) + 1e-5)
    return jax.nn.gelu(h)


def anes_net(x: jax.Array, y: jax.Array, width: int, depth: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> list:
        return mlp_init(key, [x.shape[1], *[width] * depth, 3], 0.7)

    def loss(p: list, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        a, b = jax.random.split(key)
        rows = x[index] + hp["input_noise"] * jax.random.normal(a, (batch, x.shape[1]))
        logits = mlp(p, rows, norm_act, b, hp["dropout"])
        flat = -jax.nn.log_softmax(logits).mean()
        s = hp["label_smoothing"]
        return (1 - s) * cross_entropy(logits, y[index]) + s * flat

    def metric(p: list, key: jax.Array, hp: dict) -> jax.Array:
        logits = mlp(p, x[ANES_TRAIN:], norm_act)
        hit = (logits.argmax(-1) == y[ANES_TRAIN:]).mean()
        return jnp.where(jnp.all(jnp.isfinite(logits)), hit, jnp.nan)

    return Net(init, loss, metric, ANES_TRAIN, 512 // batch, batch)


def mlp_anes_smallval_acc(outdir: str) -> None:
    """Train the ANES task and write it."""
    task = anes_task()
    x, y = anes()
    values, seconds = train(
        task,
        lambda k: (k["width"], k["depth"], k["batch_size"]),
        lambda *g: anes_net(x, y, *g),
        64,
    )
    c.save(task, values, seconds, outdir)


def fair_task() -> c.Task:
    return c.Task(
        name="rbf_fair_minival_auc",
        description="every epoch is judged on 64 fresh validation cases: independent noise that "
        "is larger than the differences between good configurations",
        dataset="statsmodels fair (6,366 women, any affair): 1500 train / pool of 3000 val cases",
        model="radial-basis-function network with trained centres, Adam or SGD",
        direction="max",
        metric="ROC AUC on 64 validation cases drawn anew at each epoch",
        resource="epoch (1,536 cases)",
        space={
            "lr": c.log(1e-4, 1.0),
            "momentum": c.uniform(0.3, 0.98),
            "weight_decay": c.log(1e-6, 0.3),
            "dropout": c.uniform(0.0, 0.6),
            "radius": c.log(0.2, 8.0),
            "init_spread": c.log(0.1, 3.0),
            "centres": c.choice(8, 32),
            "batch_size": c.choice(32, 128),
            "positive_weight": c.log(0.3, 5.0),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=180,
        s=50,
        seed=106,
    )


def fair() -> tuple[jax.Array, jax.Array]:
    """Eight standardised inputs and whether there was an affair."""
    import statsmodels.api as sm

    frame = sm.datasets.fair.load_pandas().data
    raw = frame.drop(columns="affairs").to_numpy(float)
    order = np.random.default_rng(6).permutation(len(raw))[: FAIR_TRAIN + FAIR_POOL]
    label = (frame.affairs.to_numpy() > 0).astype(np.float32)
    return jnp.asarray(standardise(raw)[order]), jnp.asarray(label[order])


def fair_net(x: jax.Array, y: jax.Array, centres: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> dict:
        where = hp["init_spread"] * jax.random.normal(key, (centres, x.shape[1]))
        return {"c": where, "r": jnp.zeros(centres), "w": jnp.zeros(centres), "b": jnp.zeros(())}

    def logit(p: dict, rows: jax.Array, key: jax.Array | None, hp: dict) -> jax.Array:
        apart = (rows**2).sum(-1)[:, None] - 2 * rows @ p["c"].T + (p["c"] ** 2).sum(-1)
        h = jnp.exp(-0.5 * apart * jnp.exp(2 * p["r"]) / (hp["radius"] ** 2 * x.shape[1]))
        if key is not None:
            h = drop(h, key, hp["dropout"])
        return h @ p["w"] + p["b"]

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        z, t = logit(p, x[index], key, hp), y[index]
        weight = jnp.where(t > 0, hp["positive_weight"], 1.0)
        return jnp.mean(weight * (jax.nn.softplus(z) - t * z))

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        rows = FAIR_TRAIN + jax.random.randint(key, (FAIR_EVAL,), 0, FAIR_POOL)
        z, t = logit(p, x[rows], None, hp), y[rows]
        ahead = (z[:, None] > z[None, :]) + 0.5 * (z[:, None] == z[None, :])
        pairs = t[:, None] * (1 - t[None, :])
        auc = (ahead * pairs).sum() / jnp.maximum(pairs.sum(), 1.0)
        return jnp.where(jnp.all(jnp.isfinite(z)), auc, jnp.nan)

    return Net(init, loss, metric, FAIR_TRAIN, 1536 // batch, batch)


def rbf_fair_minival_auc(outdir: str) -> None:
    """Train the Fair task and write it."""
    task = fair_task()
    x, y = fair()
    values, seconds = train(
        task, lambda k: (k["centres"], k["batch_size"]), lambda *g: fair_net(x, y, *g), 64
    )
    c.save(task, values, seconds, outdir)
