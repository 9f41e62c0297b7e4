"""Where each trial of a study stands: its object, record, Job and pods are brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from espalier.planning.attempts.evidence import attempts_of
from espalier.planning.standing.current_job import current_job, lost_rerun
from espalier.planning.standing.standing import Standing
from espalier.planning.workload.registry import kind_of
from espalier.planning.world.chosen import planned
from espalier.planning.world.ended import Ended, with_told_end
from espalier.planning.world.names import PODS_OF, job_name, trial_name
from espalier.planning.world.record import Wanted
from espalier.planning.world.snapshot import PodView, Snapshot, TrialView
from espalier.planning.world.workload_view import WorkloadView


def gather(snapshot: Snapshot) -> tuple[Standing, ...]:
    """Bring together what belongs to each numbered trial, in the order of their numbers.

    Sampled numbers are given out in order, and how far is recorded: a number below that which has
    no Trial any more has a standing without a view.
    """
    views = {view.number: view for view in snapshot.trials if view.number is not None}
    jobs: dict[int, list[WorkloadView]] = defaultdict(list)
    for job in snapshot.workloads:
        jobs[job.number].append(job)
    pods: dict[int, list[PodView]] = defaultdict(list)
    for pod in snapshot.pods:
        pods[pod.number].append(pod)
    numbers = _numbers(snapshot) - to_make_again(snapshot)
    return tuple(
        _standing(snapshot, number, views.get(number), jobs[number], pods[number])
        for number in sorted(numbers)
    )


def settled_standing(snapshot: Snapshot, ended: Ended) -> Standing:
    """Return where a trial stands of which nothing is left but its record and its object."""
    number = ended.number
    return Standing(
        number=number,
        record=ended.record,
        view=ended.view,
        exempt=number in snapshot.record.exempt,
        protected=number in snapshot.record.restraint.protected,
        spans=snapshot.spans,
        blueprint=snapshot.blueprint,
    )


def _numbers(snapshot: Snapshot) -> set[int]:
    """Return the numbers of all trials, but those that have ended and are in the tally alone."""
    numbers = {view.number for view in snapshot.trials if view.number is not None}
    numbers |= set(snapshot.record.trials)
    numbers |= {job.number for job in snapshot.workloads} | {pod.number for pod in snapshot.pods}
    numbers |= _made_repeats(snapshot)
    tally, sampled = snapshot.tally, snapshot.record.sampled
    if tally is None:
        return numbers | set(range(sampled))
    known = sum(number < sampled and number not in tally for number in numbers)
    if tally.below(sampled) + known == sampled:
        return numbers
    return numbers | {number for number in range(sampled) if number not in tally}


def _made_repeats(snapshot: Snapshot) -> set[int]:
    """Return the finalists' repeats that were made; one without an object was deleted."""
    made, ended = snapshot.record.made, snapshot.tally or ()
    return {n for n in planned(snapshot.study) if n in made and n not in ended}


def given_out(snapshot: Snapshot) -> int:
    """Return the least number that no Trial was given yet, as objects and records show."""
    taken = {view.number for view in snapshot.trials} | set(snapshot.record.trials)
    number, ended = snapshot.record.sampled, snapshot.tally or ()
    while number in taken or number in ended:
        number += 1
    return number


def to_make_again(snapshot: Snapshot) -> frozenset[int]:
    """Return the numbers whose Trials vanished when the cluster went back to an earlier state."""
    if not snapshot.restored:
        return frozenset()
    name = snapshot.study.name
    without_view = _numbers(snapshot) - {view.number for view in snapshot.trials}
    return frozenset(
        number
        for number in without_view
        if ("trials", trial_name(name, number)) in snapshot.restored
        and snapshot.record.trial(number).end is None
        and snapshot.record.trial(number).wanted is not Wanted.GONE
    )


def _standing(
    snapshot: Snapshot,
    number: int,
    view: TrialView | None,
    jobs: Iterable[WorkloadView],
    pods: Iterable[PodView],
) -> Standing:
    record = with_told_end(snapshot.record.trial(number), view)
    jobs = tuple(jobs)
    name = view.name if view is not None else trial_name(snapshot.study.name, number)
    standing = Standing(
        number=number,
        record=record,
        view=view,
        workload=current_job(name, [job for job in jobs if not job.deleting]),
        leaving=tuple(job for job in jobs if job.deleting),
        pods=tuple(sorted(pods, key=lambda pod: (pod.created_at, not pod.over, pod.name))),
        exempt=number in snapshot.record.exempt,
        protected=number in snapshot.record.restraint.protected,
        spans=snapshot.spans,
        blueprint=snapshot.blueprint,
        heard=snapshot.heard.get(number, ()),
    )
    if standing.workload is not None and standing.workload.queue and standing.workload.suspended:
        standing = replace(standing, queue=snapshot.causes.get(standing.workload.uid))
    if standing.end:
        return standing
    standing = _with_attempts(standing, jobs)
    lost = lost_rerun(name, standing.workload, jobs, standing.attempts)
    if (kind_of(snapshot.study.spec).kind.plural, lost) in snapshot.restored:
        lost = ""
    return _with_absences(
        snapshot, replace(standing, workload=None) if lost else standing, name, lost
    )


def _with_attempts(standing: Standing, jobs: Sequence[WorkloadView]) -> Standing:
    """Add what is known of the attempts; what was reported is the newest one's."""
    record = standing.record
    found = attempts_of(record.attempts, standing.pods, jobs, standing.trainer)
    if not found:
        return standing
    newest = replace(found[-1], reached_end=standing.reached_end, valued=record.best is not None)
    return replace(standing, attempts=(*found[:-1], newest))


def _with_absences(snapshot: Snapshot, standing: Standing, trial: str, lost: str) -> Standing:
    """Add what is known to be gone of a trial that has not ended.

    Parameters
    ----------
    lost
        Name of the Job that runs it and is not seen, if that is not its first.
    """
    job, absent = standing.workload, snapshot.absent
    plural = kind_of(snapshot.study.spec).kind.plural
    names = {(plural, job_name(trial)), *((plural, pod.job_name) for pod in standing.pods)}
    names = {(plural, lost)} if lost else names
    return replace(
        standing,
        sought=tuple(sorted(name for _, name in names if (plural, name) not in absent)),
        proof=next((absent[key] for key in sorted(names) if key in absent), ""),
        view_proof=absent.get(("trials", trial), ""),
        pods_gone=job is not None and (PODS_OF, job.name) in absent,
        restored=standing.wanted is not Wanted.GONE and bool(names & snapshot.restored),
        cut_short=bool(names & snapshot.cut_short),
    )
