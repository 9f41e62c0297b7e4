"""What the collectors have heard so far, told to the operator where that is worth telling.

A trial without values must not stay without a reason: how each collector is goes to the operator a
while after the start, and again when it has changed. Once values of the study's metric come, only
what is wrong is told. It has a thread and a connection of its own, and delays no value.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from http.client import HTTPException
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Health
from espalier_sidecar.ingest_client import Answer
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.text import printable
from espalier_sidecar.wire import as_bytes

FIRST_SECONDS = 10.0
"""After so long it is told first, at most every third such time from then on."""
MAX_BODY = 8 * 1024  # bytes
MOST_COLLECTORS = 16
NOT_KNOWN = frozenset({404, 405})
"""How an operator answers that is older than this message."""
_LONGEST = (250, 120, 60, 20)
"""Characters of a text, and fewer where that is too much for all of them."""
_SHORTEST = 5


class Ear(NamedTuple):
    """A collector, and the type by which the study has chosen it."""

    type: str
    """Its `type`."""
    collector: Collector
    """The collector."""


class Heard(threading.Thread):
    """Tells the operator how the collectors are; not each time that they have read a line.

    Parameters
    ----------
    trial
        The trial, as `namespace/name`.
    ears
        What is collected from.
    came
        Whether a value of the study's metric has come.
    post
        Sends a body to ingest; raises where no answer came.
    seconds
        After how long it is told first.
    """

    def __init__(
        self,
        trial: str,
        ears: Sequence[Ear],
        came: Callable[[], bool],
        post: Callable[[bytes], Answer],
        seconds: float = FIRST_SECONDS,
    ) -> None:
        super().__init__(name="heard", daemon=True)
        self._trial = trial
        self._ears = ears[:MOST_COLLECTORS]
        self._came = came
        self._post = post
        self._seconds = seconds
        self._ends = threading.Event()
        self._told: Hashable = None

    def run(self) -> None:
        """Tell what has changed, until it is stopped."""
        pause = self._seconds
        while not self._ends.wait(pause):
            pause = self._seconds / 2
            news = self._news()
            if not news or news == self._told:
                continue
            if self._tell():
                self._told = news
            pause = self._seconds * 3

    def stop(self) -> None:
        """Tell no more."""
        self._ends.set()

    def last_words(self, room: int) -> bytes:
        """Return what was heard, as JSON of so many bytes; nothing where all is well."""
        return self._listed(room) if self._news() else b""

    def _news(self) -> Hashable:
        """Return what is told anew when it is another than before; empty where all is well."""
        came = self._came()
        rows = [(ear.type, _gist(ear.collector.health(), came)) for ear in self._ears]
        return tuple(row for row in rows if row[1])

    def _tell(self) -> bool:
        """Send it; whether that need not be tried again."""
        start = b'{"trial":' + as_bytes(self._trial) + b',"heard":'
        body = start + self._listed(MAX_BODY - len(start) - 1) + b"}"
        try:
            answer = self._post(body)
        except (OSError, HTTPException, ValueError) as error:
            log_line_limited("heard", f"could not tell how the collectors are: {error}")
            return False
        if answer.status in NOT_KNOWN:
            self.stop()
        return 200 <= answer.status < 500

    def _listed(self, room: int) -> bytes:
        """Return all collectors, with texts as long as there is room for; else nothing."""
        healths = [(ear.type, ear.collector.health()) for ear in self._ears]
        for longest in _LONGEST:
            text = as_bytes([_row(type_, health, longest) for type_, health in healths])
            if len(text) <= room:
                return text
        # Of many that escapes make long the gist is left: which they are, and what they count.
        gist = [health._replace(names=(), mismatches=()) for _, health in healths]
        types = [type_ for type_, _ in healths]
        text = as_bytes([_row(*each, _SHORTEST) for each in zip(types, gist, strict=True)])
        return text if len(text) <= room else b""


def _gist(health: Health, came: bool) -> tuple[Hashable, ...]:
    """Return what of a collector is worth telling; counts are, each time that they double."""
    if came:
        given_up = health.fault if health.seen else ""
        return (given_up, health.mismatches) if given_up or health.mismatches else ()
    return (
        health.source,
        health.fault,
        health.seen.bit_length() if not health.matched else 0,
        health.matched > 0,
        health.bad.bit_length(),
        bool(health.passed_over),
        health.names,
        health.mismatches,
    )


def _row(type_: str, health: Health, longest: int) -> dict[str, Any]:
    def cut(text: object) -> str:
        shown = printable(str(text)[:longest])
        return shown if len(shown) <= longest else shown[: longest - 1] + "…"

    left = 2 * longest
    names: list[str] = []
    for name in health.names:
        left -= len(name)
        if left < 0:
            break
        names.append(printable(name))
    return {
        "type": type_,
        "source": cut(health.source),
        "fault": cut(health.fault),
        "seen": health.seen,
        "matched": health.matched,
        "bad": health.bad,
        "passed_over": cut(health.passed_over),
        "names": names,
        "mismatches": [[cut(part) for part in each] for each in health.mismatches[:10]],
    }
