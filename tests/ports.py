"""Ports for the servers that tests start."""

import secrets
import socket

_FIRST, _COUNT = 22_000, 10_000
"""Below those that Linux gives to outgoing connections (32768 and above), which take any of theirs
at any moment; above those of our clusters."""
_given: set[int] = set()


def free_port() -> int:
    """Choose a port that nobody has now, and that nobody here is given again."""
    while True:
        port = _FIRST + secrets.randbelow(_COUNT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port
