"""Policy gradient (REINFORCE with baselines) on cart-pole, a small MLP policy."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.envs import cartpole_reset, cartpole_step
from tools.curves.nets import descend, mlp, mlp_init
from tools.curves.rollout import train_rl

HORIZON, EPISODES, EVAL = 200, 32, 4
SCALE = np.array([1.0, 0.5, 5.0, 0.5], np.float32)


def cartpole_task() -> c.Task:
    return c.Task(
        name="pg_cartpole_return",
        description="noisy returns of four episodes; take-offs at very different times, some "
        "policies collapse after they had solved the task, some never start",
        dataset="cart-pole simulator, 200 time steps at most, reward 1 - |x|/2.4 per step",
        model="REINFORCE with an MLP policy (tanh), Adam or SGD",
        direction="max",
        metric="mean return of 4 fresh evaluation episodes with the sampled policy",
        resource="32 training episodes",
        space={
            "lr": c.log(1e-4, 0.3),
            "momentum": c.uniform(0.0, 0.95),
            "gamma": c.choice(0.8, 0.9, 0.95, 0.98, 0.99, 1.0),
            "entropy": c.log(1e-5, 0.3),
            "clip": c.log(0.03, 30.0),
            "init_gain": c.log(0.1, 3.0),
            "baseline": c.choice("none", "mean", "time"),
            "normalise": c.choice("no", "yes"),
            "hidden": c.choice(8, 32),
            "episodes_per_update": c.choice(4, 16),
            "optimizer": c.choice("adam", "sgd"),
        },
        n=180,
        s=60,
        seed=107,
    )


def play(params: list, key: jax.Array, episodes: int) -> tuple[jax.Array, ...]:
    """Observations [T,E,4]; actions, alive and rewards [T,E] of sampled episodes.

    The reward of a time step is 1 in the middle of the track and 0 at its ends.
    """
    start, run = jax.random.split(key)

    def tick(carry: tuple, k: jax.Array) -> tuple:
        state, alive = carry
        seen = state * SCALE
        logits = mlp(params, seen, jnp.tanh)
        draw = jax.random.uniform(k, (episodes,))
        action = (draw < jax.nn.softmax(logits)[:, 1]).astype(jnp.int32)
        new, fell = jax.vmap(cartpole_step)(state, action)
        new = jnp.where(alive[:, None] > 0, new, state)
        return (new, alive * (1 - fell)), (
            seen,
            action,
            alive,
            alive * (1 - jnp.abs(state[:, 0]) / 2.4),
        )

    first = jax.vmap(cartpole_reset)(jax.random.split(start, episodes)), jnp.ones(episodes)
    return jax.lax.scan(tick, first, jax.random.split(run, HORIZON))[1]


def advantages(alive: jax.Array, reward: jax.Array, hp: dict) -> jax.Array:
    """Discounted returns minus the chosen baseline, normalised if asked for."""

    def back(g: jax.Array, r: jax.Array) -> tuple[jax.Array, jax.Array]:
        g = r + hp["gamma"] * g
        return g, g

    gain = jax.lax.scan(back, jnp.zeros(alive.shape[1]), reward, reverse=True)[1]
    count = jnp.maximum(alive.sum(), 1.0)
    mean = (gain * alive).sum() / count
    by_time = (gain.sum(1) / jnp.maximum(alive.sum(1), 1.0))[:, None]
    kind = hp["baseline"]
    adv = gain - jnp.where(kind == 1, mean, jnp.where(kind == 2, by_time, 0.0))
    sd = jnp.sqrt((adv**2 * alive).sum() / count) + 1e-6
    return jnp.where(hp["normalise"] == 1, adv / sd, 0.1 * adv) * alive


def update(state: tuple, count: jax.Array, key: jax.Array, hp: dict, episodes: int) -> tuple:
    """Play `episodes` episodes and take one policy-gradient step."""
    params, m, v = state
    seen, action, alive, reward = play(params, key, episodes)
    weight = advantages(alive, reward, hp)

    def loss(p: list) -> jax.Array:
        logs = jax.nn.log_softmax(mlp(p, seen, jnp.tanh))
        chosen = jnp.where(action == 1, logs[..., 1], logs[..., 0])
        entropy = -(jnp.exp(logs) * logs).sum(-1) * alive
        total = jnp.maximum(alive.sum(), 1.0)
        return -((chosen * weight).sum() + hp["entropy"] * entropy.sum()) / total

    return descend(params, jax.grad(loss)(params), m, v, count + 1.0, hp["lr"], hp)


def learn(state: tuple, step: jax.Array, key: jax.Array, hp: dict, episodes: int) -> tuple:
    """One resource step: EPISODES episodes in updates of `episodes` each."""
    updates = EPISODES // episodes

    def body(carry: tuple, i: jax.Array) -> tuple:
        count = step * updates + i
        return update(carry, count, jax.random.fold_in(key, count), hp, episodes), None

    return jax.lax.scan(body, state, jnp.arange(updates))[0]


def begin(key: jax.Array, hp: dict, hidden: int) -> tuple:
    params = mlp_init(key, [4, hidden, 2], hp["init_gain"])
    zero = jax.tree.map(jnp.zeros_like, params)
    return params, zero, zero


def judge(state: tuple, key: jax.Array, hp: dict) -> jax.Array:
    reward = play(state[0], key, EVAL)[3]
    good = jnp.all(jnp.array([jnp.all(jnp.isfinite(w)) for w in jax.tree.leaves(state[0])]))
    return jnp.where(good, reward.sum(0).mean(), jnp.nan)


def pg_cartpole_return(outdir: str) -> None:
    """Train the cart-pole task and write it."""
    task = cartpole_task()
    values, seconds = train_rl(
        task,
        lambda k: (k["hidden"], k["episodes_per_update"]),
        lambda hidden, episodes: (
            partial(begin, hidden=hidden),
            partial(learn, episodes=episodes),
            judge,
        ),
    )
    c.save(task, values, seconds, outdir)
