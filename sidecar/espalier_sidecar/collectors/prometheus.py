"""Type Prometheus: the metrics that the trainer serves itself."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collected, Collector, Context, Health, text_in
from espalier_sidecar.collectors.exposition import Exposition
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.collectors.scrape import LARGEST, NobodyListens, ScrapeFailed, scrape
from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

PATH = "/metrics"
INTERVAL_SECONDS = 5.0
MOST_WAITING = 16
"""So many scrapes wait for the poll that reads them; it comes forty times a second."""


class PrometheusEndpoint(NamedTuple):
    """Where the trainer serves its metrics, and which of them is the step."""

    port: int
    """Its port, on 127.0.0.1."""
    path: str
    """The path, with a query if there is one."""
    step: str
    """The series whose value is the step; empty if changed values are counted."""
    interval_seconds: float
    """How often it is asked."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        return Scraped(context, self)


def read_section(section: Mapping[str, Any]) -> PrometheusEndpoint:
    """Return what `spec.collector.prometheus` says.

    Raises
    ------
    KeyError, TypeError
        If it has no port, or no text where one belongs.
    """
    port = section["port"]
    if type(port) is not int:
        raise TypeError("port: expected a number")
    return PrometheusEndpoint(
        port,
        text_in({"path": PATH, **section}, "path"),
        text_in({"step": "", **section}, "step"),
        float(section.get("intervalSeconds", INTERVAL_SECONDS)),
    )


class Follow(NamedTuple):
    """What is known of one series."""

    text: str
    """Its value when it was last looked at, as it was written."""
    step: float | None
    """The last step that it has a value for."""
    waits: bool
    """Whether it has changed since, while the step stood."""


class Scraped(Collector):
    """Takes the values that changed from one scrape to the next.

    It is scraped in a thread of its own: an endpoint that hangs keeps no other collector waiting.

    Parameters
    ----------
    context
        What the study calls the series, and what was known before a restart.
    endpoint
        What is scraped.
    """

    def __init__(self, context: Context, endpoint: PrometheusEndpoint) -> None:
        self._endpoint = endpoint
        self._metric = context.metric
        self._translation = context.translation
        self._positions = context.positions
        self._source = f"127.0.0.1:{endpoint.port}{endpoint.path}"
        self._metrics = tuple(dict.fromkeys((context.metric, *context.translation.renamed())))
        kept = context.positions.state(self._source)
        context.translation.resume(kept.get("counts"))
        self._followed = _followed(kept.get("series"))
        self._scrapes: deque[dict[str, str]] = deque(maxlen=MOST_WAITING)
        self._names: tuple[str, ...] = ()
        self._thread: threading.Thread | None = None
        self._ended = threading.Event()
        self._fault = f"nobody listens on port {endpoint.port} yet"
        self._seen = 0
        self._matched = 0
        self._bad = 0
        self._passed_over = ""

    def poll(self, until: float, last: bool) -> Collected:
        """Return what changed; the first time, begin to scrape."""
        if self._thread is None and not last:
            self._thread = threading.Thread(target=self._scrape, name="scrape", daemon=True)
            self._thread.start()
        reports: list[Report] = []
        while self._scrapes:
            reports += self._reports(self._scrapes.popleft())
        return Collected(reports, False)

    def health(self) -> Health:
        """Return how it is."""
        return Health(
            source=self._source,
            fault=self._fault,
            seen=self._seen,
            matched=self._matched,
            bad=self._bad,
            passed_over=self._passed_over,
            names=self._names,
        )

    def kept(self) -> None:
        """Write down what the next scrape is compared with."""
        if self._followed:
            state: dict[str, Any] = {"series": {k: list(v) for k, v in self._followed.items()}}
            if counts := self._translation.state():
                state["counts"] = counts
            self._positions.put(self._source, None, state)

    def skip(self) -> None:
        """Leave nothing out: the trainer is gone, and nobody answers any more."""

    def close(self) -> None:
        """Scrape no more."""
        self._ended.set()

    def _scrape(self) -> None:
        """Scrape until the collector is closed; in its thread."""
        endpoint = self._endpoint
        wanted = frozenset((*self._metrics, endpoint.step))
        while not self._ended.is_set():
            began = time.monotonic()
            found = Exposition(wanted)
            try:
                whole = scrape(endpoint.port, endpoint.path, found.feed)
            except NobodyListens as error:
                self._fault = f"{error} {'any more' if self._seen else 'yet'}"
            except ScrapeFailed as error:
                self._set_fault(str(error))
            else:
                if whole:
                    found.end()
                self._seen += 1
                self._names = tuple(found.names)
                self._set_fault("" if whole else f"{self._source}: only {LARGEST} bytes are read")
                self._scrapes.append(found.samples)
            self._ended.wait(max(0.0, began + endpoint.interval_seconds - time.monotonic()))

    def _set_fault(self, fault: str) -> None:
        if fault and fault != self._fault:
            log_line_limited("scrape", fault)
        self._fault = fault

    def _reports(self, samples: Mapping[str, str]) -> list[Report]:
        reports = []
        for reading in self._readings(samples):
            try:
                reports.append(self._translation.report(reading))
            except BadReport as error:
                self._pass_over(f"{clip(reading.metric)}: {error}")
        self._matched += bool(reports)
        return reports

    def _readings(self, samples: Mapping[str, str]) -> list[Reading]:
        step = None
        if self._endpoint.step:
            step = _number(samples.get(self._endpoint.step, ""))
            if step is None:
                self._passed_over = (
                    f"no series {clip(self._endpoint.step)}, which is to be the step"
                )
                return []
        readings = []
        for series in self._metrics:
            text = samples.get(series)
            value = None if text is None else _number(text)
            if value is not None and text is not None and self._counts(series, text, step):
                readings.append(Reading(series, step, value))
            elif text is not None and value is None:
                self._pass_over(f"{clip(series)}: expected a number; came {clip(text)}")
        return readings

    def _counts(self, series: str, text: str, step: float | None) -> bool:
        """Whether a value is new, and its step known; what is seen is remembered.

        A step has one value. One that changes while the step stands is the next step's: it was
        set a moment before the step was.
        """
        before = self._followed.get(series)
        changed = before is None or text != before.text
        waits = before is not None and (before.waits or changed)
        has = None if before is None else before.step
        if before is None and _number(text) == 0:
            # A gauge is nought until it is set.
            self._followed[series] = Follow(text, None, False)
            return False
        if not changed and not waits:
            return False
        counts = step is None or step != has
        self._followed[series] = Follow(text, step if counts else has, not counts)
        return counts

    def _pass_over(self, what: str) -> None:
        self._bad += 1
        self._passed_over = what
        log_line_limited(self._source, f"{self._source}: passed over {what}")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _followed(state: object) -> dict[str, Follow]:
    """Return what was kept; what is none is left out."""
    found = {}
    for series, kept in state.items() if isinstance(state, dict) else ():
        if isinstance(kept, list) and len(kept) == 3 and isinstance(kept[0], str):
            step = kept[1] if isinstance(kept[1], int | float) else None
            found[series] = Follow(kept[0], step, kept[2] is True)
    return found
