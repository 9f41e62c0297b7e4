"""Evolution strategies (OpenAI-ES) on the acrobot swing-up."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from tools.curves import common as c
from tools.curves.envs import acrobot_reset, acrobot_step, acrobot_view
from tools.curves.nets import mlp, mlp_init
from tools.curves.rollout import train_rl

HORIZON, EVAL, BUDGET = 200, 3, 48


def acrobot_task() -> c.Task:
    return c.Task(
        name="es_acrobot_return",
        description="returns of three episodes: long flat at the time limit until a perturbation "
        "first swings up, then a noisy rise; many searches never take off",
        dataset="acrobot simulator, 200 time steps of 0.2 s at most",
        model="OpenAI-ES (antithetic Gaussian search) on a linear or one-layer policy",
        direction="max",
        metric="mean return of 3 fresh evaluation episodes (minus the time to swing up)",
        resource="48 training episodes",
        space={
            "lr": c.log(0.01, 3.0),
            "sigma": c.log(0.01, 2.0),
            "height_bonus": c.log(0.1, 100.0),
            "momentum": c.uniform(0.0, 0.95),
            "weight_decay": c.log(1e-5, 0.3),
            "init_gain": c.log(0.1, 3.0),
            "shaping": c.choice("rank", "zscore", "raw"),
            "anneal": c.choice("none", "linear"),
            "torque": c.choice("sign", "tanh"),
            "hidden": c.choice(0, 8),
            "population": c.choice(8, 24),
        },
        n=150,
        s=40,
        seed=108,
    )


def episode(params: list, key: jax.Array, hp: dict) -> tuple[jax.Array, jax.Array]:
    """Minus the number of steps before the tip passes the line, and the greatest height."""

    def tick(carry: tuple, _: None) -> tuple:
        state, alive = carry
        out = mlp(params, acrobot_view(state), jnp.tanh)[0]
        torque = jnp.where(hp["torque"] == 0, jnp.sign(out), jnp.tanh(2 * out))
        new, done = acrobot_step(state, torque)
        return (jnp.where(alive > 0, new, state), alive * (1 - done)), (alive, height(new))

    first = acrobot_reset(key), jnp.ones(())
    alive, heights = jax.lax.scan(tick, first, None, HORIZON)[1]
    return -alive.sum(), jnp.max(heights * alive - 2 * (1 - alive))


def height(s: jax.Array) -> jax.Array:
    return -jnp.cos(s[0]) - jnp.cos(s[0] + s[1])


def shape(score: jax.Array, hp: dict) -> jax.Array:
    """Fitness shaping of the population's returns."""
    rank = (score[:, None] > score).sum(1) + 0.5 * ((score[:, None] == score).sum(1) - 1)
    ranks = rank / (len(score) - 1) - 0.5
    z = (score - score.mean()) / (score.std() + 1e-6)
    return jnp.select([hp["shaping"] == 0, hp["shaping"] == 1], [ranks, z], score / HORIZON)


def generation(state: tuple, count: jax.Array, key: jax.Array, hp: dict, static: tuple) -> tuple:
    """One generation: antithetic perturbations, one episode each, one momentum step.

    The training score adds a bonus for the greatest height; the metric does not.
    """
    theta, speed = state
    population, unravel, total = static
    a, b = jax.random.split(key)
    half = jax.random.normal(a, (population // 2, theta.size))
    noise = jnp.concatenate([half, -half])
    left = jnp.where(hp["anneal"] == 1, 1 - count / total, 1.0)
    sigma = hp["sigma"] * jnp.maximum(left, 0.05)
    keys = jax.random.split(b, population)
    result, high = jax.vmap(lambda e, k: episode(unravel(theta + sigma * e), k, hp))(noise, keys)
    score = result + hp["height_bonus"] * high
    push = shape(score, hp) @ noise / (population * sigma) * hp["sigma"]
    speed = hp["momentum"] * speed + push
    return theta + hp["lr"] * (left * speed - hp["weight_decay"] * theta), speed


def learn(state: tuple, step: jax.Array, key: jax.Array, hp: dict, static: tuple) -> tuple:
    """One resource step: BUDGET training episodes."""
    updates = BUDGET // static[0]

    def body(carry: tuple, i: jax.Array) -> tuple:
        count = step * updates + i
        return generation(carry, count, jax.random.fold_in(key, count), hp, static), None

    return jax.lax.scan(body, state, jnp.arange(updates))[0]


def build(hidden: int, population: int, steps: int) -> tuple:
    sizes = [6, hidden, 1] if hidden else [6, 1]
    unravel = ravel_pytree(mlp_init(jax.random.key(0), sizes))[1]
    static = population, unravel, steps * BUDGET // population

    def begin(key: jax.Array, hp: dict) -> tuple:
        theta = ravel_pytree(mlp_init(key, sizes, hp["init_gain"]))[0]
        return theta, jnp.zeros_like(theta)

    def judge(state: tuple, key: jax.Array, hp: dict) -> jax.Array:
        keys = jax.random.split(key, EVAL)
        score = jax.vmap(lambda k: episode(unravel(state[0]), k, hp)[0])(keys).mean()
        return jnp.where(jnp.all(jnp.isfinite(state[0])), score, jnp.nan)

    return begin, partial(learn, static=static), judge


def es_acrobot_return(outdir: str) -> None:
    """Train the acrobot task and write it."""
    task = acrobot_task()
    values, seconds = train_rl(
        task,
        lambda k: (k["hidden"], k["population"]),
        partial(build, steps=task.s),
    )
    c.save(task, values, seconds, outdir)
