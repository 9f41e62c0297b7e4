"""A sudden take-off: parity of a few of many signs, learnt online."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from tools.curves import common as c
from tools.curves.nets import Net, mlp, mlp_init, train

BITS, RELEVANT, PARITY_VAL = 18, 3, 1000


def parity_task() -> c.Task:
    return c.Task(
        name="parity_mlp_acc",
        description="long flat at chance (one half), then a sudden jump to about 0.9; the time "
        "of the jump varies with every parameter, many never jump",
        dataset="parity of 3 of 18 random signs seen through Gaussian noise (sd 0.5), fresh "
        "examples / 1000 val",
        model="one-hidden-layer MLP, Adam or SGD with momentum, online",
        direction="max",
        metric="validation accuracy on 1000 cases",
        resource="100 minibatches",
        space={
            "lr": c.log(3e-4, 1.0),
            "momentum": c.uniform(0.0, 0.98),
            "weight_decay": c.log(1e-6, 0.1),
            "init_gain": c.log(0.2, 3.0),
            "activation": c.choice("relu", "tanh", "gelu"),
            "loss": c.choice("logistic", "hinge", "square"),
            "width": c.choice(16, 64),
            "batch_size": c.choice(16, 64),
            "optimizer": c.choice("adam", "sgd"),
            "warmup": c.choice(0.0, 0.1),
        },
        n=180,
        s=60,
        seed=110,
    )


def margin_loss(z: jax.Array, t: jax.Array, kind: jax.Array) -> jax.Array:
    """Logistic, hinge or squared loss of scores for labels in -1/1."""
    losses = [jax.nn.softplus(-2 * z * t), jax.nn.relu(1 - z * t)]
    return jnp.select([kind == 0, kind == 1], losses, 0.5 * (z - t) ** 2).mean()


def chosen_act(kind: jax.Array):
    return lambda h: jnp.select([kind == 0, kind == 1], [jax.nn.relu(h), jnp.tanh(h)], gelu(h))


def gelu(h: jax.Array) -> jax.Array:
    return h * jax.nn.sigmoid(1.702 * h)


def parity_net(width: int, batch: int) -> Net:
    def cases(key: jax.Array, n: int) -> tuple[jax.Array, jax.Array]:
        a, b = jax.random.split(key)
        signs = jnp.where(jax.random.bernoulli(a, 0.5, (n, BITS)), 1.0, -1.0)
        return signs + 0.5 * jax.random.normal(b, signs.shape), signs[:, :RELEVANT].prod(-1)

    held_x, held_y = cases(jax.random.key(99), PARITY_VAL)

    def init(key: jax.Array, hp: dict) -> list:
        return mlp_init(key, [BITS, width, 1], hp["init_gain"])

    def loss(p: list, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        x, t = cases(key, batch)
        return margin_loss(mlp(p, x, chosen_act(hp["activation"]))[:, 0], t, hp["loss"])

    def metric(p: list, key: jax.Array, hp: dict) -> jax.Array:
        z = mlp(p, held_x, chosen_act(hp["activation"]))[:, 0]
        return jnp.where(jnp.all(jnp.isfinite(z)), ((z > 0) == (held_y > 0)).mean(), jnp.nan)

    return Net(init, loss, metric, 1, 100, batch)


def parity_mlp_acc(outdir: str) -> None:
    """Train the parity task and write it."""
    task = parity_task()
    values, seconds = train(task, lambda k: (k["width"], k["batch_size"]), parity_net, 48)
    c.save(task, values, seconds, outdir)
