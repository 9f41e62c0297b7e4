"""Progress for a person: what is being done, and how long it took."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

HEARTBEAT_SECONDS = 15.0


class Progress:
    """Print one line a step, with the seconds since the start of the command.

    Lines go to standard error, so that standard output stays for what was asked
    (`make -s kubeconfig` prints the path alone).
    """

    def __init__(self) -> None:
        self._start = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line."""
        print(f"{time.monotonic() - self._start:7.1f} s  {text}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, what: str, detail: Callable[[], str] = str) -> Iterator[None]:
        """Time a step; one that lasts says every 15 s that it is still at work."""
        began = time.monotonic()
        over = threading.Event()

        def beat() -> None:
            while not over.wait(HEARTBEAT_SECONDS):
                self.say(f"  … {what}, {time.monotonic() - began:.0f} s{detail()}")

        beating = threading.Thread(target=beat, daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
        self.say(f"{what}: {time.monotonic() - began:.1f} s")
