"""Train many configurations of one architecture at once (JAX vmap), one thread."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves.common import Config, Task, numeric

Params = Any
Hyper = dict[str, jax.Array]
fold = jax.vmap(jax.random.fold_in, (0, None))
SCHEDULES = ("constant", "cosine", "step", "linear")


def mlp_init(key: jax.Array, sizes: list[int], gain: Any = 1.0) -> Params:
    """He-scaled dense layers."""
    keys = jax.random.split(key, len(sizes) - 1)
    pairs = itertools.pairwise(sizes)
    return [
        (gain * jnp.sqrt(2.0 / a) * jax.random.normal(k, (a, b)), jnp.zeros(b))
        for k, (a, b) in zip(keys, pairs, strict=True)
    ]


def drop(x: jax.Array, key: jax.Array, rate: Any) -> jax.Array:
    """Inverted dropout."""
    keep = jax.random.uniform(key, x.shape) >= rate
    return jnp.where(keep, x / (1.0 - rate), 0.0)


def mlp(
    params: Params,
    x: jax.Array,
    act: Callable[[jax.Array], jax.Array] = jax.nn.relu,
    key: jax.Array | None = None,
    dropout: Any = 0.0,
) -> jax.Array:
    """Dense network; dropout after each hidden layer when a key is given."""
    for i, (w, b) in enumerate(params[:-1]):
        x = act(x @ w + b)
        if key is not None:
            x = drop(x, jax.random.fold_in(key, i), dropout)
    return x @ params[-1][0] + params[-1][1]


def cross_entropy(logits: jax.Array, labels: jax.Array) -> jax.Array:
    """Mean negative log likelihood in nats."""
    picked = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[..., None], -1)
    return -picked.mean()


def rate(t: jax.Array, hp: Hyper) -> jax.Array:
    """Learning rate at the share `t` of the run: schedule (see SCHEDULES) and warm-up."""
    kind, warm = hp.get("schedule", jnp.zeros(())), hp.get("warmup", jnp.zeros(()))
    shape = jnp.select(
        [kind == 1, kind == 2, kind == 3],
        [0.5 * (1 + jnp.cos(jnp.pi * t)), 0.1 ** jnp.floor(3 * t), 1 - t],
        1.0,
    )
    return hp["lr"] * shape * jnp.minimum(1.0, (t + 1e-3) / jnp.maximum(warm, 1e-3))


@dataclass(frozen=True)
class Net:
    """A model: initial parameters, loss of a minibatch (indices), metric after a step.

    `rate` gives the learning rate at a share of the run.
    """

    init: Callable[[jax.Array, Hyper], Params]
    loss: Callable[[Params, jax.Array, jax.Array, Hyper], jax.Array]
    metric: Callable[[Params, jax.Array, Hyper], jax.Array]
    n_train: int
    updates: int
    batch: int
    rate: Callable[[jax.Array, Hyper], jax.Array] = rate


def descend(params: Params, grads: Params, m: Params, v: Params, count: Any, lr: Any, hp: Hyper):
    """One step of Adam with decoupled decay, or (hp['optimizer'] == 1) of SGD with momentum."""
    sgd = hp.get("optimizer", jnp.zeros(())) == 1
    beta, decay = hp.get("momentum", jnp.asarray(0.9)), hp.get("weight_decay", jnp.zeros(()))
    if "clip" in hp:
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in jax.tree.leaves(grads)))
        grads = jax.tree.map(lambda g: g * jnp.minimum(1.0, hp["clip"] / (norm + 1e-9)), grads)

    def move(p, g, m0, v0):
        m1 = jnp.where(sgd, beta * m0 + g, beta * m0 + (1 - beta) * g)
        v1 = 0.99 * v0 + 0.01 * g * g
        adam = m1 / (1 - beta**count) / (jnp.sqrt(v1 / (1 - 0.99**count)) + 1e-8)
        return p - lr * (jnp.where(sgd, m1, adam) + decay * p), m1, v1

    moved = jax.tree.map(move, params, grads, m, v)
    tree = jax.tree.structure(params)
    return jax.tree.transpose(tree, jax.tree.structure((0, 0, 0)), moved)


def stepper(net: Net, steps: int) -> Callable[..., Any]:
    """Compiled function: `updates` minibatches for every configuration of the group."""
    total = steps * net.updates

    def one(state: Any, step: jax.Array, key: jax.Array, hp: Hyper) -> Any:
        def body(carry: Any, i: jax.Array) -> Any:
            params, m, v = carry
            count = step * net.updates + i
            pick, inner = jax.random.split(jax.random.fold_in(key, count))
            index = jax.random.randint(pick, (net.batch,), 0, net.n_train)
            grads = jax.grad(net.loss)(params, index, inner, hp)
            return descend(params, grads, m, v, count + 1.0, net.rate(count / total, hp), hp), None

        return jax.lax.scan(body, state, jnp.arange(net.updates))[0]

    return jax.jit(jax.vmap(one, in_axes=(0, None, 0, 0)), donate_argnums=0)


def train_chunk(
    net: Net, step_fn: Any, metric_fn: Any, hp: Hyper, keys: jax.Array, steps: int
) -> tuple[np.ndarray, float]:
    """Metric [G,S] of a chunk and the median seconds per step and configuration."""
    params = jax.vmap(net.init)(keys, hp)
    state = (params, *(jax.tree.map(jnp.zeros_like, params) for _ in range(2)))
    values, clock = [], []
    for step in range(steps):
        began = time.process_time()
        state = jax.block_until_ready(step_fn(state, jnp.asarray(step), keys, hp))
        clock.append(time.process_time() - began)
        values.append(np.asarray(metric_fn(state[0], fold(keys, step + (1 << 20)), hp)))
    return np.stack(values, axis=1), float(np.median(clock)) / len(keys)


def train(
    task: Task, group: Callable[[Config], tuple], build: Callable[..., Net], chunk: int = 32
) -> tuple[np.ndarray, np.ndarray]:
    """Values [N,S] and seconds per step [N]; configurations are batched by `group(config)`."""
    hyper = numeric(task.space, task.configs)
    groups: dict[tuple, list[int]] = {}
    for i, config in enumerate(task.configs):
        groups.setdefault(group(config), []).append(i)
    values = np.full((task.n, task.s), np.nan)
    seconds = np.zeros(task.n)
    for number, (static, members) in enumerate(sorted(groups.items(), key=str)):
        net = build(*static)
        step_fn, metric_fn = stepper(net, task.s), jax.jit(jax.vmap(net.metric))
        parts = -(-len(members) // chunk)
        size = -(-len(members) // parts)
        clocks = []
        for start in range(0, len(members), size):
            ids = [members[min(start + j, len(members) - 1)] for j in range(size)]
            hp = {k: jnp.asarray(v[ids]) for k, v in hyper.items()}
            keys = jax.vmap(jax.random.key)(jnp.asarray(ids) + 1000 * task.seed)
            curve, clock = train_chunk(net, step_fn, metric_fn, hp, keys, task.s)
            values[ids] = curve
            clocks.append(clock)
        seconds[members] = np.median(clocks)
        spent = time.time() - task.started
        print(f"  group {number + 1}/{len(groups)} done at {spent:.0f} s", flush=True)
    return values, seconds
