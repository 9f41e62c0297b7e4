"""Connections that were turned away, read on for a moment.

To close one at once, while its request still comes, would have the kernel take back the answer
that says why.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time

from espalier_sidecar.limits import LEAVING, PIECE

READ_ON_SECONDS = 2.0


class RefusedConnections:
    """Reads what the connections send and keeps nothing, in one thread, while there are any."""

    def __init__(self) -> None:
        self._leaving: dict[socket.socket, float] = {}
        self._changed = threading.Lock()
        self._reading = False

    def refuse(self, connection: socket.socket, answer: bytes) -> None:
        """Send an answer, and close once the other side has had time to read it."""
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.send(answer)
            connection.shutdown(socket.SHUT_WR)
        with self._changed:
            if len(self._leaving) == LEAVING:
                self._close(next(iter(self._leaving)))
            self._leaving[connection] = time.monotonic() + READ_ON_SECONDS
            if not self._reading:
                self._reading = True
                threading.Thread(target=self._read, name="refused connections", daemon=True).start()

    def _read(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                for connection in [each for each, ends in self._leaving.items() if ends < now]:
                    self._close(connection)
                leaving = list(self._leaving)
                self._reading = bool(leaving)
            if not leaving:
                return
            with contextlib.suppress(OSError, ValueError):  # closed meanwhile, to make room
                ready, _, _ = select.select(leaving, [], [], 0.1)
                for connection in ready:
                    self._read_on(connection)

    def _read_on(self, connection: socket.socket) -> None:
        try:
            more = connection.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            with self._changed:
                self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        self._leaving.pop(connection, None)
        connection.close()
