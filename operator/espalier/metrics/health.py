"""Is the operator alive, and is it ready: a pure judgement of its signs of life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from espalier.metrics.figures import ControlView


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A verdict with its reason, which the probe's answer carries."""

    ok: bool
    """Whether the probe succeeds."""
    message: str
    """Why."""


_UNREACHABLE = "is the API server reachable?"

HealthCheck = Callable[[], ProbeAnswer]
"""Called in the probe's own thread."""


@dataclass(frozen=True, slots=True)
class LivenessLimits:
    """How old a sign of life may be, in seconds.

    Notes
    -----
    A watch without events is opened anew after a minute: at 150 s two tries in a row have failed.
    While lists come, the API server answers, and a restart begins with new watches. Where lists
    fail as well, it is the API server that is away, and a restart would only take the ingest port
    away too; after `outage` it is tried all the same, since new credentials may be needed.
    """

    watch_age: float = 150.0
    """Of a watch's last sign of life, while lists come."""
    outage: float = 900.0
    """Of the same while lists fail too."""
    queue_age: float = 150.0
    """Since a study was taken from a queue in which some wait."""
    reading_age: float = 150.0
    """Since a piece of a log was read while some are being read."""
    loop_age: float = 60.0
    """Since the operator last looked at itself."""


def judge_liveness(view: ControlView, limits: LivenessLimits, age: float = 0.0) -> ProbeAnswer:
    """Judge the loop, the watches' age and the queue's progress; the first fault is the reason.

    Parameters
    ----------
    view : ControlView
        As the operator's loop saw it last.
    limits : LivenessLimits
        How old a sign of life may be.
    age : float
        Seconds since the loop made that view: a loop that is stuck makes no new one.
    """
    if age > limits.loop_age:
        return ProbeAnswer(
            False,
            f"the operator's loop is stuck for {age:.0f} s (limit {limits.loop_age:.0f} s)",
        )
    for resource, age in sorted(view.watch_ages.items()):
        listed = view.list_ages.get(resource, age)
        if age > (limits.watch_age if listed <= limits.watch_age else limits.outage):
            return ProbeAnswer(
                False,
                f"the watch of {resource} is silent for {age:.0f} s (limit "
                f"{limits.watch_age:.0f} s), the last list was {listed:.0f} s ago: "
                + ("is a proxy in between?" if listed <= limits.watch_age else _UNREACHABLE),
            )
    if view.reading and view.reading_idle > limits.reading_age:
        return ProbeAnswer(
            False,
            f"no piece of a log was read for {view.reading_idle:.0f} s (limit "
            f"{limits.reading_age:.0f} s), {view.reading} studies wait: does the store's disk "
            "answer?",
        )
    # At the start all studies wait at once, and some for their logs: going on is enough then.
    going_on = view.starting or view.reading > 0
    waited = view.queue_idle if going_on else view.queue_oldest_age
    if waited > limits.queue_age:
        return ProbeAnswer(
            False,
            f"a study waits to be reconciled for {waited:.0f} s "
            f"(limit {limits.queue_age:.0f} s), {view.queue_depth} in the queue",
        )
    silent = _silence(view, limits)
    return ProbeAnswer(True, f"alive, {view.queue_depth} in the queue{_read(view)}{silent}")


def _silence(view: ControlView, limits: LivenessLimits) -> str:
    age = max(view.list_ages.values(), default=0.0)
    return f"; nothing was listed for {age:.0f} s: {_UNREACHABLE}" if age > limits.watch_age else ""


def judge_readiness(view: ControlView) -> ProbeAnswer:
    """Say that the operator is ready, and for what it is not yet.

    A study whose log is being read does not keep the others waiting: its trials alone are told
    to come again. An operator that stands back in all its namespaces is not ready.
    """
    if not view.others:
        return ProbeAnswer(True, f"ready{_read(view)}")
    where = ", ".join(f"{name} (run by {other})" for name, other in sorted(view.others.items()))
    alone = sum(view.claims.values()) > len(view.others)
    return ProbeAnswer(alone, f"{'ready' if alone else 'not ready'}; stands back in {where}")


def _read(view: ControlView) -> str:
    if not view.reading:
        return ""
    return f"; the logs of {view.reading} studies are being read, their trials wait for it"


class FirstPass:
    """Whether the studies that were there at the start have all been looked at once.

    Attributes
    ----------
    going_on : bool
        True until the queue was empty for the first time.
    """

    def __init__(self) -> None:
        self.going_on = True
        self._taken = 0
        self._at: float | None = None

    def idle(self, depth: int, taken: int, now: float) -> float:
        """Take in the queue's state; return the seconds since a study was last taken from it."""
        if taken and not depth:
            self.going_on = False
        if self._at is None or taken != self._taken or not depth:
            self._taken, self._at = taken, now
        return now - self._at
