"""Denoising autoencoder on patches of the two photographs that scikit-learn ships."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.nets import SCHEDULES, Net, drop, mlp_init, train

SIDE, TRAIN, VAL, TEST_NOISE = 6, 4000, 1000, 0.15


def dae_task() -> c.Task:
    return c.Task(
        name="dae_patches_psnr",
        description="the training noise is a parameter, the validation noise is fixed: a wrong "
        "noise level settles early, skip connections start high and are overtaken late",
        dataset="6x6 grey patches of scikit-learn's china.jpg and flower.jpg: 4000 train / "
        "1000 val",
        model="denoising autoencoder (tied or free decoder, optional skip), Adam or SGD",
        direction="max",
        metric="validation PSNR (dB) of denoised patches, noise 0.15",
        resource="30 minibatches",
        space={
            "lr": c.log(1e-4, 1.0),
            "momentum": c.uniform(0.0, 0.97),
            "weight_decay": c.log(1e-6, 0.1),
            "train_noise": c.log(0.01, 1.0),
            "dropout": c.uniform(0.0, 0.5),
            "sparsity": c.log(1e-5, 0.3),
            "init_gain": c.log(0.1, 2.0),
            "tied": c.choice("no", "yes"),
            "skip": c.choice("no", "yes"),
            "hidden": c.choice(16, 64),
            "batch_size": c.choice(32, 128),
            "optimizer": c.choice("adam", "sgd"),
            "schedule": c.choice(*SCHEDULES),
        },
        n=150,
        s=40,
        seed=116,
    )


def patches() -> jax.Array:
    """Grey patches, scaled to 0..1 and centred at their common mean."""
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(13)
    found = []
    for image in load_sample_images().images:
        grey = image.mean(-1) / 255.0
        rows = rng.integers(0, grey.shape[0] - SIDE, (TRAIN + VAL) // 2)
        columns = rng.integers(0, grey.shape[1] - SIDE, (TRAIN + VAL) // 2)
        found += [
            grey[i : i + SIDE, j : j + SIDE].ravel() for i, j in zip(rows, columns, strict=True)
        ]
    table = np.array(found, np.float32)[rng.permutation(len(found))]
    return jnp.asarray(table - table.mean())


def dae_net(x: jax.Array, hidden: int, batch: int) -> Net:
    pixels = SIDE * SIDE
    noisy = x[TRAIN:] + TEST_NOISE * jax.random.normal(jax.random.key(98), (VAL, pixels))

    def init(key: jax.Array, hp: dict) -> dict:
        a, b = jax.random.split(key)
        gain = hp["init_gain"]
        return {
            "in": mlp_init(a, [pixels, hidden], gain),
            "out": mlp_init(b, [hidden, pixels], gain),
            "keep": jnp.ones(()) * 0.5,
        }

    def restore(p: dict, rows: jax.Array, key: jax.Array | None, hp: dict) -> tuple:
        (w, b), (v, d) = p["in"][0], p["out"][0]
        code = jax.nn.relu(rows @ w + b)
        if key is not None:
            code = drop(code, key, hp["dropout"])
        out = code @ jnp.where(hp["tied"] == 1, w.T, v) + d
        return out + jnp.where(hp["skip"] == 1, p["keep"], 0.0) * rows, code

    def loss(p: dict, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        a, b = jax.random.split(key)
        rows = x[index]
        dirty = rows + hp["train_noise"] * jax.random.normal(a, rows.shape)
        out, code = restore(p, dirty, b, hp)
        return 20.0 * jnp.mean((out - rows) ** 2) + hp["sparsity"] * jnp.abs(code).mean()

    def metric(p: dict, key: jax.Array, hp: dict) -> jax.Array:
        error = jnp.mean((restore(p, noisy, None, hp)[0] - x[TRAIN:]) ** 2)
        return jnp.where(jnp.isfinite(error), -10.0 * jnp.log10(error), jnp.nan)

    return Net(init, loss, metric, TRAIN, 30, batch)


def dae_patches_psnr(outdir: str) -> None:
    """Train the denoising task and write it."""
    task = dae_task()
    x = patches()
    values, seconds = train(
        task, lambda k: (k["hidden"], k["batch_size"]), lambda *g: dae_net(x, *g), 24
    )
    c.save(task, values, seconds, outdir)
