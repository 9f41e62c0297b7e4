"""Samplers that go wrong in every way that there is; each is told which by its setting."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from espalier.search import History, Random, Sampler, Space, Value


def _raises() -> Any:
    raise RuntimeError("no idea\nat all")


def _hangs() -> Any:
    time.sleep(1000)


def _spins() -> Any:
    while True:
        pass


class _Odd:
    pass


WAYS: dict[str, Callable[[], Any]] = {
    "raises": _raises,
    "exits": lambda: sys.exit(3),
    "dies": lambda: os._exit(7),
    "is killed": lambda: os.kill(os.getpid(), 9),
    "hangs": _hangs,
    "spins": _spins,
    "recurses": lambda: WAYS["recurses"](),
    "proposes nothing": lambda: None,
    "proposes a list": lambda: [0.5],
    "leaves a parameter out": dict,
    "adds a parameter": lambda: {"x": 0.5, "y": 1},
    "has odd names": lambda: {3: 0.5},
    "leaves the space": lambda: {"x": 7.0},
    "is not a number": lambda: {"x": float("nan")},
    "is no value": lambda: {"x": _Odd()},
    "is a list": lambda: {"x": [0.5]},
    "is huge": lambda: {"x": 10**4000},
    "is a huge text": lambda: {"x": "x" * 10_000_000},
    "has no trial": lambda: next(iter(())),
    "is out of numbers": lambda: [][1],
}


@dataclass(frozen=True, kw_only=True)
class GoneWrong(Sampler):
    """Goes wrong from a number on, and draws at random before."""

    way: str
    first: int = 0

    name: ClassVar[str] = "GoneWrong"
    learns: ClassVar[bool] = True

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Go wrong."""
        if number < self.first:
            return Random().propose(space, history, seed, number)
        found: dict[str, Value] = WAYS[self.way]()
        return found


@dataclass(frozen=True, kw_only=True)
class Chatty(Sampler):
    """Prints much where a process has something to say, and tells how it is run."""

    name: ClassVar[str] = "Chatty"
    learns: ClassVar[bool] = True

    def propose(self, space: Space, history: History, seed: int, number: int) -> dict[str, Value]:
        """Return the number of trials that ended, as a share."""
        print("x" * 100_000)
        assert os.environ["OPENBLAS_NUM_THREADS"] == os.environ["OMP_NUM_THREADS"] == "1"
        assert sys.flags.hash_randomization == 0
        return {"x": len(history) / 2**20 + number / 2**40}
