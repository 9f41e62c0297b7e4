"""Worlds that move, of which one thing of any kind can be stopped, with or without an Event.

A world is played against the real plan and the operator's real memory of waits. It moves at a pace
drawn from its seed, which is within the operator's patience; `stop` keeps one kind of thing from
happening, and `go` lets it happen again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from espalier.engine.control.hindrances import NameTaken, QuotaFull
from espalier.engine.control.waits import Waits
from espalier.errors import RetryLater
from espalier.planning import effects, plan
from espalier.planning.acts import act_of
from espalier.planning.world.record import TrialRecord
from espalier.planning.world.snapshot import Cause, ContainerView, PodView, Snapshot
from espalier.planning.world.status_words import condition_of
from espalier.planning.world.workload_view import Finished, WorkloadView
from tests.planning.worlds import SETTINGS, Simulated, container, ended, pod, study

TICK = 4.0
PATIENCE = SETTINGS.silence_patience + 60.0
"""Seconds after which nothing that stands still may be silent."""


@dataclass(frozen=True)
class Stop:
    """A kind of thing that can be kept from happening.

    Parameters
    ----------
    event
        Reason and message of the Warning Event that the cluster has about it, if it has any.
    of
        Which object the Event is about: ``jobs`` or ``pods``.
    fails
        What an effect of this act is answered with instead of being carried out.
    waits_for
        What a pod's container waits for, by turns.
    """

    event: tuple[str, str] | None = None
    of: str = "pods"
    fails: Mapping[str, Callable[[str], Exception]] = field(default_factory=dict)
    waits_for: tuple[str, ...] = ()


def _quota(act: str) -> Exception:
    return QuotaFull(f"{act}: exceeded quota: small, limited: 1")


def _taken(act: str) -> Exception:
    return NameTaken(f"{act}: exists and is not this study's")


def _no_answer(act: str) -> Exception:
    return RetryLater(f"{act}: no answer (TimeoutError())")


_PSA = ("FailedCreate", 'pods "s-0-x" is forbidden: violates PodSecurity "restricted:latest"')
_FULL = ("FailedCreate", 'pods "s-0-x" is forbidden: exceeded quota: small, used: pods=1')
_MUST = ("FailedCreate", 'pods "s-0-x" is forbidden: failed quota: q: must specify limits.cpu')
_RANGE = ("FailedCreate", 'pods "s-0-x" is forbidden: minimum cpu usage per Container is 50m')
_HOOK = ("FailedCreate", "Internal error occurred: failed calling webhook: no endpoints available")
_MOUNT = ("FailedMount", 'MountVolume.SetUp failed for volume "data": secret "late" not found')
_SANDBOX = ("FailedCreatePodSandBox", "failed to setup network for sandbox: no free addresses")

STOPS: dict[str, Stop] = {
    "no Job controller": Stop(of="jobs"),
    "Pod Security": Stop(_PSA, "jobs"),
    "a quota on pods": Stop(_FULL, "jobs"),
    "a quota on limits.cpu": Stop(_MUST, "jobs"),
    "a LimitRange": Stop(_RANGE, "jobs"),
    "a webhook that is away": Stop(_HOOK, "jobs"),
    "no scheduler": Stop(),
    "no room": Stop(("FailedScheduling", "0/3 nodes are available: 3 Insufficient nvidia.com/gpu")),
    "no image": Stop(("Failed", "pull: 429"), waits_for=("ErrImagePull", "ImagePullBackOff")),
    "no image and no Event": Stop(waits_for=("ErrImagePull", "ImagePullBackOff")),
    "no Secret": Stop(("Failed", "secret not found"), waits_for=("CreateContainerConfigError",)),
    "no container": Stop(waits_for=("CreateContainerError", "RunContainerError")),
    "no volume": Stop(_MOUNT, waits_for=("ContainerCreating",)),
    "no sandbox": Stop(_SANDBOX, waits_for=("ContainerCreating",)),
    "a kubelet that does nothing": Stop(waits_for=("ContainerCreating",)),
    "an init container that runs on": Stop(),
    "a trainer that says nothing": Stop(),
    "a trainer that hangs": Stop(),
    "a container that runs on": Stop(),
    "a node that is dead": Stop(("NodeNotReady", "Node is not ready")),
    "a queue": Stop(),
    "a quota on Trials": Stop(fails={"create Trial": _quota}),
    "a quota on Jobs": Stop(fails={"create Job": _quota}),
    "a Trial of another's": Stop(fails={"create Trial s-6": _taken}),
    "a Job of another's": Stop(fails={"create Job s-6": _taken}),
    "statuses that are not taken": Stop(fails={"write the status of Trial": _no_answer}),
    "a store that is full": Stop(fails={"record": _no_answer}),
    "pods that may not report": Stop(fails={"let pod": _no_answer}),
    "deletions that are not taken": Stop(fails={"delete": _no_answer}),
    "a template that cannot be checked": Stop(fails={"check the template": _quota}),
}


class StuckWorld(Simulated):
    """A study whose trials train for ten steps at a pace of their own.

    Parameters
    ----------
    seed
        Decides how fast the world is.
    """

    def __init__(self, seed: int, **spec: Any) -> None:
        super().__init__(study(trials={"max": 8, "parallelism": 2, "retries": 1}, **spec))
        self.rnd = random.Random(seed)
        self.waits = Waits()
        self.stopped: Stop | None = None
        self.name = ""
        self.born: dict[str, float] = {}
        self.due: dict[str, float] = {}
        self.degraded: list[tuple[float, str, str]] = []
        self.turn = 0
        self.slow = self.rnd.choice((1.0, 5.0, 25.0))

    # -- the operator -----------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return what planning sees, with what the operator remembers."""
        return self.waits.add_to(super().snapshot(), self.now)

    def reconcile(self, budget: int | None = None) -> int:
        """Plan and act once, each lane up to what fails."""
        del budget
        lanes = plan(self.snapshot(), self.now, SETTINGS)
        failures = self.waits.failures
        acts = {act for lane in lanes for each in lane if (act := act_of(each))}
        failures.planned(self.view.uid, acts, self.now)
        for lane in lanes:
            for effect in lane:
                act = act_of(effect)
                if act is not None and (error := self._refusal(act)) is not None:
                    failures.failed(self.view.uid, act, error, self.now)
                    break
                self._act(effect)
                if act is not None:
                    failures.succeeded(self.view.uid, act)
        self._note()
        return len(lanes)

    def _refusal(self, act: str) -> Exception | None:
        for start, error in (self.stopped.fails if self.stopped else {}).items():
            if act.startswith(start):
                return error(act)
        return None

    def _act(self, effect: Any) -> None:
        if isinstance(effect, effects.AskWhy):
            self.waits.causes.note(effect.uid, self._event(effect), self.now)
        else:
            super()._act(effect)

    def _event(self, effect: effects.AskWhy) -> Cause | None:
        stop = self.stopped
        if stop is None or stop.event is None or effect.plural != stop.of:
            return None
        reason, message = stop.event
        return Cause(reason, message, "kubelet", self.now - 1)

    def _note(self) -> None:
        said = condition_of(self.view.status, "Degraded") or {}
        if said.get("status") == "True":
            self.degraded.append((self.now, said["reason"], said["message"]))

    # -- the cluster ------------------------------------------------------------------------

    def play(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let the world live for a while; return whether what was waited for has come."""
        end = self.now + seconds
        while self.now < end and not until():
            self.reconcile()
            self.live()
        return until()

    def live(self) -> None:
        """Let controllers, kubelets and trainers do what is due."""
        self.now += TICK
        self.turn += 1
        for each in list(self.pods.values()):
            if each.deleting and not self._is("a node that is dead"):
                del self.pods[each.uid]
        for job in list(self.jobs.values()):
            self._job(job)
        for each in list(self.pods.values()):
            if not each.over and not each.deleting:
                self._pod(each)

    def _is(self, *names: str) -> bool:
        return self.stopped is not None and self.name in names

    def _later(self, key: str, least: float, most: float) -> bool:
        """Whether what was begun is done: after a while of its own, drawn once."""
        if key not in self.due:
            self.due[key] = self.now + self.rnd.uniform(least, most)
        return self.now >= self.due[key]

    def _job(self, job: WorkloadView) -> None:
        mine = [each for each in self.pods.values() if each.job_uid == job.uid]
        suspended = self._is("a queue") and not mine
        job = self.jobs[job.uid] = replace(job, suspended=suspended)
        if job.suspended or job.over:
            return
        if any(each.phase == "Succeeded" for each in mine):
            self.jobs[job.uid] = replace(job, finished=Finished.SUCCEEDED)
        elif not mine and not (self.stopped is not None and self.stopped.of == "jobs"):
            uid = self._new("p")
            fresh = pod(job.number, uid=uid, name=uid, job_uid=job.uid, job_name=job.name)
            self.pods[uid] = replace(
                fresh,
                phase="Pending",
                created_at=self.now,
                started_at=None,
                containers={},
                sidecar=None,
            )

    def _pod(self, each: PodView) -> None:
        trainer = each.containers.get("trainer")
        if trainer is not None and (trainer.running or trainer.exit_code is not None):
            self._train(each, trainer)
        elif not each.node:
            self._schedule(each)
        elif self._is("an init container that runs on"):
            self.pods[each.uid] = replace(each, containers={"init": container("init")})
        elif self.stopped is not None and self.stopped.waits_for:
            reason = self.stopped.waits_for[self.turn % len(self.stopped.waits_for)]
            said = self.stopped.event[1] if self.stopped.event else "it is so"
            waiting = ContainerView("trainer", waiting_reason=reason, waiting_message=said)
            self.pods[each.uid] = replace(each, containers={"trainer": waiting})
        elif self._later(f"{each.uid} starts", 1, 20 * self.slow):
            self.pods[each.uid] = replace(
                each,
                phase="Running",
                started_at=self.now,
                containers={"trainer": container(started_at=self.now)},
                sidecar=container("espalier-sidecar"),
            )

    def _schedule(self, each: PodView) -> None:
        if self._is("no room") and self.stopped is not None and self.stopped.event is not None:
            self.pods[each.uid] = replace(each, unschedulable=self.stopped.event[1])
        elif not self._is("no scheduler") and self._later(f"{each.uid} goes", 0, 5):
            self.pods[each.uid] = replace(each, node="node-1", unschedulable="")

    def _train(self, each: PodView, trainer: ContainerView) -> None:
        record = self.records.get(each.number) or TrialRecord(each.number)
        step = record.step or 0
        if trainer.exit_code is not None:
            if not self._is("a container that runs on"):
                self._over(each)
            return
        silent = self._is("a trainer that says nothing") and not step
        if silent or (self._is("a trainer that hangs") and step >= 3):
            return
        if not self._later(f"{each.uid} step {step}", 1, 4 * self.slow):
            return
        if step < 10 and each.uid in self.bound:
            value = 0.1 * step
            names = frozenset({"accuracy"})
            self.records[each.number] = replace(
                record, step=step + 1, latest=value, best=value, best_step=step + 1, names=names
            )
        elif step == 10:
            helper = {"helper": container("helper")}
            done = {"trainer": ended(started_at=trainer.started_at, finished_at=self.now)}
            self.pods[each.uid] = replace(each, containers={**done, **helper})

    def _over(self, each: PodView) -> None:
        self.pods[each.uid] = replace(
            each,
            phase="Succeeded",
            containers={"trainer": each.containers["trainer"], "helper": ended("helper")},
            sidecar=ended("espalier-sidecar"),
        )

    # -- what is done to it -----------------------------------------------------------------

    def stop(self, name: str) -> None:
        """Keep one kind of thing from happening."""
        self.name, self.stopped = name, STOPS[name]
        if name == "a template that cannot be checked":
            self.view = replace(self.view, generation=self.view.generation + 1)
        if name in ("a node that is dead", "deletions that are not taken"):
            self.play(PATIENCE, lambda: any(each.uid in self.bound for each in self.running()))
            for each in self.running():
                self.prune(each.number)

    def go(self) -> None:
        """Let everything happen again."""
        self.name, self.stopped = "", None
        for each in list(self.pods.values()):
            if not each.over and "trainer" not in each.containers:
                self.pods[each.uid] = replace(each, containers={})

    def over(self) -> bool:
        """Whether the study has come to its end."""
        return (condition_of(self.view.status, "Succeeded") or {}).get("status") in (
            "True",
            "False",
        )

    def still(self) -> float:
        """Return for how long the world may go on when something was stopped."""
        return 4 * (10 * 4 + 20) * self.slow + 60.0

    def is_degraded(self) -> bool:
        """Whether the Study says that something is in the way."""
        return (condition_of(self.view.status, "Degraded") or {}).get("status") == "True"

    def said(self) -> str:
        """Return what the Study says about what is in the way."""
        return str((condition_of(self.view.status, "Degraded") or {}).get("message", ""))
