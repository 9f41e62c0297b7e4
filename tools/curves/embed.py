"""Word embeddings: skip-gram with negative sampling on the tokens of the stdlib."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import token_stream
from tools.curves.nets import SCHEDULES, Net, train

VOCABULARY, TOKENS, VAL_PAIRS, RIVALS, UPDATES, BATCH = 400, 200_000, 1500, 8, 30, 128


def sgns_task() -> c.Task:
    return c.Task(
        name="sgns_stdlib_auc",
        description="many small gains over a long run, annealed rates overtake late; window, "
        "negatives and sampling exponent change the level the curve ends at",
        dataset="200,000 tokens of the Python stdlib source (400 most frequent): 95 % train / "
        "1500 val pairs of neighbours",
        model="skip-gram word embeddings with negative sampling, Adam or SGD",
        direction="max",
        metric="share of 8 random tokens ranked below the true neighbour (validation pairs)",
        resource="30 minibatches",
        space={
            "lr": c.log(3e-4, 3.0),
            "momentum": c.uniform(0.0, 0.95),
            "weight_decay": c.log(1e-7, 0.1),
            "window": c.integer(1, 8),
            "exponent": c.uniform(0.0, 1.2),
            "init_sd": c.log(0.003, 1.0),
            "dim": c.choice(8, 24),
            "negatives": c.choice(2, 8),
            "optimizer": c.choice("adam", "sgd"),
            "schedule": c.choice(*SCHEDULES),
        },
        n=150,
        s=40,
        seed=115,
    )


def sgns_net(stream: jax.Array, dim: int, negatives: int, batch: int) -> Net:
    n_train = int(0.95 * TOKENS)
    freq = jnp.bincount(stream, length=VOCABULARY) / stream.size
    rng = np.random.default_rng(12)
    place = jnp.asarray(rng.integers(n_train + 10, TOKENS - 10, VAL_PAIRS))
    shift = jnp.asarray(rng.integers(1, 4, VAL_PAIRS) * rng.choice([-1, 1], VAL_PAIRS))
    rival = jnp.asarray(stream[rng.integers(0, n_train, (VAL_PAIRS, RIVALS))])

    def init(key: jax.Array, hp: dict) -> dict:
        word = hp["init_sd"] * jax.random.normal(key, (VOCABULARY, dim))
        return {"word": word, "context": jnp.zeros((VOCABULARY, dim))}

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        a, b, d = jax.random.split(key, 3)
        reach = 1 + (jax.random.uniform(a, (batch,)) * hp["window"]).astype(jnp.int32)
        side = jnp.where(jax.random.bernoulli(b, 0.5, (batch,)), 1, -1)
        true = stream[jnp.clip(index + side * reach, 0, n_train - 1)]
        cumulative = jnp.cumsum(freq ** hp["exponent"])
        draw = jax.random.uniform(d, (batch, negatives)) * cumulative[-1]
        false = jnp.clip(jnp.searchsorted(cumulative, draw), 0, VOCABULARY - 1)
        centre = p["word"][stream[index]]
        good = (centre * p["context"][true]).sum(-1)
        bad = jnp.einsum("bd,bnd->bn", centre, p["context"][false])
        per_pair = jax.nn.softplus(-good).mean() + jax.nn.softplus(bad).sum(-1).mean()
        return per_pair * jnp.where(hp["optimizer"] == 1, 20.0, 1.0)

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        centre = p["word"][stream[place]]
        good = (centre * p["context"][stream[place + shift]]).sum(-1)[:, None]
        bad = jnp.einsum("bd,bnd->bn", centre, p["context"][rival])
        score = (good > bad).mean() + 0.5 * (good == bad).mean()
        return jnp.where(jnp.all(jnp.isfinite(good)), score, jnp.nan)

    return Net(init, loss, metric, n_train, UPDATES, batch)


def sgns_stdlib_auc(outdir: str) -> None:
    """Train the word-embedding task and write it."""
    task = sgns_task()
    stream = jnp.asarray(token_stream(VOCABULARY, TOKENS))
    values, seconds = train(
        task,
        lambda k: (k["dim"], k["negatives"], BATCH),
        lambda *g: sgns_net(stream, *g),
        24,
    )
    c.save(task, values, seconds, outdir)
