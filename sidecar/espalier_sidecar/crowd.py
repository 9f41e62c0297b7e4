"""Connections for which there is no place yet: some of them may wait for one."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from espalier_sidecar.limits import CROWD

QUIET_SECONDS = 10.0
"""So long a connection may say nothing of what it wants."""
PEEKED = 64  # bytes of a request's first line
LOOK_SECONDS = 0.02


class Crowd:
    """Holds connections until there is a place for them, or they turn out to be for others.

    Parameters
    ----------
    may_wait
        Whether a request that begins so may wait: True, False, or None if that cannot be said yet.
    enter
        Takes a connection if there is a place; returns whether there was.
    refuse
        Takes a connection that may not wait.
    """

    def __init__(
        self,
        may_wait: Callable[[bytes], bool | None],
        enter: Callable[[socket.socket, object], bool],
        refuse: Callable[[socket.socket], None],
    ) -> None:
        self._may_wait = may_wait
        self._enter = enter
        self._refuse = refuse
        self._held: dict[socket.socket, tuple[object, float]] = {}
        self._changed = threading.Condition()
        self._looks = False

    def __len__(self) -> int:
        return len(self._held)

    def add(self, connection: socket.socket, address: object) -> None:
        """Hold a connection; waits while there are many."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._held) < CROWD)
            self._held[connection] = address, time.monotonic() + QUIET_SECONDS
            if not self._looks:
                self._looks = True
                threading.Thread(target=self._look, name="crowd", daemon=True).start()

    def _look(self) -> None:
        while True:
            with self._changed:
                held = list(self._held.items())
                self._looks = bool(held)
            if not held:
                return
            for connection, (address, until) in held:
                if self._is_settled(connection, address, until):
                    with self._changed:
                        del self._held[connection]
                        self._changed.notify_all()
            time.sleep(LOOK_SECONDS)

    def _is_settled(self, connection: socket.socket, address: object, until: float) -> bool:
        may_wait = None
        with contextlib.suppress(BlockingIOError):
            try:
                begins = connection.recv(PEEKED, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            except ConnectionError:
                begins = b""
            may_wait = self._may_wait(begins) if begins else None
            until = until if begins else 0.0
        if may_wait is False:
            self._refuse(connection)
            return True
        if may_wait is None and time.monotonic() >= until:
            # Who asked nothing gets no answer.
            connection.close()
            return True
        return may_wait is True and self._enter(connection, address)
