"""Where each trial of a study stands: its object, record, Job and pods, brought together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from espalier.api import trainer_of
from espalier.api.reasons import Retry, TrialReason
from espalier.errors import SpecError
from espalier.planning.attempt_checks import how_ended
from espalier.planning.attempt_evidence import Attempt, attempts_of
from espalier.planning.current_job import current_job, lost_rerun
from espalier.planning.kubelet_words import DEADLINE
from espalier.planning.names import PODS_OF, job_name, trial_name
from espalier.planning.record import End, TrialRecord
from espalier.planning.snapshot import Cause, JobView, PodView, Snapshot, Span, TrialView
from espalier.planning.status_words import condition_of
from espalier.planning.told_end import told_by_status

_NOT_SEEN = Span()


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known of one trial.

    Parameters
    ----------
    view
        The Trial object; None once it is deleted.
    job
        The Job that runs the trial, and is not being deleted.
    leaving
        Jobs of the trial that are being deleted.
    pods
        All pods of the trial, oldest first.
    sought
        Names of Jobs that the trial may have and that nothing says to be gone.
    proof
        How it is known that the trial's Job is gone; empty while it is not.
    view_proof
        How it is known that the Trial itself is gone.
    pods_gone
        Whether its Job is known to have no pod any more.
    restored
        Whether its Job vanished because the cluster went back to an earlier state.
    cut_short
        Whether its Job was seen to be deleted before it was over.
    queue
        What the queue says that holds its Job back.
    last_step
        The step that a trial which runs to its end reports last.
    exempt, protected
        Whether it is never pruned: to measure pruning, or since somebody asked for it.
    attempts
        What is known of its attempts, oldest first; none are looked at once it has ended.
    retries
        How many failures of its own are made up for.
    spans
        For how long each pod of the study was seen in its states, by the pod's uid.
    """

    number: int
    record: TrialRecord
    view: TrialView | None = None
    job: JobView | None = None
    leaving: tuple[JobView, ...] = ()
    pods: tuple[PodView, ...] = ()
    sought: tuple[str, ...] = ()
    proof: str = ""
    view_proof: str = ""
    pods_gone: bool = False
    restored: bool = False
    cut_short: bool = False
    queue: Cause | None = None
    last_step: int = 0
    exempt: bool = False
    protected: bool = False
    attempts: tuple[Attempt, ...] = ()
    retries: int = 0
    spans: Mapping[str, Span] = field(default_factory=dict)

    @property
    def end(self) -> End | None:
        """The trial's ending, if it has one."""
        return self.record.end

    @property
    def live(self) -> tuple[PodView, ...]:
        """The pods that (may) have processes and hold devices."""
        return tuple(pod for pod in self.pods if not pod.over)

    def span(self, pod_uid: str) -> Span:
        """Return for how long a pod was seen in its states; nothing where it was not."""
        return self.spans.get(pod_uid) or _NOT_SEEN

    @property
    def jobs(self) -> tuple[JobView, ...]:
        """The Jobs that are there: those that leave, then the one that runs the trial."""
        return self.leaving + ((self.job,) if self.job is not None else ())

    @property
    def newest(self) -> PodView | None:
        """The newest pod."""
        return self.pods[-1] if self.pods else None

    @property
    def started(self) -> bool:
        """Whether the trial ever had a Job, as far as anything tells."""
        if self.job or self.leaving or self.pods:
            return True
        if self.restored:
            return False
        if self.record.attempt:
            return True
        if self.view is None:
            return False
        said = condition_of(self.view.status, "Started")
        return said is not None and said.get("reason") != TrialReason.QUEUED

    @property
    def holds_slot(self) -> bool:
        """Whether the trial takes one of the study's parallel places."""
        if self.live or self.must_run_again:
            return True
        if self.end or self.record.prune or self.job is None:
            return False
        last = self.last
        done = last is not None and last.over and how_ended(last).ending.retry is Retry.NEVER
        return not (self.job_over or done)

    @property
    def job_over(self) -> bool:
        """Whether the Job makes no pod any more."""
        return self.job is not None and self.job.over

    @property
    def last(self) -> Attempt | None:
        """The Job's newest attempt if it has ended, by which the trial ends or goes on.

        A complete Job has one that succeeded: where none is known the decisive one was not seen.
        """
        job = self.job
        own = [attempt for attempt in self.attempts if job and attempt.job_uid == job.uid]
        if job is None or not own or not own[-1].ended:
            return None
        return None if job.complete and own[-1].exit_code != 0 else own[-1]

    @property
    def own_failures(self) -> int:
        """How many attempts ended by a fault that counts against the trial's retries."""
        return sum(
            1
            for attempt in self.attempts
            if attempt.ended and how_ended(attempt).ending.retry is Retry.COUNTED
        )

    @property
    def reached_end(self) -> bool:
        """Whether the last step was reported."""
        return self.record.step is not None and self.record.step >= self.last_step

    @property
    def must_run_again(self) -> bool:
        """Whether the Job is over, and the trial is not: another Job takes the attempt up.

        The Job controller counts what is not the trial's fault, such as a pod that the kubelet
        refused, and takes for complete what was made to end and exited with code 0.
        """
        if not self._job_over_without_end or (self.job and self.job.failed_reason == DEADLINE):
            return False
        last = self.last
        if last is None:
            return self.pods_gone and not self._complete_at_the_end
        retry = how_ended(last).ending.retry
        if retry is Retry.COUNTED:
            return self.own_failures <= self.retries
        return retry is Retry.FREE

    @property
    def pods_sought(self) -> bool:
        """Whether the pod of a Job that is over would tell how it ended, and is not seen."""
        unseen = self.last is None and not self.pods_gone
        return self._job_over_without_end and unseen and not self._complete_at_the_end

    @property
    def _job_over_without_end(self) -> bool:
        return self.job_over and not (self.record.prune or self.end)

    @property
    def _complete_at_the_end(self) -> bool:
        return self.job is not None and self.job.complete and self.reached_end

    @property
    def waiting(self) -> bool:
        """Whether the trial waits for its first Job."""
        return self.view is not None and not self.end and not self.started


def gather(snapshot: Snapshot) -> tuple[Standing, ...]:
    """Bring together what belongs to each numbered trial, in the order of their numbers.

    Sampled numbers are given out in order, and how far is recorded: a number below that which has
    no Trial any more has a standing without a view.
    """
    views = {view.number: view for view in snapshot.trials if view.number is not None}
    numbers = set(views) | set(snapshot.record.trials) | set(range(snapshot.record.sampled))
    jobs: dict[int, list[JobView]] = defaultdict(list)
    for job in snapshot.jobs:
        jobs[job.number].append(job)
    pods: dict[int, list[PodView]] = defaultdict(list)
    for pod in snapshot.pods:
        pods[pod.number].append(pod)
    numbers |= set(jobs) | set(pods)
    numbers -= _to_make_again(snapshot, numbers - set(views))
    trainer = _trainer(snapshot)
    return tuple(
        _standing(snapshot, number, views.get(number), jobs[number], pods[number], trainer)
        for number in sorted(numbers)
    )


def given_out(snapshot: Snapshot) -> int:
    """Return the least number that no Trial was given yet, as objects and records show."""
    taken = {view.number for view in snapshot.trials} | set(snapshot.record.trials)
    number = snapshot.record.sampled
    while number in taken:
        number += 1
    return number


def _to_make_again(snapshot: Snapshot, without_view: Iterable[int]) -> set[int]:
    """Return the numbers whose Trials vanished when the cluster went back to an earlier state."""
    if not snapshot.restored:
        return set()
    name = snapshot.study.name
    return {
        number
        for number in without_view
        if ("trials", trial_name(name, number)) in snapshot.restored
        and snapshot.record.trial(number).end is None
        and snapshot.record.trial(number).prune is None
    }


def _standing(
    snapshot: Snapshot,
    number: int,
    view: TrialView | None,
    jobs: Iterable[JobView],
    pods: Iterable[PodView],
    trainer: str,
) -> Standing:
    record = snapshot.record.trial(number)
    if record.end is None and view is not None and (end := told_by_status(view)):
        record = replace(record, end=end)
    jobs = tuple(jobs)
    name = view.name if view is not None else trial_name(snapshot.study.name, number)
    spec = snapshot.study.spec
    standing = Standing(
        number=number,
        record=record,
        view=view,
        job=current_job(name, [job for job in jobs if not job.deleting]),
        leaving=tuple(job for job in jobs if job.deleting),
        pods=tuple(sorted(pods, key=lambda pod: (pod.created_at, not pod.over, pod.name))),
        exempt=number in snapshot.record.exempt,
        protected=number in snapshot.record.restraint.protected,
        last_step=spec.resource.max if spec else 0,
        retries=spec.trials.retries if spec else 0,
        spans=snapshot.spans,
    )
    if standing.job is not None and standing.job.queue and standing.job.suspended:
        standing = replace(standing, queue=snapshot.causes.get(standing.job.uid))
    if standing.end:
        return standing
    standing = _with_attempts(standing, trainer, jobs)
    lost = lost_rerun(name, standing.job, jobs, standing.attempts)
    if ("jobs", lost) in snapshot.restored:
        lost = ""
    return _with_absences(snapshot, replace(standing, job=None) if lost else standing, name, lost)


def _trainer(snapshot: Snapshot) -> str:
    spec = snapshot.study.spec
    try:
        return trainer_of(spec.template, spec.trainer_container) if spec else ""
    except SpecError:
        return ""


def _with_attempts(standing: Standing, trainer: str, jobs: Sequence[JobView]) -> Standing:
    """Add what is known of the attempts; what was reported is the newest one's."""
    record = standing.record
    found = attempts_of(record.attempts, standing.pods, jobs, trainer)
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
    job, absent = standing.job, snapshot.absent
    names = {("jobs", job_name(trial)), *(("jobs", pod.job_name) for pod in standing.pods)}
    names = {("jobs", lost)} if lost else names
    return replace(
        standing,
        sought=tuple(sorted(name for _, name in names if ("jobs", name) not in absent)),
        proof=next((absent[key] for key in sorted(names) if key in absent), ""),
        view_proof=absent.get(("trials", trial), ""),
        pods_gone=job is not None and (PODS_OF, job.name) in absent,
        restored=standing.record.prune is None and bool(names & snapshot.restored),
        cut_short=bool(names & snapshot.cut_short),
    )
