"""Lines for whoever reads the sidecar's log."""

import sys

SAID_AT_MOST = 100
_said: dict[str, int] = {}


def say(message: str) -> None:
    """Write one line to the container's log."""
    print(f"espalier-sidecar: {message}", file=sys.stderr, flush=True)


def say_some(topic: str, message: str) -> None:
    """Say it, unless this topic has filled its share: a training loop can be very regular."""
    count = _said[topic] = _said.get(topic, 0) + 1
    if count < SAID_AT_MOST:
        say(message)
    elif count == SAID_AT_MOST:
        say(f"{message} (said {count} times; no more of this)")
