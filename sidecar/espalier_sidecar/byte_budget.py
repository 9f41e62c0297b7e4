"""A number of bytes that several threads share: each reserves some, and gives them back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BudgetExhausted(Exception):
    """Others held the bytes for as long as one was willing to wait."""


class ByteBudget:
    """A semaphore that counts bytes; for several threads.

    Parameters
    ----------
    size
        How many bytes may be reserved at once.
    """

    def __init__(self, size: int) -> None:
        self._left = size
        self._freed = threading.Condition()

    @contextmanager
    def reserve(self, count: int, seconds: float) -> Iterator[None]:
        """Reserve bytes for the time of a `with` block, once they are free.

        Parameters
        ----------
        count
            How many bytes.
        seconds
            The longest time to wait for them.

        Raises
        ------
        BudgetExhausted
            If they were not free in that time.
        """
        with self._freed:
            if not self._freed.wait_for(lambda: self._left >= count, seconds):
                raise BudgetExhausted
            self._left -= count
        try:
            yield
        finally:
            with self._freed:
                self._left += count
                self._freed.notify_all()
