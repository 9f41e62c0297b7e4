"""A collector that the trainer talks to, made when it does: until then it costs nothing."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

from espalier_sidecar.collectors.base import Collected, Context, Health, Served
from espalier_sidecar.collectors.call import Call


class ServedLater(Served):
    """Stands for a served collector until the first request for it comes.

    Parameters
    ----------
    prefix
        What the paths begin with that it answers.
    factory
        The collector's module and class, `module:class`; it is made with a context and `section`.
    context
        What it is made with.
    section
        What its section says, checked.
    """

    def __init__(self, prefix: str, factory: str, context: Context, section: Any) -> None:
        self.prefix = prefix
        self._factory = factory
        self._context = context
        self._section = section
        self._lock = threading.Lock()
        self._made: Served | None = None
        if context.positions.state(prefix):
            self._make()  # it was used before a restart

    def serve(self, call: Call) -> None:
        """Answer a request; the first makes the collector."""
        self._make().serve(call)

    def poll(self, until: float, last: bool) -> Collected:
        """Return what the collector still has: what is told is spooled as it comes."""
        return Collected([], False) if self._made is None else self._made.poll(until, last)

    def health(self) -> Health:
        """Return how the collector is."""
        return Health(self.prefix, "", 0, 0, 0) if self._made is None else self._made.health()

    def kept(self) -> None:
        """Write down what must be known after a restart."""
        if self._made is not None:
            self._made.kept()

    def skip(self) -> None:
        """Leave nothing out: nothing waits."""

    def close(self) -> None:
        """Let go of what the collector holds."""
        if self._made is not None:
            self._made.close()

    def _make(self) -> Served:
        with self._lock:
            if self._made is None:
                module, name = self._factory.split(":")
                made: Served = getattr(import_module(module), name)(self._context, self._section)
                self._made = made
            return self._made
