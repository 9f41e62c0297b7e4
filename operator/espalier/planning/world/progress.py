"""By what it is told whether a trial has come further: a token that changes when it does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from espalier.planning.world.record import TrialRecord, Wanted
from espalier.planning.world.snapshot import ContainerView, PodView, Snapshot
from espalier.planning.world.waiting import containers
from espalier.planning.world.workload_view import WorkloadView

Token = Hashable


def progress(snapshot: Snapshot) -> dict[str, Token]:
    """Return the token of each trial that goes on, and of the Study, by uid of Trial and Study.

    A trial goes on while it has not ended or has pods with processes.
    """
    jobs: dict[int, list[WorkloadView]] = defaultdict(list)
    pods: dict[int, list[PodView]] = defaultdict(list)
    for job in snapshot.workloads:
        jobs[job.number].append(job)
    for pod in snapshot.pods:
        pods[pod.number].append(pod)
    tokens: dict[str, Token] = {}
    ended = 0
    for view in snapshot.trials:
        if view.number is None:
            continue
        record = snapshot.record.trial(view.number)
        mine = pods[view.number]
        ended += record.end is not None and snapshot.tally is None
        if record.end is None or any(not pod.over for pod in mine):
            tokens[view.uid] = (_far(record), *_objects(jobs[view.number], mine))
    study = snapshot.study
    verdict = snapshot.template
    seen = len(snapshot.trials)
    if snapshot.tally is not None:
        ended = len(snapshot.tally)
        seen = snapshot.tally.seen + sum(view.number is None for view in snapshot.trials)
    whole = (study.generation, verdict.accepted if verdict else None, ended, seen)
    tokens[study.uid] = (whole, hash(frozenset(tokens.items())))
    return tokens


def _far(record: TrialRecord) -> Token:
    judged = record.decision.step if record.decision is not None else None
    steps = (record.step, judged, record.beyond, len(record.names))
    return (record.attempt, steps, record.wanted is not Wanted.GONE, record.end is None)


def _objects(jobs: Iterable[WorkloadView], pods: Iterable[PodView]) -> tuple[Token, Token]:
    return (
        frozenset((j.uid, j.suspended, j.finished, j.deleting) for j in jobs),
        frozenset(_pod(pod) for pod in pods),
    )


def _pod(pod: PodView) -> Token:
    states = frozenset((each.name, _state(each)) for each in containers(pod))
    return (pod.uid, pod.phase, pod.deleting, bool(pod.unschedulable), pod.node, states)


def _state(container: ContainerView) -> str:
    """Return how far a container is: what it waits for changes to and fro, and is no progress."""
    if container.exit_code is not None:
        return "over"
    return "running" if container.running else "waiting"
