"""Simulated studies over all cores: processes that each know the whole comparison."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from espalier.backtest.compare import Key, Run, one_by_one
from espalier.backtest.measure import Measured

CHUNK = 4
"""Studies handed over at a time: small enough that progress moves, and workers end together."""

_function: Callable[[Key], Measured]


def over(jobs: int) -> Run:
    """Make what runs studies in so many processes; in this one if it is only one."""
    return one_by_one if jobs <= 1 else _Pool(jobs)


class _Pool:
    def __init__(self, jobs: int) -> None:
        self._jobs = jobs

    def __call__(
        self, function: Callable[[Key], Measured], keys: Sequence[Key]
    ) -> Iterator[Measured]:
        workers = max(1, min(self._jobs, -(-len(keys) // CHUNK)))
        # Forked processes would inherit the locks of the thread that draws the progress.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, context, _begin, (function,)) as executor:
            try:
                yield from executor.map(_call, keys, chunksize=CHUNK)
            finally:
                executor.shutdown(wait=True, cancel_futures=True)


def _begin(function: Callable[[Key], Measured]) -> None:
    """Take in the curves once for all studies; an interrupt is the parent's to handle."""
    global _function
    _function = function
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call(key: Key) -> Measured:
    return _function(key)
