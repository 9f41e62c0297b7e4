"""Where a trial stands: all that is known of it, and the questions that are asked of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from espalier.api.reasons import Retry, TrialReason
from espalier.planning.attempts.checks import how_ended
from espalier.planning.attempts.evidence import Attempt
from espalier.planning.world.blueprint import NO_BLUEPRINT, Blueprint
from espalier.planning.world.heard import Heard
from espalier.planning.world.kubelet_words import DEADLINE
from espalier.planning.world.record import End, TrialRecord, Wanted
from espalier.planning.world.snapshot import Cause, PodView, Span, TrialView
from espalier.planning.world.status_words import condition_of
from espalier.planning.world.workload_view import WorkloadView

_NOT_SEEN = Span()


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known of one trial.

    Parameters
    ----------
    number
        The trial's number in its study.
    record
        What is stored of it.
    view
        The Trial object; None once it is deleted.
    workload
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
    exempt, protected
        Whether it is never pruned: to measure pruning, or since somebody asked for it.
    attempts
        What is known of its attempts, oldest first; none are looked at once it has ended.
    spans
        For how long each pod of the study was seen in its states, by the pod's uid.
    blueprint
        What its Study means.
    heard
        What its sidecar has heard, as far as it has said.
    """

    number: int
    record: TrialRecord
    view: TrialView | None = None
    workload: WorkloadView | None = None
    leaving: tuple[WorkloadView, ...] = ()
    pods: tuple[PodView, ...] = ()
    sought: tuple[str, ...] = ()
    proof: str = ""
    view_proof: str = ""
    pods_gone: bool = False
    restored: bool = False
    cut_short: bool = False
    queue: Cause | None = None
    exempt: bool = False
    protected: bool = False
    attempts: tuple[Attempt, ...] = ()
    spans: Mapping[str, Span] = field(default_factory=dict)
    blueprint: Blueprint = NO_BLUEPRINT
    heard: tuple[Heard, ...] = ()

    @property
    def end(self) -> End | None:
        """The trial's ending, if it has one."""
        return self.record.end

    @property
    def trainer(self) -> str:
        """Name of the container that trains."""
        return self.blueprint.trainer

    @property
    def last_step(self) -> int:
        """The step that a trial which runs to its end reports last."""
        spec = self.blueprint.spec
        return spec.resource.max if spec else 0

    @property
    def retries(self) -> int:
        """How many failures of its own are made up for."""
        spec = self.blueprint.spec
        return spec.trials.retries if spec else 0

    @property
    def live(self) -> tuple[PodView, ...]:
        """The pods that (may) have processes and hold devices."""
        return tuple(pod for pod in self.pods if not pod.over)

    def span(self, pod_uid: str) -> Span:
        """Return for how long a pod was seen in its states; nothing where it was not."""
        return self.spans.get(pod_uid) or _NOT_SEEN

    @property
    def workloads(self) -> tuple[WorkloadView, ...]:
        """The Jobs that are there: those that leave, then the one that runs the trial."""
        return self.leaving + ((self.workload,) if self.workload is not None else ())

    @property
    def newest(self) -> PodView | None:
        """The newest pod."""
        return self.pods[-1] if self.pods else None

    @property
    def started(self) -> bool:
        """Whether the trial ever had a Job, as far as anything tells."""
        if self.workload or self.leaving or self.pods:
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
    def begun(self) -> bool:
        """Whether any of its pods ever had a node, as far as is seen or recorded."""
        record = self.record
        if record.step is not None or any(each.held > 0.0 for each in record.attempts):
            return True
        return any(pod.started_at is not None or pod.node for pod in self.pods)

    @property
    def holds_slot(self) -> bool:
        """Whether the trial takes one of the study's parallel places."""
        if self.live or self.must_run_again:
            return True
        if self.end or self.wanted is Wanted.GONE or self.workload is None:
            return False
        last = self.last
        done = last is not None and last.over and how_ended(last).ending.retry is Retry.NEVER
        return not (self.workload_over or done)

    @property
    def workload_over(self) -> bool:
        """Whether the Job makes no pod any more."""
        return self.workload is not None and self.workload.over

    @property
    def last(self) -> Attempt | None:
        """The Job's newest attempt if it has ended, by which the trial ends or goes on.

        A complete Job has one that succeeded: where none is known the decisive one was not seen.
        """
        job = self.workload
        own = [attempt for attempt in self.attempts if job and attempt.job_uid == job.uid]
        if job is None or not own or not own[-1].ended:
            return None
        return None if job.succeeded and own[-1].exit_code != 0 else own[-1]

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
        """Whether the last step was reported, by a trainer that does not count further."""
        step, beyond = self.record.step, self.record.beyond
        return step is not None and step >= self.last_step and beyond is None

    @property
    def wanted(self) -> Wanted:
        """What is wanted of the trial, by what was decided on it."""
        return self.record.wanted

    @property
    def must_run_again(self) -> bool:
        """Whether the Job is over, and the trial is not: another Job takes the attempt up.

        The Job controller counts what is not the trial's fault, such as a pod that the kubelet
        refused, and takes for complete what was made to end and exited with code 0.
        """
        if not self._workload_over_without_end or (
            self.workload and self.workload.reason == DEADLINE
        ):
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
        return self._workload_over_without_end and unseen and not self._complete_at_the_end

    @property
    def _workload_over_without_end(self) -> bool:
        return self.workload_over and not (self.wanted is Wanted.GONE or self.end)

    @property
    def _complete_at_the_end(self) -> bool:
        return self.workload is not None and self.workload.succeeded and self.reached_end

    @property
    def waiting(self) -> bool:
        """Whether the trial waits for its first Job."""
        pending = self.view is not None and not self.end and not self.started
        return pending and self.wanted is not Wanted.GONE
