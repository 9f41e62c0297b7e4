"""Sets of numbers as short text: ``0-3,7``."""

from __future__ import annotations

from collections.abc import Iterable


def text_of_ranges(numbers: Iterable[int]) -> str:
    """Return numbers as text, those that follow one another as one range."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def numbers_of_ranges(text: str) -> list[int]:
    """Return the numbers that `text_of_ranges` has written.

    Raises
    ------
    ValueError
        If the text is none of its.
    """
    found: list[int] = []
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        found += range(int(low), int(high or low) + 1)
    return found
