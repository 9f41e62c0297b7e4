"""All pods of a run: who posts next, at what rate, and how long it took until what was seen."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from tests.bench.scale.api import Api
from tests.bench.scale.curves import Curves
from tests.bench.scale.figures import spread
from tests.bench.scale.kubelets import Kubelets
from tests.bench.scale.sidecar import Pod, Sidecar

_TICK = 0.002
_LAST_DELETES = 10.0


@dataclass
class Stretch:
    """What was seen in one stretch of load; times are `time.perf_counter`."""

    answers: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    pruned: dict[str, tuple[float, float]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    nobody: int = 0
    taken_at: list[float] = field(default_factory=list)


class Load:
    """The pods that run, as their sidecars: each posts in turn."""

    def __init__(self, api: Api, namespace: str, curves: Curves) -> None:
        self._curves = curves
        self._kubelets = Kubelets(api, namespace, self._began, self._ended)
        self._sidecars: dict[str, Sidecar] = {}
        self._waiting: deque[Sidecar] = deque()
        self._stretch = Stretch()
        self._ending = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._marked = 0.0
        self._since: dict[str, float] = {}
        self.began = 0
        self.stored = 0
        self.pruned: list[int] = []
        self.completed = 0
        self.trouble: Counter[str] = Counter()

    async def follow(self) -> None:
        """Play all pods until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._kubelets.watch_pods())
            group.create_task(self._kubelets.watch_jobs())

    # -- pods -----------------------------------------------------------------------------------

    def _began(self, pod: Pod) -> None:
        self.began += 1
        sidecar = self._sidecars[pod.uid] = Sidecar(pod, self._curves, self._told)
        self._start(self._connect(sidecar))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.trouble[f"{type(error).__name__}: {error}"[:160]] += 1

    async def _connect(self, sidecar: Sidecar) -> None:
        place = await self._kubelets.place(sidecar.pod)
        sidecar.begin(place, await self._kubelets.token(sidecar.pod))

    def _ended(self, uid: str) -> None:
        sidecar = self._sidecars.pop(uid, None)
        if sidecar is not None:
            self.stored += sidecar.stored
            sidecar.close()

    def _let_end(self, sidecar: Sidecar) -> None:
        """Let a trial complete that has a value; without one it would have failed."""
        if sidecar.reports and not sidecar.pruned and not sidecar.over:
            self.completed += 1
            sidecar.over = True
            self._start(self._end(sidecar))

    async def _end(self, sidecar: Sidecar) -> None:
        await self._kubelets.end(sidecar.pod)

    # -- values ---------------------------------------------------------------------------------

    def _told(self, sidecar: Sidecar, seconds: float, status: int) -> None:
        stretch, now = self._stretch, time.perf_counter()
        stretch.statuses[status] += 1
        if status != 200:
            return
        stretch.answers.append(seconds)
        stretch.taken_at.append(now)
        self._since.setdefault(sidecar.pod.uid, now - self._marked)
        if sidecar.pruned:
            self.pruned.append(sidecar.pod.number)
            stretch.pruned[sidecar.pod.trial] = (sidecar.sent_at, now)
        elif self._ending or sidecar.step >= self._curves.steps:
            self._let_end(sidecar)
        else:
            self._waiting.append(sidecar)

    def _next(self) -> Sidecar | None:
        """Return who has waited longest of those that can post."""
        for _ in range(len(self._waiting)):
            sidecar = self._waiting.popleft()
            if sidecar.idle:
                return sidecar
            if not sidecar.over and not sidecar.pruned:
                self._waiting.append(sidecar)
        return None

    async def post(self, rate: float, seconds: float) -> dict[str, Any]:
        """Post so many values a second for so long, and tell what was seen."""
        stretch = self._stretch = Stretch()
        began, sent = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < seconds:
            due = int(passed * rate)
            while sent < due:
                sidecar = self._next()
                if sidecar is None:
                    stretch.nobody += due - sent
                    sent = due
                    break
                stretch.late.append(time.perf_counter() - began - (sent + 1) / rate)
                sidecar.post()
                sent += 1
            await asyncio.sleep(_TICK)
        await self._last_deletes(stretch)
        return self._figures(rate, seconds, stretch)

    async def _last_deletes(self, stretch: Stretch) -> None:
        deadline = time.perf_counter() + _LAST_DELETES
        while time.perf_counter() < deadline:
            if stretch.pruned.keys() <= self._kubelets.job_gone.keys():
                return
            await asyncio.sleep(0.05)

    def _figures(self, rate: float, seconds: float, stretch: Stretch) -> dict[str, Any]:
        gone, marked = self._kubelets.job_gone, self._kubelets.pod_marked
        pruned = stretch.pruned
        gaps = [b - a for a, b in zip(stretch.taken_at, stretch.taken_at[1:], strict=False)]
        return {
            "rate": rate,
            "seconds": seconds,
            "answered a second": round(len(stretch.answers) / seconds, 1),
            "report -> answer": spread(stretch.answers),
            "report -> decision to prune": spread([b - a for a, b in pruned.values()]),
            "report -> DELETE of the Job seen": spread(
                [gone[trial] - sent for trial, (sent, _) in pruned.items() if trial in gone]
            ),
            "report -> pod marked for deletion": spread(
                [marked[trial] - sent for trial, (sent, _) in pruned.items() if trial in marked]
            ),
            "sent late by": spread(stretch.late),
            "nobody could post": stretch.nobody,
            "statuses": {str(status): count for status, count in stretch.statuses.items()},
            "longest without an answer": round(max(gaps, default=0.0), 3),
        }

    # -- the run --------------------------------------------------------------------------------

    def end_all(self) -> None:
        """Let every trial complete, those that begin from now on too."""
        self._ending = True
        for sidecar in list(self._sidecars.values()):
            self._let_end(sidecar)

    def mark(self) -> None:
        """Note from now on when each pod is answered the first time: the operator is killed."""
        self._marked, self._since = time.perf_counter(), {}

    def answered(self) -> dict[str, Any]:
        """Tell how long after the mark the pods were answered again, in ms."""
        return {
            "answered the first time after": spread(list(self._since.values())),
            "first": round(1000 * min(self._since.values(), default=0.0), 1),
        }

    def state(self) -> dict[str, Any]:
        """Tell how many there are."""
        mine = self._sidecars.values()
        return {
            "began": self.began,
            "playing": len(mine),
            "reporting": sum(each.reports for each in mine),
            "taken since": len(self._stretch.taken_at),
            "stored": self.stored + sum(each.stored for each in mine),
            "completed": self.completed,
            "pruned": len(self.pruned),
            "pruned wrongly": sum(self._curves.last_rise(n) is None for n in self.pruned),
            "not pruned": sum(
                each.stored >= (self._curves.pruned_at(each.pod.number) or self._curves.steps + 1)
                and not each.pruned
                for each in mine
            ),
            "trouble": dict(self.trouble),
        }
