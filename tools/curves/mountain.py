"""Rare jumps: tile-coded SARSA(lambda) on a mountain car, five seeds a configuration."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from tools.curves import common as c
from tools.curves.rollout import train_rl

SEEDS, LIMIT, EVAL, TICKS = 5, 200, 3, 400
TILINGS, SIDE = 4, 8
FEATURES = TILINGS * (SIDE + 1) ** 2


def car_task() -> c.Task:
    return c.Task(
        name="sarsa_mountaincar_return",
        description="every episode costs its length: flat at the limit until a drive first gets "
        "over the hill, then a jump, with relapses; five seeds a configuration",
        dataset="mountain car (Sutton and Barto), at most 200 time steps an episode",
        model="SARSA(lambda) on four tilings of 8 x 8, epsilon-greedy with decay",
        direction="max",
        metric="mean return of 3 fresh greedy episodes (minus the time steps)",
        resource="400 environment steps",
        space={
            "alpha": c.log(0.01, 2.0),
            "alpha_decay": c.log(0.01, 1.0),
            "gamma": c.choice(0.9, 0.95, 0.98, 0.99, 1.0),
            "trace": c.uniform(0.0, 0.98),
            "epsilon": c.log(0.003, 0.8),
            "epsilon_decay": c.log(0.01, 1.0),
            "optimism": c.uniform(-60.0, 20.0),
            "frame_skip": c.integer(1, 4),
        },
        n=120,
        s=50,
        seed=117,
    )


def reset(key: jax.Array) -> jax.Array:
    return jnp.array([jax.random.uniform(key, minval=-0.6, maxval=-0.4), 0.0])


def drive(car: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The next place and speed, and whether the car is over the hill."""
    speed = car[1] + 0.001 * (action - 1) - 0.0025 * jnp.cos(3 * car[0])
    speed = jnp.clip(speed, -0.07, 0.07)
    place = jnp.clip(car[0] + speed, -1.2, 0.6)
    return jnp.array([place, jnp.where(place <= -1.2, 0.0, speed)]), place >= 0.5


def tiles(car: jax.Array) -> jax.Array:
    """The tile of each tiling in which the car is."""
    scaled = jnp.array([(car[0] + 1.2) / 1.8, (car[1] + 0.07) / 0.14]) * SIDE
    shift = jnp.arange(TILINGS)[:, None] / TILINGS * jnp.array([1.0, 1.0])
    cell = jnp.clip(jnp.floor(scaled + shift), 0, SIDE).astype(jnp.int32)
    return (jnp.arange(TILINGS) * (SIDE + 1) + cell[:, 0]) * (SIDE + 1) + cell[:, 1]


def choose(w: jax.Array, car: jax.Array, epsilon: jax.Array, key: jax.Array) -> jax.Array:
    draw = jax.random.uniform(key, (5,))
    greedy = jnp.argmax(w[tiles(car)].sum(0) + 1e-5 * draw[:3])
    return jnp.where(draw[3] < epsilon, (draw[4] * 3).astype(jnp.int32), greedy)


def begin(key: jax.Array, hp: dict) -> tuple:
    w = jnp.full((FEATURES, 3), hp["optimism"] / TILINGS)
    car = reset(key)
    return w, jnp.zeros((FEATURES, 3)), car, jnp.ones((), jnp.int32), jnp.zeros((), jnp.int32)


def tick(state: tuple, count: jax.Array, total: int, key: jax.Array, hp: dict) -> tuple:
    """One time step; an action is chosen anew after every `frame_skip` of them."""
    w, trace, car, action, age = state
    share = count / total
    epsilon = hp["epsilon"] * hp["epsilon_decay"] ** share
    alpha = hp["alpha"] * hp["alpha_decay"] ** share / TILINGS
    a, b = jax.random.split(jax.random.fold_in(key, count))
    after, won = drive(car, action)
    fresh = (age + 1) % hp["frame_skip"].astype(jnp.int32) == 0
    following = jnp.where(fresh, choose(w, after, epsilon, a), action)
    here, there = tiles(car), tiles(after)
    value, ahead = w[here, action].sum(), w[there, following].sum()
    error = -1.0 + hp["gamma"] * ahead * (1 - won) - value
    # Replacing traces: the tiles of this step, whatever was there before.
    trace = (trace * hp["gamma"] * hp["trace"]).at[here].set(0.0).at[here, action].set(1.0)
    w = w + alpha * error * trace
    over = won | (age + 1 >= LIMIT)
    car = jnp.where(over, reset(b), after)
    trace = jnp.where(over, 0.0, trace)
    return w, trace, car, following, jnp.where(over, 0, age + 1)


def judge(state: tuple, key: jax.Array, hp: dict) -> jax.Array:
    """Mean return of greedy episodes."""
    w = state[0]

    def one(k: jax.Array) -> jax.Array:
        def body(carry: tuple, i: jax.Array) -> tuple:
            car, action, alive = carry
            fresh = i % hp["frame_skip"].astype(jnp.int32) == 0
            chosen = choose(w, car, jnp.zeros(()), jax.random.fold_in(k, i))
            action = jnp.where(fresh, chosen, action)
            car, won = drive(car, action)
            return (car, action, alive * (1 - won)), alive

        first = reset(k), jnp.ones((), jnp.int32), jnp.ones(())
        return -jax.lax.scan(body, first, jnp.arange(LIMIT))[1].sum()

    score = jax.vmap(one)(jax.random.split(key, EVAL)).mean()
    return jnp.where(jnp.all(jnp.isfinite(w)), score, jnp.nan)


def build(steps: int) -> tuple:
    def learn(state: tuple, step: jax.Array, key: jax.Array, hp: dict) -> tuple:
        def body(s: tuple, i: jax.Array) -> tuple:
            return tick(s, step * TICKS + i, steps * TICKS, key, hp), None

        return jax.lax.scan(body, state, jnp.arange(TICKS))[0]

    return begin, learn, judge


def sarsa_mountaincar_return(outdir: str) -> None:
    """Train the mountain-car task with five seeds and write it."""
    task = car_task()
    values, seconds = train_rl(c.repeated(task, SEEDS), lambda k: (), lambda: build(task.s))
    c.save(task, values, seconds, outdir)
