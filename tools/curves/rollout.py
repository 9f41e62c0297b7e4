"""Drive batches of reinforcement-learning runs: begin, learn and judge functions per group."""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves.common import Config, Task, numeric
from tools.curves.nets import fold


def run_group(parts: tuple, hp: dict, keys: jax.Array, steps: int) -> tuple[np.ndarray, float]:
    """Metric [G,S] of a group and the median seconds per step and run."""
    begin, learn, judge = parts
    learn_all = jax.jit(jax.vmap(learn, (0, None, 0, 0)), donate_argnums=0)
    judge_all = jax.jit(jax.vmap(judge))
    state = jax.jit(jax.vmap(begin))(keys, hp)
    state = jax.tree.map(jnp.copy, state)
    values, clock = [], []
    for step in range(steps):
        began = time.process_time()
        state = jax.block_until_ready(learn_all(state, jnp.asarray(step), keys, hp))
        clock.append(time.process_time() - began)
        values.append(np.asarray(judge_all(state, fold(keys, step + (1 << 20)), hp)))
    return np.stack(values, axis=1), float(np.median(clock)) / len(keys)


def train_rl(
    task: Task, group: Callable[[Config], tuple], build: Callable[..., tuple]
) -> tuple[np.ndarray, np.ndarray]:
    """Values [N,S] and seconds per step [N] of all runs, one batch per group."""
    hyper = numeric(task.space, task.configs)
    groups: dict[tuple, list[int]] = {}
    for i, config in enumerate(task.configs):
        groups.setdefault(group(config), []).append(i)
    values, seconds = np.full((task.n, task.s), np.nan), np.zeros(task.n)
    for number, (static, ids) in enumerate(sorted(groups.items(), key=str)):
        hp = {k: jnp.asarray(v[ids]) for k, v in hyper.items()}
        keys = jax.vmap(jax.random.key)(jnp.asarray(ids) + 1000 * task.seed)
        values[ids], seconds[ids] = run_group(build(*static), hp, keys, task.s)
        spent = time.time() - task.started
        print(f"  group {number + 1}/{len(groups)} done at {spent:.0f} s", flush=True)
    return values, seconds
