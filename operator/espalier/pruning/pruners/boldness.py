"""The setting of a pruner that makes it bolder or more careful, and values to try."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Boldness:
    """A setting, and values for it from careful to bold.

    Parameters
    ----------
    setting
        Its name in Python.
    values
        What it is set to; a number of steps may be a share of the horizon: ``8%``.
    """

    setting: str
    values: tuple[float | str, ...]
