"""Which steps are judged as one."""

from __future__ import annotations

EXACT_BITS = 11
"""Significant bits of a step that tell its column."""


def column_of(step: int) -> int:
    """Round a step down to 11 significant bits.

    Up to step 2048 every step is a column of its own; beyond, one column stands for less than
    0.1 % of the steps, which bounds their number: some 11,000 for a million steps.
    """
    shift = step.bit_length() - EXACT_BITS
    return step if shift <= 0 else step >> shift << shift


def next_column(step: int) -> int:
    """Return the first step of the next column."""
    return column_of(step) + (1 << max(0, step.bit_length() - EXACT_BITS))


def place_of(step: int) -> int:
    """Number the columns in the order of their steps, without gaps."""
    shift = step.bit_length() - EXACT_BITS
    return step if shift <= 0 else (shift << EXACT_BITS - 1) + (step >> shift)


def first_place(step: int) -> int:
    """Return the place of the first column at or beyond a step."""
    return place_of(step) + (step != column_of(step))
