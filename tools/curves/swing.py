"""Rare jumps: the cross-entropy method on a pendulum that only counts while it stands."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from tools.curves import common as c
from tools.curves.nets import mlp, mlp_init
from tools.curves.rollout import train_rl

SEEDS, HORIZON, EVAL, BUDGET = 3, 100, 4, 24


def pendulum_task() -> c.Task:
    return c.Task(
        name="cem_pendulum_upright",
        description="the score is the time upright: nothing at all until a policy first swings up, "
        "then a jump to most of it; three seeds a configuration",
        dataset="torque-limited pendulum, 100 time steps of 0.08 s from near the bottom",
        model="cross-entropy method on a linear or one-layer policy",
        direction="max",
        metric="mean share of the time upright in 4 fresh episodes of the mean policy",
        resource="24 training episodes",
        space={
            "init_std": c.log(0.1, 10.0),
            "init_gain": c.log(0.1, 3.0),
            "elite": c.log(0.05, 0.6),
            "smoothing": c.uniform(0.0, 0.9),
            "extra_std": c.log(0.001, 2.0),
            "extra_decay": c.log(0.01, 1.0),
            "height_bonus": c.log(0.001, 3.0),
            "effort_cost": c.log(1e-4, 0.3),
            "hidden": c.choice(0, 6),
            "population": c.choice(8, 24),
        },
        n=150,
        s=50,
        seed=118,
    )


def episode(policy: list, key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Share of the time upright, mean height (0 to 1), mean squared torque."""

    def tick(state: tuple, _: None) -> tuple:
        angle, speed = state
        view = jnp.array([jnp.cos(angle), jnp.sin(angle), speed / 4.0])
        torque = 2.0 * jnp.tanh(mlp(policy, view, jnp.tanh)[0])
        speed = jnp.clip(speed + 0.08 * (15.0 * jnp.sin(angle) + 3.0 * torque), -8.0, 8.0)
        angle = angle + 0.08 * speed
        return (angle, speed), (jnp.cos(angle), torque**2 / 4.0)

    low = jax.random.uniform(key, (2,), minval=-0.3, maxval=0.3)
    height, effort = jax.lax.scan(tick, (jnp.pi + low[0], low[1]), None, HORIZON)[1]
    return (height > 0.95).mean(), (1 + height.mean()) / 2, effort.mean()


def generation(state: tuple, count: jax.Array, key: jax.Array, hp: dict, static: tuple) -> tuple:
    """Draw a population, and move mean and spread to those of its elite."""
    mean, spread = state
    population, unravel, total = static
    a, b = jax.random.split(key)
    drawn = mean + spread * jax.random.normal(a, (population, mean.size))
    keys = jax.random.split(b, population)
    upright, height, effort = jax.vmap(lambda t, k: episode(unravel(t), k))(drawn, keys)
    score = upright + hp["height_bonus"] * height - hp["effort_cost"] * effort
    place = (score[:, None] < score).sum(1)
    weight = (place < jnp.maximum(2.0, hp["elite"] * population)).astype(jnp.float32)
    weight = weight / weight.sum()
    centre = weight @ drawn
    width = jnp.sqrt(weight @ (drawn - centre) ** 2)
    width = width + hp["extra_std"] * hp["extra_decay"] ** (count / total)
    keep = hp["smoothing"]
    return keep * mean + (1 - keep) * centre, keep * spread + (1 - keep) * width


def learn(state: tuple, step: jax.Array, key: jax.Array, hp: dict, static: tuple) -> tuple:
    """One resource step: BUDGET training episodes."""
    updates = BUDGET // static[0]

    def body(carry: tuple, i: jax.Array) -> tuple:
        count = step * updates + i
        return generation(carry, count, jax.random.fold_in(key, count), hp, static), None

    return jax.lax.scan(body, state, jnp.arange(updates))[0]


def build(hidden: int, population: int, steps: int) -> tuple:
    sizes = [3, hidden, 1] if hidden else [3, 1]
    unravel = ravel_pytree(mlp_init(jax.random.key(0), sizes))[1]
    static = population, unravel, steps * BUDGET // population

    def begin(key: jax.Array, hp: dict) -> tuple:
        mean = ravel_pytree(mlp_init(key, sizes, hp["init_gain"]))[0]
        return mean, jnp.full_like(mean, hp["init_std"])

    def judge(state: tuple, key: jax.Array, hp: dict) -> jax.Array:
        keys = jax.random.split(key, EVAL)
        score = jax.vmap(lambda k: episode(unravel(state[0]), k)[0])(keys).mean()
        return jnp.where(jnp.all(jnp.isfinite(state[0])), score, jnp.nan)

    return begin, partial(learn, static=static), judge


def cem_pendulum_upright(outdir: str) -> None:
    """Train the pendulum task with three seeds and write it."""
    task = pendulum_task()
    values, seconds = train_rl(
        c.repeated(task, SEEDS),
        lambda k: (k["hidden"], k["population"]),
        partial(build, steps=task.s),
    )
    c.save(task, values, seconds, outdir)
