"""Lines for whoever reads the sidecar's log."""

import sys

SAID_AT_MOST = 100
LONGEST = 2000
_said: dict[str, int] = {}


def say(message: str) -> None:
    """Write one line to the container's log: one, whatever a trainer has put into it."""
    line = printable(message[:LONGEST])
    print(f"espalier-sidecar: {line}", file=sys.stderr, flush=True)


def say_some(topic: str, message: str) -> None:
    """Say it, unless this topic has filled its share: a training loop can be very regular."""
    count = _said[topic] = _said.get(topic, 0) + 1
    if count < SAID_AT_MOST:
        say(message)
    elif count == SAID_AT_MOST:
        say(f"{message} (said {count} times; no more of this)")


def printable(text: str) -> str:
    """Escape what moves a cursor, colours a terminal or begins a line."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def clip(thing: object) -> str:
    """Show at most 80 characters of what came."""
    shown = repr(thing[:100] if isinstance(thing, str | bytes | list) else thing)
    return shown if len(shown) <= 80 else shown[:77] + "..."
