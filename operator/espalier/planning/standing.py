"""Where each trial of a study stands: its object, record, Job and pods, brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espalier.api.reasons import ENDING_BY_REASON, TrialReason
from espalier.planning.names import FIRST_HAND_MADE, label_value
from espalier.planning.observe import seconds
from espalier.planning.record import End, StudyRecord, TrialRecord
from espalier.planning.snapshot import JobView, PodView, Snapshot, TrialView
from espalier.planning.status_words import condition_of
from espalier.pruning import TrialState

if TYPE_CHECKING:
    from espalier.api import StudySpec


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known of one trial.

    Parameters
    ----------
    view
        The Trial object; None once it is deleted.
    job
        The newest Job of the trial that is not being deleted.
    leaving
        Jobs of the trial that are being deleted.
    pods
        All pods of the trial, oldest first.
    """

    number: int
    record: TrialRecord
    view: TrialView | None = None
    job: JobView | None = None
    leaving: tuple[JobView, ...] = ()
    pods: tuple[PodView, ...] = ()

    @property
    def end(self) -> End | None:
        """The trial's ending, if it has one."""
        return self.record.end

    @property
    def live(self) -> tuple[PodView, ...]:
        """The pods that (may) have processes and hold devices."""
        return tuple(pod for pod in self.pods if not pod.over)

    @property
    def newest(self) -> PodView | None:
        """The newest pod."""
        return self.pods[-1] if self.pods else None

    @property
    def started(self) -> bool:
        """Whether the trial ever had a Job, as far as anything tells."""
        if self.job or self.leaving or self.pods or self.record.attempt:
            return True
        if self.view is None:
            return False
        said = condition_of(self.view.status, "Started")
        return said is not None and said.get("reason") != TrialReason.QUEUED

    @property
    def holds_slot(self) -> bool:
        """Whether the trial takes one of the study's parallel places."""
        if self.live:
            return True
        if self.end or self.record.prune or self.job is None:
            return False
        newest = self.newest
        succeeded = newest is not None and newest.phase == "Succeeded" and not newest.disruption
        return not (self.job.complete or self.job.failed or succeeded)

    @property
    def waiting(self) -> bool:
        """Whether the trial waits for its first Job."""
        return self.view is not None and not self.end and not self.started


def gather(snapshot: Snapshot) -> tuple[Standing, ...]:
    """Bring together what belongs to each numbered trial, in the order of their numbers.

    Sampled numbers are given out in order, so that a number which is missing below one that was
    sampled belongs to a Trial that somebody deleted: it has a standing without a view.
    """
    views = {view.number: view for view in snapshot.trials if view.number is not None}
    names = {label_value(view.name): view.number for view in views.values()}
    jobs: dict[int, list[JobView]] = defaultdict(list)
    uids = {view.uid: view.number for view in views.values()}
    for job in snapshot.jobs:
        if (number := uids.get(job.trial_uid)) is not None:
            jobs[number].append(job)
    numbers = {number for number in views if number is not None} | set(snapshot.record.trials)
    numbers |= set(range(max(_sampled_before(snapshot), snapshot.sampled)))
    known = {job.uid for job in snapshot.jobs if job.trial_uid}
    pods: dict[int, list[PodView]] = defaultdict(list)
    for pod in snapshot.pods:
        number = pod.number if pod.number is not None else names.get(pod.trial_name)
        if number is None:
            continue
        # A label alone makes no trial: anybody can write one.
        if number in numbers or pod.uid in snapshot.bound or pod.job_uid in known:
            pods[number].append(pod)
    numbers |= set(pods)
    return tuple(
        _standing(snapshot, number, views.get(number), jobs[number], pods[number])
        for number in sorted(numbers)
    )


def sampled_numbers(views: Iterable[TrialView], most: int) -> list[int]:
    """Return the numbers below ``most`` of Trials that were sampled, not placed there by hand."""
    return [
        view.number
        for view in views
        if view.sampled and view.number is not None and view.number < most
    ]


def number_limit(spec: StudySpec, record: StudyRecord) -> int:
    """Return a bound that no sampled number has reached: each failure is made up for once."""
    failed = sum(
        1
        for trial in record.trials.values()
        if trial.end is not None and trial.end.state is TrialState.FAILED
    )
    return min(spec.trials.max + failed, FIRST_HAND_MADE)


def _sampled_before(snapshot: Snapshot) -> int:
    """Return the least number that was not sampled yet, as far as objects and records tell."""
    if snapshot.study.spec is None:
        return 0
    most = number_limit(snapshot.study.spec, snapshot.record)
    placed = {view.number for view in snapshot.trials if not view.sampled}
    numbers = sampled_numbers(snapshot.trials, most)
    numbers += [number for number in snapshot.record.trials if number < most]
    return max((number + 1 for number in numbers if number not in placed), default=0)


def _standing(
    snapshot: Snapshot,
    number: int,
    view: TrialView | None,
    jobs: Iterable[JobView],
    pods: Iterable[PodView],
) -> Standing:
    record = snapshot.record.trial(number)
    if record.end is None and view is not None and (end := _told_by_status(view)):
        record = replace(record, end=end)
    current = sorted((job for job in jobs if not job.deleting), key=_age)
    return Standing(
        number=number,
        record=record,
        view=view,
        job=current[-1] if current else None,
        leaving=tuple(job for job in jobs if job.deleting),
        pods=tuple(sorted(pods, key=lambda pod: (pod.created_at, pod.name))),
    )


def _age(job: JobView) -> tuple[float, int, str]:
    return job.created_at, len(job.name), job.name


def _told_by_status(view: TrialView) -> End | None:
    """Return an ending that the Trial's status tells, should the store have lost it."""
    condition = condition_of(view.status, "Finished")
    if condition is None or condition.get("status") != "True":
        return None
    ending = ENDING_BY_REASON.get(condition.get("reason", ""))
    if ending is None:
        return None
    return End(
        reason=ending.reason,
        message=condition.get("message", ""),
        state=ending.state,
        at=seconds(view.status.get("completionTime")) or 0.0,
        gpu_seconds=float(view.status.get("gpuSeconds") or 0.0),
        gpu_seconds_saved=float(view.status.get("gpuSecondsSaved") or 0.0),
    )
