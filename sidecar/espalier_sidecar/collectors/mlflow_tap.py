"""What is taken out of a request of MLflow's client while it passes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Semaphore
from typing import Any, Protocol

from espalier_sidecar.collectors.mlflow_bodies import BodyReader, Member

LISTS = frozenset({"metrics", "params", "tags"})
FIELDS = frozenset(
    {"run_id", "run_uuid", "key", "value", "timestamp", "step", "status", "end_time"}
    | {"experiment_id", "experiment_name", "name", "run_name", "user_id", "start_time"}
    | {"metric_key", "source_run_id", "model_type", "source", "version"}
)
SINGLE = {
    "runs/log-metric": "metrics",
    "runs/log-parameter": "params",
    "runs/set-tag": "tags",
}
"""Requests whose body is one of a list's elements."""
LOGGING = frozenset({*SINGLE, "runs/log-batch"})
TAPPED = frozenset({"runs/log-metric", "runs/log-parameter", "runs/log-batch", "runs/update"})
"""Requests that say something about values."""
MOST_EARLY = 2500
"""Members that may come before the run that they belong to, in all bodies at a time: two of the
largest that MLflow's client sends, which names the run first."""


class Sink(Protocol):
    """Takes what is found."""

    early: Semaphore
    """Has room for `MOST_EARLY` members."""

    def take(self, run: str, member: Member) -> None:
        """Take a metric, a parameter or a tag of a run."""

    def bad(self, why: str) -> None:
        """Count a body that could not be read."""


class Tap:
    """Reads one request's body as it passes; what its bounds leave out is a fault, and told.

    Parameters
    ----------
    route
        As the attribute.
    sink
        Takes what is found.

    Attributes
    ----------
    route
        The path behind `/api/2.0/mlflow/`.
    fields
        The members that are no lists.
    early
        Elements of lists whose run is not known.
    """

    def __init__(self, route: str, sink: Sink) -> None:
        self.route = route
        self._sink = sink
        self._reader = BodyReader()
        self._is_empty = True
        self._room = 0
        self.fields: dict[str, Any] = {}
        self.early: list[Member] = []

    @property
    def run(self) -> str:
        """The run that the request is about; empty if that is not known yet."""
        return next(
            (
                found[:250]
                for name in ("run_id", "run_uuid")
                if isinstance(found := self.fields.get(name), str) and found
            ),
            "",
        )

    def feed(self, piece: bytes) -> None:
        """Read a piece of the body."""
        self._is_empty = False
        for member in self._reader.feed(piece):
            if member.name in LISTS:
                self._element(member)
            elif member.name in FIELDS:
                self.fields[member.name] = member.value
        if self.route in LOGGING and self.run and self.early:
            self._take_early()

    def through(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Read the pieces of a body while another one takes them."""
        try:
            for piece in pieces:
                self.feed(piece)
                yield piece
            self.end()
        finally:
            self._make_room()

    def end(self) -> None:
        """Say that the body has come to its end."""
        if self._is_empty:
            return
        self._reader.end()
        if self.route in LOGGING:
            if self.route in SINGLE and not self._reader.fault:
                self._sink.take(self.run, Member(SINGLE[self.route], self.fields, 0))
            self._take_early()
            if self._reader.fault:
                self._sink.bad(f"{self.route}: {self._reader.fault}")

    def _element(self, member: Member) -> None:
        if self.route in LOGGING and self.run:
            self._sink.take(self.run, member)
        elif self._sink.early.acquire(blocking=False):
            self._room += 1
            self.early.append(member)
        else:
            self._sink.bad(f"{self.route}: expected the run before what it logs; came too much")

    def _take_early(self) -> None:
        early, self.early = self.early, []
        for member in early:
            self._sink.take(self.run, member)
        self._make_room()

    def _make_room(self) -> None:
        if self._room:
            self._sink.early.release(self._room)
            self._room = 0
