"""What is to be done about one trial that exists, or did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from espalier.api import reasons
from espalier.errors import SpecError
from espalier.planning.costs import usage
from espalier.planning.costs.costs import Costs, is_off
from espalier.planning.effects import (
    AskWhy,
    BindPod,
    CreateWorkload,
    DeletePod,
    DeleteWorkload,
    Effect,
    EmitEvent,
    IngestTail,
    LookFor,
    RecordEnd,
    SuspendWorkload,
    Wake,
    WriteTrialStatus,
)
from espalier.planning.endings.of_trial import Again, Completing, EndingVerdict, Later, judge_ending
from espalier.planning.endings.stopping import Stopping
from espalier.planning.obstacles.queue_line import ask_queue, eviction
from espalier.planning.standing import sightings as attempts
from espalier.planning.standing.standing import Standing
from espalier.planning.status.ended_ranks import EndedRanks
from espalier.planning.status.of_trial import PROGRESS, status_of
from espalier.planning.workload.building import build_workload
from espalier.planning.workload.grace import grace_of
from espalier.planning.workload.registry import kind_of, of_kind
from espalier.planning.world.ended import says_end
from espalier.planning.world.names import PODS_OF, job_name, job_ordinal, trial_name
from espalier.planning.world.record import End, Wanted
from espalier.planning.world.settings import OperatorSettings
from espalier.planning.world.snapshot import PodView, Snapshot, sooner
from espalier.planning.world.status_words import merge_patch
from espalier.planning.world.workload_view import WorkloadView
from espalier.pruning import is_repeat

if TYPE_CHECKING:
    from espalier.api import StudySpec

_WITH_STUDY = frozenset(
    {reasons.STUDY_ENDED.reason, reasons.STUDY_STOPPED.reason, reasons.BUDGET_SPENT.reason}
)
_ENDED_BY_US = _WITH_STUDY | {reasons.TIME_LIMIT_EXCEEDED.reason}
_NO_TROUBLE = _WITH_STUDY | {reasons.COMPLETED.reason, reasons.PRUNED.reason}
_UNBORN = 2.0
"""Seconds that a new Trial's first status may wait: mostly it has its Job by then."""


@dataclass(frozen=True, slots=True)
class TrialPlanner:
    """Plans the trials of one study at one moment.

    Parameters
    ----------
    snapshot
        The world at this moment.
    spec
        The Study's, which can be read.
    stopping
        Why trials are to end that would go on.
    settings
        What the operator's flags decide.
    now
        This moment; in seconds since the epoch.
    costs
        What the study has cost so far.
    ranks
        The trials that have ended, by their last values.
    over
        Whether the study has ended: what was saved is told once more, by all of its trials.
    unheard
        Numbers of the trials that train and of which a value is missed.
    """

    snapshot: Snapshot
    spec: StudySpec
    stopping: Stopping
    settings: OperatorSettings
    now: float
    costs: Costs
    ranks: EndedRanks
    over: bool = False
    unheard: frozenset[int] = frozenset()

    def plan(self, standing: Standing) -> tuple[Effect, ...]:
        """Return what is to be done about a trial, in order."""
        if self._settled(standing):
            return ()
        reports, tails = self._reports(standing)
        steps: list[Effect] = [*reports, *self._seen(standing), *tails]
        if tails:
            return tuple(steps)
        if standing.end is None and not self._unsettled(standing):
            if sought := self._look_for(standing):
                return (*steps, *sought)
            ended = self._end(standing)
            if any(isinstance(effect, RecordEnd) for effect in ended):
                return (*steps, *ended)
            steps += ended
            steps += self._rerun(standing)
        steps += self._clear(standing)
        if asked := ask_queue(self.snapshot, standing, self.settings, self.now):
            steps += asked
            if any(isinstance(effect, AskWhy) for effect in asked):
                return tuple(steps)
        steps += self._status(standing)
        # Last: a queue may be out of reach.
        steps += self._suspension(standing)
        return tuple(steps)

    def _settled(self, standing: Standing) -> bool:
        """Whether the trial has ended, says so, and has left nothing behind: nearly all have."""
        view, job, end = standing.view, standing.workload, standing.end
        if end is None or standing.live or (job and not job.over):
            return False
        if job is not None and standing.wanted is Wanted.GONE:
            return False
        if view is None:
            return True
        if not says_end(view, end) or self.ranks.is_off(standing.number, view.status):
            return False
        saved = self.costs.saved_by(standing.number) if self.over else None
        return saved is None or not is_off(view.status, saved)

    def _seen(self, standing: Standing) -> Iterator[Effect]:
        """Record what is seen of the attempts before anything rests on it."""
        if standing.end is None:
            yield from attempts.records(standing, self._interval(standing))

    def _reports(self, standing: Standing) -> tuple[list[Effect], list[Effect]]:
        """Let the pods report, and take what sidecars left behind."""
        if standing.end is not None or standing.view is None:
            return [], []
        steps, tails = list[Effect](), list[Effect]()
        for pod in standing.pods:
            tail = pod.sidecar.exit_message if pod.sidecar else ""
            pending = bool(tail) and pod.uid not in self.snapshot.tails
            bound = pod.uid in self.snapshot.bound
            own = (
                standing.workload is not None
                and pod.job_uid == standing.workload.uid
                and pod.reports
            )
            if not bound and own and (pending or not pod.over):
                bind = BindPod(standing.number, standing.view.name, pod.name, pod.uid, pod.over)
                steps.append(bind)
            if pending and (bound or own):
                tails.append(IngestTail(standing.number, pod.uid, tail))
        return steps, tails

    def _look_for(self, standing: Standing) -> list[Effect]:
        """Ask for what an ending would rest on the absence of; not seeing it is no proof."""
        number, name = standing.number, trial_name(self.snapshot.study.name, standing.number)
        if standing.view is None:
            given = number < self.snapshot.record.sampled or is_repeat(number)
            return [] if standing.view_proof or not given else [LookFor(number, "trials", name)]
        if standing.workload and standing.pods_sought and not standing.view.deleting:
            return [LookFor(number, PODS_OF, standing.workload.name, standing.workload.selector)]
        gone = standing.wanted is Wanted.GONE
        if standing.workload or standing.leaving or standing.view.deleting:
            return []
        if standing.live if gone else not standing.started:
            return []
        plural = kind_of(self.spec).kind.plural
        return [LookFor(number, plural, each) for each in standing.sought]

    def _unsettled(self, standing: Standing) -> bool:
        """Whether a sidecar still runs beside a trainer that ended: its last values may come."""
        pod = standing.newest
        if pod is None or pod.sidecar is None or pod.disruption or standing.wanted is Wanted.GONE:
            return False
        return standing.workload_over and pod.sidecar.running and not pod.deleting

    def _end(self, standing: Standing) -> list[Effect]:
        verdict = judge_ending(standing, self.settings, self.now)
        ends = isinstance(verdict, EndingVerdict | Completing)
        if not ends and standing.wanted is not Wanted.GONE:
            verdict = self.stopping.of(standing) or verdict
        if not isinstance(verdict, EndingVerdict):
            return self._wait(standing, verdict)
        end = self._ending(standing, verdict)
        steps: list[Effect] = [RecordEnd(standing.number, end)]
        if standing.view is not None:
            warning = end.reason not in _NO_TROUBLE
            name, uid = standing.view.name, standing.view.uid
            steps.append(EmitEvent("Trial", name, uid, warning, end.reason, end.message))
        return steps

    @staticmethod
    def _wait(standing: Standing, verdict: Again | Completing | Later | None) -> list[Effect]:
        """Let a trial go on; a pod that runs on without its trainer makes room for the next."""
        if isinstance(verdict, Completing):
            verdict = verdict.until
        if isinstance(verdict, Later):
            return [Wake(verdict.at)]
        if isinstance(verdict, Again) and verdict.lingers:
            return [DeletePod(pod.name, pod.uid) for pod in standing.live if not pod.deleting]
        return []

    def _ending(self, standing: Standing, verdict: EndingVerdict) -> End:
        used = usage.used_until_now(standing)
        return End(
            reason=verdict.ending.reason,
            message=verdict.message,
            state=verdict.ending.state,
            at=self.now,
            gpu_seconds=used.gpu_seconds,
            template=standing.workload.template if standing.workload else 0,
            held=used.seconds,
            pace=standing.record.pace,
        )

    def _rerun(self, standing: Standing) -> list[Effect]:
        job, view = standing.workload, standing.view
        if not standing.must_run_again or job is None or view is None:
            return []
        if standing.live or self.stopping.of(standing) or self.spec.suspend:
            return []
        name = job_name(view.name, (job_ordinal(view.name, job.name) or 0) + 1)
        study = self.snapshot.study
        try:
            body = build_workload(study, view, standing.number, self.settings, name=name)
        except SpecError:  # the template was changed for the worse, as the Study says
            return []
        probe = self.snapshot.blueprint.probe
        return [CreateWorkload(standing.number, body, kind_of(self.spec).kind, probe)]

    def _clear(self, standing: Standing) -> list[Effect]:
        """Delete the Job and pods of a trial that is pruned or has ended; finished Jobs stay."""
        if standing.end is None and standing.wanted is not Wanted.GONE:
            return []
        job, grace = standing.workload, self._grace(standing)
        pruned = standing.wanted is Wanted.GONE
        pods: list[Effect] = [
            DeletePod(pod.name, pod.uid, grace) for pod in self._doomed(standing, pruned, grace)
        ]
        if job is None or not (pruned or not job.over):
            return pods
        delete = DeleteWorkload(standing.number, job.name, job.uid, job.kind)
        return list(of_kind(job.kind).deletions(delete, pods))

    @staticmethod
    def _doomed(standing: Standing, pruned: bool, grace: int | None) -> list[PodView]:
        """Return the pods to delete: finished ones go with their Job, living ones now."""
        job = standing.workload
        if not pruned and job is not None and job.over:
            return []
        return [
            pod
            for pod in standing.live
            if not pod.deleting or (pod.grace is not None and sooner(grace, pod.grace))
        ]

    def _grace(self, standing: Standing) -> int | None:
        """Return the seconds that a trial's pods have, where it was the operator that ended it."""
        ours = standing.wanted is Wanted.GONE or (
            standing.end is not None and standing.end.reason in _ENDED_BY_US
        )
        return grace_of(self.spec) if ours else None

    def _suspension(self, standing: Standing) -> list[Effect]:
        """Suspend or resume the Job, or have the queue do so that owns it."""
        job = standing.workload
        to_go = standing.end is not None or standing.wanted is Wanted.GONE
        if job is None or job.over or to_go:
            return []
        if job.queue:
            if self.spec.suspend == job.suspended_by_us:
                return []
            return [SuspendWorkload(job.name, job.uid, self.spec.suspend, job.kind, by_queue=True)]
        if self.spec.suspend and not job.suspended:
            return [SuspendWorkload(job.name, job.uid, True, job.kind)]
        if not self.spec.suspend and job.suspended and job.suspended_by_us:
            return [SuspendWorkload(job.name, job.uid, False, job.kind)]
        return []

    def _status(self, standing: Standing) -> list[Effect]:
        view = standing.view
        if view is None or view.deleting:
            return []
        saved = self.costs.saved_by(standing.number) if standing.end is not None else None
        unheard = standing.number in self.unheard
        wanted = status_of(standing, self.now, saved, unheard=unheard)
        if standing.end is not None:
            wanted["rank"] = self.ranks.told(standing.number, view.status)
        patch = merge_patch(view.status, wanted)
        if not patch:
            return []
        write = WriteTrialStatus(view.name, view.uid, patch)
        if set(patch) <= PROGRESS and standing.end is None and standing.wanted is not Wanted.GONE:
            due = view.status_written_at + self._interval(standing)
            return [write] if self.now >= due else [Wake(due)]
        unborn = not view.status.get("conditions") and patch.get("phase") == "Pending"
        if unborn and abs(self.now - view.created_at) < _UNBORN:  # clocks may differ
            return [Wake(view.created_at + _UNBORN)]
        return [write, *eviction(standing, patch)]

    def note_job(self, standing: Standing) -> tuple[Effect, ...]:
        """Have the Trial say that its Job was created.

        From then on a Job that is not there is one that somebody deleted.
        """
        view = standing.view
        assert view is not None
        made = WorkloadView(
            kind=kind_of(self.spec).kind,
            uid="",
            name=job_name(view.name),
            trial_uid=view.uid,
            number=standing.number,
            created_at=self.now,
        )
        status = status_of(replace(standing, workload=made), self.now)
        patch = merge_patch(view.status, status)
        return (WriteTrialStatus(view.name, view.uid, patch),) if patch else ()

    def _interval(self, standing: Standing) -> float:
        """Return the least time between two writes of progress: longer for a longer trial."""
        ran = max((standing.span(pod.uid).ran for pod in standing.pods), default=0.0)
        least = self.settings.progress_interval
        return min(6 * least, max(least, ran / 2))
