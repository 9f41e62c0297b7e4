"""Seeds for the trainers: what a trial draws at random follows from its study and its number."""

from __future__ import annotations

import hashlib

LARGEST_SEED = 2**31 - 1
"""The seeds of NumPy, PyTorch and TensorFlow all reach so far."""


def seed_of(study_seed: int, number: int) -> int:
    """Return a trial's own seed, from 0 to `LARGEST_SEED`.

    The same in all attempts of a trial; another number has another seed, but for one pair in 2**31.

    Parameters
    ----------
    study_seed
        ``spec.sampler.seed``.
    number
        The trial's number in its study.
    """
    digest = hashlib.blake2b(f"{study_seed}/{number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") & LARGEST_SEED
