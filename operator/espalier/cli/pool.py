"""Simulated studies over all cores: processes that each know the whole comparison."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

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
                with _deaf():
                    results = executor.map(_call, keys, chunksize=CHUNK)
                yield from results
            finally:
                executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that no interrupt reaches, from their first moment on: it is the parent's.

    They inherit what is blocked; here it waits, and is lost to nobody.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(function: Callable[[Key], Measured]) -> None:
    """Take in the curves once for all studies."""
    global _function
    _function = function


def _call(key: Key) -> Measured:
    return _function(key)
