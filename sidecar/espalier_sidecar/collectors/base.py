"""What a collector is: something that is polled for values, and can say how it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

from espalier_sidecar.collectors.call import Call
from espalier_sidecar.collectors.positions import Positions
from espalier_sidecar.collectors.reading import Translation
from espalier_sidecar.report import Report
from espalier_sidecar.volume import Folder

REPORTS_A_POLL = 1000
"""After so many reports a poll ends: they are in memory until they are in the spool."""


class Collected(NamedTuple):
    """What one poll has found."""

    reports: list[Report]
    """The reports, in the order in which the trainer made them."""
    more: bool
    """Whether to poll again at once; False where nothing new is there."""


class Health(NamedTuple):
    """How a collector is, in words and numbers; counted since the container started."""

    source: str
    """What it reads: for a file, its path below the volume."""
    fault: str
    """What keeps it from reading now, as a sentence; empty if nothing does."""
    seen: int
    """Pieces (lines of a file) that it has looked at."""
    matched: int
    """Pieces that held a value, or several."""
    bad: int
    """Pieces that were meant to hold a value and could not be used."""
    passed_over: str = ""
    """The newest piece that was bad or held no value, cut and cleaned, and why if that is known."""
    names: tuple[str, ...] = ()
    """Metrics that came, as the source calls them: the first twenty."""
    mismatches: tuple[tuple[str, str, str], ...] = ()
    """Parameters that the trainer says it uses with another value than the trial's: name, given,
    used; the first ten."""


class Collector(Protocol):
    """Finds values; the sidecar polls it in its main thread, each collector in its share of time.

    A new one says in `poll` what it found and in `health` how it is. What it cannot read it says
    in its health, once in the log, and tries again at the next poll: it raises nothing.
    """

    def poll(self, until: float, last: bool) -> Collected:
        """Return what is new: some of it, if there is much.

        Parameters
        ----------
        until
            When to return, in seconds of the monotonic clock. Something is taken also when this
            has passed, so that every poll gets on.
        last
            Whether the training has ended: nothing more will be written, and what looks
            unfinished is as it will stay.
        """
        ...

    def health(self) -> Health:
        """Return how the collector is; asked in other threads too, and answered at once."""
        ...

    def kept(self) -> None:
        """Write down how far it has read: all that it gave is in the spool."""

    def skip(self) -> None:
        """Leave out all but the newest, for lack of time: the container ends."""

    def close(self) -> None:
        """Let go of what it holds: it is polled no more."""


@runtime_checkable
class Served(Collector, Protocol):
    """A collector that the trainer talks to, at a path of the local server's own."""

    prefix: str
    """What the paths begin with that it answers: `/mlflow`."""

    def serve(self, call: Call) -> None:
        """Answer a request, in its connection's thread.

        What is answered well is in the spool already (`Context.keep`); `poll` finds nothing.
        """
        ...


class Context(NamedTuple):
    """What a collector is made with."""

    volume: Folder
    """The volume that the trainer writes into."""
    directory: str
    """The path at which trainer and sidecar have mounted that volume."""
    metric: str
    """The study's metric: that of values which come without a name."""
    positions: Positions
    """How far each source was read before the container was started again."""
    translation: Translation
    """What the study calls the source's metrics and steps; each collector has its own."""
    keep: Callable[[Sequence[Report]], None]
    """Spools what a served collector was told, for any thread; raises `SpoolFull`."""
    parameters: Mapping[str, Any]
    """The trial's parameters, in their own types; empty if the operator did not say."""
    printed: Callable[[bytes], None] = lambda _: None
    """Told of all that the trainer prints, as far as that is read."""


class Source(Protocol):
    """What a Study's `spec.collector` says, checked."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        ...


def text_in(section: Mapping[str, Any], key: str) -> str:
    """Return a text of a section; raises `KeyError` or `TypeError` if it has none there."""
    found = section[key]
    if not isinstance(found, str):
        raise TypeError(f"{key}: expected a text")
    return found
