"""Lines of the container's log."""

from __future__ import annotations

import sys

from espalier_sidecar.text import printable

LINES_A_TOPIC = 100
MAX_CHARACTERS = 2000
_written: dict[str, int] = {}


def log_line(message: str) -> None:
    """Write one line to the container's log: one, whatever a trainer has put into it."""
    line = printable(message[:MAX_CHARACTERS])
    print(f"espalier-sidecar: {line}", file=sys.stderr, flush=True)


def log_line_limited(topic: str, message: str) -> None:
    """Write a line, unless its topic has had its share: a training loop can be very regular."""
    count = _written[topic] = _written.get(topic, 0) + 1
    if count < LINES_A_TOPIC:
        log_line(message)
    elif count == LINES_A_TOPIC:
        log_line(f"{message} (said {count} times; no more of this)")
