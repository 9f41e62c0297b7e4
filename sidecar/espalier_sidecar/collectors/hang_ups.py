"""Notices that the trainer has hung up, while its request waits for another server."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

LOOK_SECONDS = 0.5
_GONE = select.POLLRDHUP | select.POLLHUP | select.POLLERR


def has_hung_up(connection: socket.socket) -> bool:
    """Tell whether the other side is gone, whatever it has sent before."""
    poll = select.poll()
    poll.register(connection, _GONE)
    return bool(poll.poll(0))


class HangUps:
    """Ends what waits for a server on behalf of a client that does not wait any more.

    A thread that reads from a server which says nothing would wait for ever, and keep its place.
    """

    def __init__(self) -> None:
        self._waiting: dict[socket.socket, socket.socket] = {}
        self._changed = threading.Lock()
        self._looks = False

    def watch(self, client: socket.socket, server: socket.socket) -> None:
        """End the server's connection when the client hangs up."""
        with self._changed:
            self._waiting[client] = server
            if not self._looks:
                self._looks = True
                threading.Thread(target=self._look, name="hang-ups", daemon=True).start()

    def leave(self, client: socket.socket) -> None:
        """Watch it no more."""
        with self._changed:
            self._waiting.pop(client, None)

    def _look(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(LOOK_SECONDS)
            with self._changed:
                self._looks = bool(self._waiting)
                if not self._waiting:
                    return
                for client in [each for each in self._waiting if has_hung_up(each)]:
                    server = self._waiting.pop(client)
                    with contextlib.suppress(OSError):
                        # Of a TLS socket too: its own shutdown is for the thread that reads it.
                        socket.socket.shutdown(server, socket.SHUT_RDWR)
