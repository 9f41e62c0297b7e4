"""Small control environments as pure functions of one state (batched by the callers)."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def cartpole_reset(key: jax.Array) -> jax.Array:
    return jax.random.uniform(key, (4,), minval=-0.05, maxval=0.05)


def cartpole_step(s: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Next state and whether the pole fell or the cart left the track (Barto et al. 1983)."""
    force = jnp.where(action == 1, 10.0, -10.0)
    cos, sin = jnp.cos(s[2]), jnp.sin(s[2])
    temp = (force + 0.05 * s[3] ** 2 * sin) / 1.1
    turn = (9.8 * sin - cos * temp) / (0.5 * (4.0 / 3.0 - 0.1 * cos**2 / 1.1))
    push = temp - 0.05 * turn * cos / 1.1
    new = s + 0.02 * jnp.array([s[1], push, s[3], turn])
    fell = (jnp.abs(new[0]) > 2.4) | (jnp.abs(new[2]) > 0.2095)
    return new, fell


def acrobot_reset(key: jax.Array) -> jax.Array:
    return jax.random.uniform(key, (4,), minval=-0.1, maxval=0.1)


def acrobot_flow(s: jax.Array, torque: jax.Array) -> jax.Array:
    """Time derivative of the two-link arm (Sutton 1996), unit masses and lengths."""
    a, b, da, db = s
    d1 = 0.25 + (1 + 0.25 + jnp.cos(b)) + 2.0
    d2 = 0.25 + 0.5 * jnp.cos(b) + 1.0
    phi2 = 4.9 * jnp.cos(a + b - jnp.pi / 2)
    phi1 = -0.5 * db**2 * jnp.sin(b) - db * da * jnp.sin(b)
    phi1 += 1.5 * 9.8 * jnp.cos(a - jnp.pi / 2) + phi2
    ddb = torque + d2 / d1 * phi1 - 0.5 * da**2 * jnp.sin(b) - phi2
    ddb /= 0.25 + 1.0 - d2**2 / d1
    return jnp.array([da, db, -(d2 * ddb + phi1) / d1, ddb])


def acrobot_step(s: jax.Array, torque: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Next state after 0.2 s (two midpoint steps) and whether the tip is above the bar."""
    for _ in range(2):
        half = s + 0.05 * acrobot_flow(s, torque)
        s = s + 0.1 * acrobot_flow(half, torque)
    s = jnp.concatenate(
        [s[:2], jnp.clip(s[2:], jnp.array([-12.6, -28.3]), jnp.array([12.6, 28.3]))]
    )
    return s, -jnp.cos(s[0]) - jnp.cos(s[0] + s[1]) > 1.0


def acrobot_view(s: jax.Array) -> jax.Array:
    """Observation: cosines, sines and scaled speeds."""
    return jnp.array(
        [jnp.cos(s[0]), jnp.sin(s[0]), jnp.cos(s[1]), jnp.sin(s[1]), s[2] / 4.0, s[3] / 8.0]
    )
