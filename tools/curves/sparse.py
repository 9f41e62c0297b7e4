"""Sparse reward: tabular Q(lambda) with optional replay on a four-rooms grid."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from tools.curves import common as c
from tools.curves.rollout import train_rl

SIDE, LIMIT, EVAL, TICKS, MEMORY = 11, 120, 10, 400, 256
START, GOAL = 0, SIDE * SIDE - 1


def grid_task() -> c.Task:
    return c.Task(
        name="qlearn_grid_success",
        description="the only reward is at the goal: long flat at zero, then a sudden rise once "
        "the value has spread back; some settings never find or forget it",
        dataset="four-rooms grid world 11x11 with slippery moves, one goal",
        model="tabular Q-learning / expected SARSA, epsilon-greedy with decay, replay",
        direction="max",
        metric="mean of 10 greedy evaluation episodes of 1 - 0.9 t/120 at the goal, else 0",
        resource="400 environment steps",
        space={
            "alpha": c.log(0.002, 1.0),
            "alpha_decay": c.log(0.01, 1.0),
            "gamma": c.choice(0.8, 0.9, 0.95, 0.98, 0.99, 0.999),
            "epsilon": c.log(0.02, 1.0),
            "epsilon_final": c.log(0.001, 0.5),
            "epsilon_half_life": c.log(0.01, 1.0),
            "q_init": c.log(1e-4, 1.0),
            "target": c.choice("max", "expected"),
            "replay": c.choice(0, 2, 8),
            "step_penalty": c.choice(0.0, 0.001, 0.01),
        },
        n=200,
        s=60,
        seed=109,
    )


def moves() -> np.ndarray:
    """Table [cells, 4] of the next cell; walls between the rooms have one door each."""
    wall = np.zeros((SIDE, SIDE), bool)
    wall[5, :], wall[:, 5] = True, True
    for door in ((5, 2), (5, 8), (2, 5), (8, 5)):
        wall[door] = False
    table = np.zeros((SIDE * SIDE, 4), np.int32)
    for cell in range(SIDE * SIDE):
        i, j = divmod(cell, SIDE)
        for a, (di, dj) in enumerate(((-1, 0), (1, 0), (0, -1), (0, 1))):
            inside = 0 <= i + di < SIDE and 0 <= j + dj < SIDE
            free = inside and not wall[i + di, j + dj]
            table[cell, a] = (i + di) * SIDE + j + dj if free else cell
    return table


MOVES = jnp.asarray(moves())


def act(q: jax.Array, cell: jax.Array, epsilon: jax.Array, key: jax.Array) -> jax.Array:
    """Epsilon-greedy action with random ties; one draw in ten slips to a random move."""
    draw = jax.random.uniform(key, (6,))
    greedy = jnp.argmax(q[cell] + 1e-6 * draw[:4])
    return jnp.where(draw[4] < epsilon, (draw[5] * 4).astype(jnp.int32), greedy)


def walk(cell: jax.Array, action: jax.Array, key: jax.Array) -> jax.Array:
    draw = jax.random.uniform(key, (2,))
    return MOVES[cell, jnp.where(draw[0] < 0.1, (draw[1] * 4).astype(jnp.int32), action)]


def backup(q: jax.Array, seen: jax.Array, alpha: jax.Array, eps: jax.Array, hp: dict) -> jax.Array:
    """One temporal-difference update from a transition (cell, action, next cell)."""
    cell, action, after = seen
    best = q[after].max()
    value = jnp.where(hp["target"] == 0, best, (1 - eps) * best + eps * q[after].mean())
    goal = after == GOAL
    reward = jnp.where(goal, 1.0, -hp["step_penalty"])
    error = reward + hp["gamma"] * value * (1 - goal) - q[cell, action]
    return q.at[cell, action].add(alpha * error)


def build(replay: int, steps: int) -> tuple:
    def begin(key: jax.Array, hp: dict) -> tuple:
        q = hp["q_init"] * jax.random.uniform(key, (SIDE * SIDE, 4))
        zero = jnp.zeros((), jnp.int32)
        return q, jnp.full((), START), zero, jnp.zeros((MEMORY, 3), jnp.int32)

    def tick(state: tuple, count: jax.Array, key: jax.Array, hp: dict) -> tuple:
        q, cell, age, memory = state
        share = count / (steps * TICKS)
        left = 0.5 ** (share / hp["epsilon_half_life"])
        eps = jnp.maximum(hp["epsilon"] * left, jnp.minimum(hp["epsilon_final"], hp["epsilon"]))
        alpha = hp["alpha"] * hp["alpha_decay"] ** share
        a, b, d = jax.random.split(jax.random.fold_in(key, count), 3)
        action = act(q, cell, eps, a)
        after = walk(cell, action, b)
        seen = jnp.stack([cell, action, after]).astype(jnp.int32)
        q = backup(q, seen, alpha, eps, hp)
        memory = memory.at[count % MEMORY].set(seen)
        if replay:
            limit = jnp.minimum(count + 1, MEMORY)
            for pick in jax.random.randint(d, (replay,), 0, limit):
                q = backup(q, memory[pick], alpha, eps, hp)
        over = (after == GOAL) | (age >= LIMIT)
        return q, jnp.where(over, START, after), jnp.where(over, 0, age + 1), memory

    def learn(state: tuple, step: jax.Array, key: jax.Array, hp: dict) -> tuple:
        def body(s: tuple, i: jax.Array) -> tuple:
            return tick(s, step * TICKS + i, key, hp), None

        return jax.lax.scan(body, state, jnp.arange(TICKS))[0]

    return begin, learn, judge


def judge(state: tuple, key: jax.Array, hp: dict) -> jax.Array:
    """Mean score of greedy episodes, which slip as in training."""
    q = state[0]

    def tick(carry: tuple, k: jax.Array) -> tuple:
        cell, alive = carry
        a, b = jax.random.split(k)
        keys = jax.random.split(a, EVAL), jax.random.split(b, EVAL)
        action = jax.vmap(lambda s, x: act(q, s, jnp.zeros(()), x))(cell, keys[0])
        cell = jnp.where(alive > 0, jax.vmap(walk)(cell, action, keys[1]), cell)
        return (cell, alive * (cell != GOAL)), alive

    first = jnp.full((EVAL,), START), jnp.ones(EVAL)
    (cell, _), alive = jax.lax.scan(tick, first, jax.random.split(key, LIMIT))
    return jnp.mean((cell == GOAL) * (1 - 0.9 * alive.sum(0) / LIMIT))


def qlearn_grid_success(outdir: str) -> None:
    """Train the grid-world task and write it."""
    task = grid_task()
    values, seconds = train_rl(task, lambda k: (k["replay"],), lambda r: build(r, task.s))
    c.save(task, values, seconds, outdir)
