"""For how long pods are in their states, measured by the operator's own clock at each look.

What the cluster's objects say about time is only used in differences of two times of one clock:
the kubelet's own, from the start of a pod until its last container's end. These are the best there
is once a pod is over, and all there is of what happened while no operator looked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from espalier.planning.world.record import AttemptRecord, StudyRecord
from espalier.planning.world.snapshot import PodView, Span
from espalier.planning.world.waiting import containers, fails_to_start

_ROUNDING = 1.0
"""By how much a difference of two times of Kubernetes may be too large: whole seconds."""
_SLACK = 3600.0
"""By how much a pod may seem to have run for longer than it exists: clocks differ."""
_REMEMBERED = 600.0
"""For how long a pod that is not seen any more is remembered."""


@dataclass(slots=True)
class _State:
    """A state that a pod is in at times, and for how many seconds it was.

    Parameters
    ----------
    on
        Whether it was in it at the last look.
    whole
        Whether it was seen before that began, so that nothing of it was missed.
    """

    seconds: float = 0.0
    on: bool = False
    whole: bool = True

    def look(self, on: bool, passed: float) -> None:
        """Take in whether the pod is in the state now; what it was until now, it was all along."""
        if self.on:
            self.seconds += passed
        self.on = on

    def told(self, own: float | None, passed: float, most: float) -> None:
        """Take in that the state is over, and how long it was by the kubelet's own clock."""
        seen = self.seconds + (passed if self.on else 0.0)
        self.on = False
        if own is None:
            self.seconds = seen
        elif self.whole:
            self.seconds = min(max(own, self.seconds), seen + _ROUNDING)
        else:
            self.seconds = max(min(own, most), self.seconds)


@dataclass(slots=True)
class _Watched:
    at: float
    held: _State = field(default_factory=_State)
    ran: _State = field(default_factory=_State)
    failing: dict[str, float] = field(default_factory=dict)
    ended_at: float | None = None

    def span(self, now: float) -> Span:
        since = min(self.failing.values(), default=now)
        ended = now - self.ended_at if self.ended_at is not None else 0.0
        return Span(self.held.seconds, self.ran.seconds, now - since, ended)


class Stopwatch:
    """Measures the pods of all studies.

    Parameters
    ----------
    clock : callable
        Seconds since the epoch that never jump.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._of_study: dict[str, dict[str, _Watched]] = {}

    def look(
        self, study: str, pods: Iterable[PodView], record: StudyRecord, trainer: str
    ) -> Mapping[str, Span]:
        """Take in what a study's pods are doing now; return for how long, by the pod's uid.

        Pods of ended trials are not measured any more. One that is not seen any more keeps what
        it had when it was seen last.

        Parameters
        ----------
        study : str
            The Study's uid.
        record : StudyRecord
            What is known of pods that are seen for the first time.
        trainer : str
            Name of the container that trains.
        """
        now = self._clock()
        before, watched = self._of_study.get(study, {}), dict[str, _Watched]()
        for pod in pods:
            trial = record.trial(pod.number)
            if trial.end is not None:
                continue
            each = before.get(pod.uid) or _first_seen(pod, trial.attempts, trainer, now)
            _look(each, pod, trainer, now)
            watched[pod.uid] = each
        for uid, each in before.items():
            if uid not in watched and now - each.at <= _REMEMBERED:
                each.held.on = each.ran.on = False
                each.failing.clear()
                watched[uid] = each
        self._of_study[study] = watched
        return {uid: each.span(now) for uid, each in watched.items()}

    def forget(self, study: str) -> None:
        """Forget the pods of a study."""
        self._of_study.pop(study, None)


def _first_seen(
    pod: PodView, attempts: Iterable[AttemptRecord], trainer: str, now: float
) -> _Watched:
    known = next((each for each in attempts if each.pod_uid == pod.uid), None)
    container = pod.containers.get(trainer)
    begun = container.started_at if container else None
    each = _Watched(now)
    # Between the pod's start and its trainer's it was there, whoever looked.
    starting = _between(pod.started_at, begun) or 0.0
    each.held = _State(min(starting, _most(pod, now)), whole=not _has_node(pod))
    each.ran = _State(whole=begun is None)
    if known is not None:
        each.held.seconds = max(each.held.seconds, known.held)
        each.ran.seconds = known.ran
    return each


def _look(each: _Watched, pod: PodView, trainer: str, now: float) -> None:
    passed, most = max(0.0, now - each.at), _most(pod, now)
    each.at = now
    container = pod.containers.get(trainer)
    if pod.over:
        each.held.told(_between(pod.started_at, _last_end(pod)), passed, most)
    else:
        each.held.look(_has_node(pod), passed)
    if pod.over or (container is not None and container.exit_code is not None):
        own = None if container is None else _between(container.started_at, container.finished_at)
        each.ended_at = now if each.ended_at is None else each.ended_at
        each.ran.told(own, passed, most)
    else:
        each.ran.look(container is not None and container.running, passed)
    for view in containers(pod):
        if view.running or view.exit_code is not None:
            each.failing.pop(view.name, None)
        elif fails_to_start(view):
            each.failing.setdefault(view.name, now)


def _last_end(pod: PodView) -> float | None:
    ends = [view.finished_at for view in containers(pod) if view.finished_at is not None]
    return max(ends, default=None)


def _has_node(pod: PodView) -> bool:
    return bool(pod.node) or pod.started_at is not None


def _between(start: float | None, end: float | None) -> float | None:
    """Return the seconds between two times of one clock; None if that is none or went back."""
    if start is None or end is None or end < start:
        return None
    return end - start


def _most(pod: PodView, now: float) -> float:
    return max(0.0, now - pod.created_at) + _SLACK
