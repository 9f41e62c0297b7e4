"""Waits until the sidecar listens: for the container's postStart hook or a startup probe."""

from __future__ import annotations

import socket
import time

PAUSE = 0.02


def wait_until_ready(port: int, seconds: float = 10.0) -> bool:
    """Ask `GET /healthz` until it answers; false if it does not."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if _answers(port):
            return True
        time.sleep(PAUSE)
    return False


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
