"""So many bytes, lent to whoever asks for some."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class NoRoom(Exception):
    """Others had the bytes all the time that one was willing to wait."""


class Room:
    """A semaphore that counts bytes; for several threads."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._freed = threading.Condition()

    @contextmanager
    def lend(self, count: int, seconds: float) -> Iterator[None]:
        """Lend `count` bytes, once they are there; raises `NoRoom` if that takes too long."""
        with self._freed:
            if not self._freed.wait_for(lambda: self._left >= count, seconds):
                raise NoRoom
            self._left -= count
        try:
            yield
        finally:
            with self._freed:
                self._left += count
                self._freed.notify_all()
