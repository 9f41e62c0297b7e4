"""Snapshots for the planning tests, built from little; `Simulated` is a whole world that obeys."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from espalier.api import parse_study
from espalier.planning import OperatorSettings, SidecarSettings, effects, plan
from espalier.planning.drafting import blueprint_of
from espalier.planning.proposing.past import outcome_of
from espalier.planning.proposing.proposing import propose
from espalier.planning.workload.job import JOB
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.kubelet_words import UNABLE_TO_START
from espalier.planning.world.names import trial_name
from espalier.planning.world.record import End, MadeTrial, StudyRecord, TrialRecord
from espalier.planning.world.snapshot import (
    ContainerView,
    PodView,
    Snapshot,
    Span,
    StudyView,
    TemplateVerdict,
    TrialView,
)
from espalier.planning.world.status_words import condition_of
from espalier.planning.world.workload_view import Finished, WorkloadView
from espalier.pruning import Action, Decision, Reason, is_repeat
from espalier.search import Outcome, PastTrial, Proposal

SETTINGS = OperatorSettings(sidecar=SidecarSettings(image="sidecar", ingest_url="https://ingest"))
NOW = 1_800_000_000.0
UID = "study-uid"


def spec_dict(**changes: Any) -> dict[str, Any]:
    """Return a Study's spec."""
    body: dict[str, Any] = {
        "objective": {"metric": "accuracy", "direction": "Maximize"},
        "resource": {"name": "epoch", "max": 10},
        "parameters": [{"name": "lr", "float": {"min": 0.001, "max": 1.0, "scale": "Log"}}],
        "sampler": {"type": "Random", "seed": 7},
        "pruner": {"type": "Nop"},
        "trials": {"max": 4, "parallelism": 2, "maxFailed": 3, "retries": 0},
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "trainer",
                        "image": "digits",
                        "resources": {"limits": {"nvidia.com/gpu": 2}},
                    }
                ]
            }
        },
    }
    for key, value in changes.items():
        if key == "trials":
            value = {**body["trials"], **value}
        body[key] = value
    return body


TEMPLATE = fingerprint(spec_dict()["template"])


def study(*, generation: int = 1, status: dict[str, Any] | None = None, **spec: Any) -> StudyView:
    """Return a Study that has been read, its template accepted."""
    obj = {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"name": "s", "namespace": "n", "uid": UID},
        "spec": spec_dict(**spec),
    }
    return StudyView(
        uid=UID,
        namespace="n",
        name="s",
        generation=generation,
        deleting=False,
        spec=parse_study(obj).spec,
        status=status or {},
    )


def trial(number: int, **changes: Any) -> TrialView:
    """Return a Trial as the operator makes it."""
    view = TrialView(
        uid=f"t{number}",
        name=f"s-{number}",
        number=number,
        parameters={"lr": 0.1},
        created_at=NOW - 60,
    )
    return replace(view, **changes)


def job(number: int, **changes: Any) -> WorkloadView:
    """Return a trial's Job, one minute old; it may be ``complete=True`` or ``failed=True``."""
    complete, failed = changes.pop("complete", False), changes.pop("failed", False)
    view = WorkloadView(
        kind=JOB,
        finished=Finished.SUCCEEDED if complete else Finished.FAILED if failed else Finished.NO,
        uid=f"j{number}",
        name=f"s-{number}",
        trial_uid=f"t{number}",
        number=number,
        created_at=NOW - 60,
        template=TEMPLATE,
    )
    return replace(view, **changes)


def container(name: str = "trainer", **changes: Any) -> ContainerView:
    """Return a container that runs."""
    return replace(ContainerView(name, running=True, started_at=NOW - 30), **changes)


def ended(name: str = "trainer", code: int = 0, **changes: Any) -> ContainerView:
    """Return a container that has exited."""
    view = ContainerView(name, exit_code=code, started_at=NOW - 30, finished_at=NOW - 1)
    return replace(view, **changes)


def pod(number: int, *containers: ContainerView, **changes: Any) -> PodView:
    """Return a trial's pod, running unless said otherwise; one that goes was told so."""
    if changes.get("deleting"):
        changes.setdefault("deleting_since", NOW - 5)
    trainer = containers or (container(),)
    view = PodView(
        uid=f"p{number}",
        name=f"s-{number}-x",
        job_name=f"s-{number}",
        job_uid=f"j{number}",
        phase="Running",
        created_at=NOW - 40,
        started_at=NOW - 40,
        number=number,
        gpus=2.0,
        containers={each.name: each for each in trainer},
        sidecar=container("espalier-sidecar"),
    )
    return replace(view, **changes)


def over(
    number: int, *containers: ContainerView, phase: str = "Succeeded", **changes: Any
) -> PodView:
    """Return a trial's pod that has ended, its sidecar too."""
    return pod(
        number,
        *(containers or (ended(),)),
        phase=phase,
        sidecar=ended("espalier-sidecar"),
        **changes,
    )


def prune_decision(number: int, step: int = 3) -> Decision:
    """Return a decision that prunes."""
    return Decision(
        trial=number,
        attempt=1,
        step=step,
        action=Action.PRUNE,
        reason=Reason.WORSE_THAN_PERCENTILE,
        evidence={},
        rung=None,
        bracket=None,
        pruner="Median",
        settings={},
    )


def record(*trials: TrialRecord, best: int | None = None) -> StudyRecord:
    """Return what is recorded of a study."""
    return StudyRecord(UID, {each.number: each for each in trials}, best=best)


def snapshot(study_view: StudyView, **parts: Any) -> Snapshot:
    """Return a snapshot; pods are bound and the template is accepted unless said otherwise.

    ``sampled`` is how many numbers were given out, as far as is recorded. An operator has watched
    the pods all the time. Its workloads are ``jobs``.
    """
    pods = parts.get("pods", ())
    parts.setdefault("spans", {each.uid: watched(each) for each in pods})
    parts.setdefault("bound", {each.uid for each in pods})
    parts.setdefault("template", TemplateVerdict(study_view.generation, True))
    parts.setdefault("record", record())
    parts.setdefault("blueprint", blueprint_of(study_view, SETTINGS))
    parts["record"] = replace(parts["record"], sampled=parts.pop("sampled", 0))
    return Snapshot(study=study_view, workloads=parts.pop("jobs", ()), **parts)


def watched(pod_: PodView, trainer: str = "trainer") -> Span:
    """Return for how long a pod was seen in its states by now, by whoever saw all of it."""
    views = [*pod_.containers.values(), *([pod_.sidecar] if pod_.sidecar else [])]
    view = pod_.containers.get(trainer) or ContainerView(trainer)
    end = view.finished_at if view.finished_at is not None else NOW
    over = max((each.finished_at or 0.0 for each in views), default=NOW) if pod_.over else NOW
    began = pod_.started_at or pod_.created_at
    return Span(
        held=max(0.0, over - pod_.started_at) if pod_.started_at is not None else 0.0,
        ran=max(0.0, end - view.started_at) if view.started_at is not None else 0.0,
        blocked=NOW - began if any(v.waiting_reason in UNABLE_TO_START for v in views) else 0.0,
        ended=0.0 if view.finished_at is None else NOW - view.finished_at,
    )


def planned(snap: Snapshot, now: float = NOW, settings: OperatorSettings = SETTINGS) -> list[Any]:
    """Return all planned effects, lane after lane."""
    return [effect for lane in plan(snap, now, settings) for effect in lane]


def of_type(found: list[Any], *types: type) -> list[Any]:
    """Return the effects of some types."""
    return [effect for effect in found if isinstance(effect, types)]


def study_condition(found: list[Any], type_: str) -> dict[str, Any]:
    """Return a condition of the Study's status that is to be written."""
    (write,) = of_type(found, effects.WriteStudyStatus)
    condition = condition_of(write.status, type_)
    assert condition is not None
    return dict(condition)


@dataclass
class Simulated:
    """A cluster and a store that do as they are told, and what is told them is kept.

    `act` carries out a plan, or only its first `budget` effects: a crash at any point. `live`
    lets Kubernetes do its part.
    """

    view: StudyView
    now: float = NOW
    trials: dict[int, TrialView] = field(default_factory=dict)
    jobs: dict[str, WorkloadView] = field(default_factory=dict)
    pods: dict[str, PodView] = field(default_factory=dict)
    records: dict[int, TrialRecord] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    tails: set[str] = field(default_factory=set)
    verdict: TemplateVerdict | None = None
    jobs_created: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    unnoted: set[str] = field(default_factory=set)
    sampled: int = 0
    made: dict[int, MadeTrial] = field(default_factory=dict)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    created: list[int] = field(default_factory=list)
    absent: dict[tuple[str, str], str] = field(default_factory=dict)
    serial: int = 0

    def snapshot(self) -> Snapshot:
        """Return what planning sees."""
        completed = [
            (each.best, -number)
            for number, each in self.records.items()
            if each.best is not None and each.end and each.end.state.value == "Completed"
            if not is_repeat(number)
        ]
        return Snapshot(
            study=self.view,
            blueprint=blueprint_of(self.view, SETTINGS),
            record=StudyRecord(
                UID,
                dict(self.records),
                best=-max(completed)[1] if completed else None,
                sampled=self.sampled,
                made=dict(self.made),
                proposals=dict(self.proposals),
                proposed_last=next(reversed(self.proposals), None),
                exhausted=min(
                    (n for n, p in self.proposals.items() if not p.parameters), default=None
                ),
            ),
            trials=tuple(self.trials.values()),
            workloads=tuple(self.jobs.values()),
            pods=tuple(self.pods.values()),
            template=self.verdict,
            bound=frozenset(self.bound),
            tails=frozenset(self.tails),
            absent=dict(self.absent),
        )

    def reconcile(self, budget: int | None = None) -> int:
        """Plan and act once; return how many effects but waking there were."""
        done = 0
        for lane in plan(self.snapshot(), self.now, SETTINGS):
            for effect in lane:
                if isinstance(effect, effects.Wake):
                    continue
                if budget is not None and done >= budget:
                    return done
                self._act(effect)
                done += 1
                if done == budget and isinstance(effect, effects.CreateWorkload):
                    self.unnoted.add(effect.body["metadata"]["name"])
        return done

    def crash(self) -> None:
        """Forget what a process forgets."""
        self.bound.clear()
        self.tails.clear()
        self.verdict = None
        self.absent.clear()
        noted = {trial_name("s", number) for number in self.records}
        self.unnoted |= {name for name in self.jobs_created if name not in noted}

    def _act(self, effect: Any) -> None:
        match effect:
            case effects.CheckTemplate():
                self.verdict = TemplateVerdict(effect.generation, True)
            case effects.RecordSampled():
                self.sampled = max(self.sampled, effect.upto)
            case effects.RecordTrials():
                self.made.update(effect.trials)
            case effects.Propose():
                assert effect.number not in self.proposals, "proposed again"
                trials = self.past()
                self.proposals[effect.number] = propose(effect.search, trials, effect.number)
            case effects.LookFor():
                there = {
                    "jobs": [each.name for each in self.jobs.values()],
                    "trials": [each.name for each in self.trials.values()],
                    "pods of": [each.job_name for each in self.pods.values()],
                }
                if effect.name not in there[effect.plural]:
                    self.absent[effect.plural, effect.name] = "asked for"
            case effects.CreateTrial():
                repeat = is_repeat(effect.number)
                self.sampled = max(self.sampled, 0 if repeat else effect.number + 1)
                if effect.number not in self.trials:
                    self.created.append(effect.number)
                    self.trials[effect.number] = trial(
                        effect.number,
                        created_at=self.now,
                        uid=self._new("t"),
                        name=effect.body["metadata"]["name"],
                        parameters=effect.body["spec"]["parameters"],
                        repeat=repeat,
                    )
            case effects.CreateWorkload():
                name = effect.body["metadata"]["name"]
                if not any(each.name == name for each in self.jobs.values()):
                    self.jobs_created.append(name)
                    uid = self._new("j")
                    self.jobs[uid] = job(
                        effect.number,
                        uid=uid,
                        name=name,
                        trial_uid=self.trials[effect.number].uid,
                        created_at=self.now,
                    )
            case effects.DeleteWorkload():
                if (gone := self.jobs.pop(effect.uid, None)) is not None:
                    self.absent["jobs", gone.name] = "deleted"
                    for each in list(self.pods.values()):
                        if each.job_uid == effect.uid:
                            self.pods[each.uid] = replace(each, deleting=True)
            case effects.DeletePod():
                if effect.uid in self.pods:
                    self.pods[effect.uid] = replace(self.pods[effect.uid], deleting=True)
            case effects.BindPod():
                self.bound.add(effect.uid)
                old = self.records.get(effect.number) or TrialRecord(effect.number)
                self.records[effect.number] = replace(old, attempt=max(old.attempt, 1))
            case effects.RecordAttempt():
                old = self.records.get(effect.number) or TrialRecord(effect.number)
                seen = effect.attempt
                known = [each for each in old.attempts if each.pod_uid != seen.pod_uid]
                number = seen.attempt or len(known) + 1
                self.records[effect.number] = replace(
                    old,
                    attempt=max(old.attempt, number),
                    attempts=(*known, replace(seen, attempt=number)),
                )
            case effects.IngestTail():
                self.tails.add(effect.pod_uid)
            case effects.RecordEnd():
                old = self.records.get(effect.number) or TrialRecord(effect.number)
                if old.end is None:
                    self.ends.append(effect.number)
                    self.records[effect.number] = replace(old, end=effect.end)
            case effects.WriteTrialStatus():
                for number, each in self.trials.items():
                    if each.uid == effect.uid:
                        self.trials[number] = replace(
                            each, status=merged(each.status, effect.status)
                        )
            case effects.WriteStudyStatus():
                self.view = replace(self.view, status=merged(self.view.status, effect.status))
            case effects.SuspendWorkload():
                if effect.uid in self.jobs:
                    self.jobs[effect.uid] = replace(
                        self.jobs[effect.uid],
                        suspended=effect.suspend,
                        suspended_by_us=effect.suspend,
                    )
                    for each in list(self.pods.values()):
                        if effect.suspend and each.job_uid == effect.uid:
                            self.pods[each.uid] = replace(each, deleting=True)

    def past(self) -> list[PastTrial]:
        """Return the trials as a search sees them."""
        found = []
        for number in sorted(self.proposals.keys() | self.made.keys() | self.trials.keys()):
            proposal, record = self.proposals.get(number), self.records.get(number)
            parameters = proposal.parameters if proposal else self.parameters(number)
            if parameters is None or is_repeat(number):
                continue
            ended = record.end if record is not None else None
            outcome = Outcome.RUNNING if ended is None else outcome_of(ended)
            found.append(PastTrial(number, parameters, outcome))
        return found

    def parameters(self, number: int) -> Any:
        """Return what a trial has run that nobody proposed."""
        made = self.made.get(number)
        return json.loads(made.parameters) if made else self.trials[number].parameters

    def _new(self, prefix: str) -> str:
        self.serial += 1
        return f"{prefix}-{self.serial}"

    # -- Kubernetes' own part -------------------------------------------------------------

    def live(self) -> None:
        """Let controllers and kubelets do one round of their work."""
        self.now += 5.0
        for uid in [each.uid for each in self.pods.values() if each.deleting]:
            del self.pods[uid]
        numbers = {view.uid: number for number, view in self.trials.items()}
        for each in list(self.jobs.values()):
            if each.trial_uid not in numbers:
                del self.jobs[each.uid]
                for mine in [p.uid for p in self.pods.values() if p.job_uid == each.uid]:
                    del self.pods[mine]
                continue
            mine = [p for p in self.pods.values() if p.job_uid == each.uid]
            if each.over or each.suspended:
                continue
            if any(p.phase == "Succeeded" for p in mine):
                self.jobs[each.uid] = replace(each, finished=Finished.SUCCEEDED)
            elif any(p.phase == "Failed" for p in mine):
                self.jobs[each.uid] = replace(
                    each, finished=Finished.FAILED, reason="BackoffLimitExceeded"
                )
            elif not mine:
                number = numbers[each.trial_uid]
                uid = self._new("p")
                self.pods[uid] = pod(
                    number, uid=uid, name=uid, job_uid=each.uid, job_name=each.name
                )

    def running(self) -> list[PodView]:
        """Return the pods that have processes."""
        return [each for each in self.pods.values() if not each.over and not each.deleting]

    def end_pod(self, uid: str, code: int, value: float | None) -> None:
        """End a pod's trainer with an exit code, after one reported value."""
        each = self.pods[uid]
        number = each.number
        if value is not None and uid in self.bound:
            old = self.records[number]
            best = value if old.best is None else max(old.best, value)
            self.records[number] = replace(old, step=1, latest=value, best=best, best_step=1)
        self.pods[uid] = over(
            number,
            ended(code=code),
            phase="Succeeded" if code == 0 else "Failed",
            uid=uid,
            name=each.name,
            job_uid=each.job_uid,
            job_name=each.job_name,
        )

    def prune(self, number: int) -> None:
        """Commit a decision that prunes a trial."""
        old = self.records.get(number)
        if old is not None and old.end is None and old.prune is None and old.attempt:
            self.records[number] = replace(old, prune=prune_decision(number))


def merged(old: Any, patch: Any) -> dict[str, Any]:
    """Merge as RFC 7386 says."""
    result = dict(old)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            result[key] = merged(result.get(key) or {}, value)
        else:
            result[key] = value
    return result


__all__ = ["End", "TrialRecord"]
