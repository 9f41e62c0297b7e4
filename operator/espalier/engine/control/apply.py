"""Carrying out effects: each once or many times, with the same result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from espalier.engine.control.cache import Object, StudyKey
from espalier.engine.control.creation import Creation, WorkloadRefused
from espalier.engine.control.deletion import Deletion
from espalier.engine.control.presence import find
from espalier.engine.control.pruner_lookups import PrunerLookups
from espalier.engine.control.queues import Queues
from espalier.engine.control.warm_starts import WarmStarts
from espalier.engine.control.world import World, belongs
from espalier.engine.proposing.proposer import Proposer
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding
from espalier.errors import InternalError, RetryLater
from espalier.kube import (
    POD,
    STUDY,
    TRIAL,
    Cluster,
    Conflict,
    Kind,
    NotFound,
    Refused,
    emit,
)
from espalier.planning import Effect, Lane, StudyView, effects
from espalier.planning.acts import act_of
from espalier.planning.workload.registry import by_plural, kind_of, of_kind
from espalier.planning.workload.trial import labels_of
from espalier.planning.world.names import PODS_OF, STUDY_LABEL, SUSPENDED_ANNOTATION
from espalier.planning.world.observe import timestamp, trial_view
from espalier.planning.world.snapshot import POD_OVER
from espalier.pruning import is_repeat

_LOG = logging.getLogger(__name__)


class Applier:
    """Carries out the effects of one study's plan.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    proposer
        Works out what trials are to run.
    """

    def __init__(
        self,
        cluster: Cluster,
        live: OpenStudies,
        world: World,
        clock: Callable[[], float],
        proposer: Proposer | None = None,
    ) -> None:
        self._cluster = cluster
        self._live = live
        self._world = world
        self._clock = clock
        self._creation = Creation(cluster, world, clock)
        self._queues = Queues(cluster)
        self.proposer = proposer or Proposer(live, clock)
        self._warm_starts = WarmStarts(cluster, live, world, clock)
        self._pruners = PrunerLookups(cluster, self._warm_starts, live, world, clock)
        self.deletion = Deletion(cluster, world)

    async def carry_out(self, key: StudyKey, study: StudyView, lane: Lane) -> None:
        """Carry out a lane up to the first effect that fails or is refused.

        A pod that may not be deleted does not keep its Job: the garbage collector takes it then.

        Raises
        ------
        EspalierError
            What the first effect that failed has raised; what was to follow it is left.
        """
        failures, refused = self._world.waits.failures, None
        for effect in lane:
            act = act_of(effect)
            try:
                await self._carry_out(key, study, effect)
            except WorkloadRefused:
                return
            except Exception as error:
                if act is not None:
                    failures.failed(study.uid, act, error, self._clock())
                if not isinstance(error, Refused) or not isinstance(effect, effects.DeletePod):
                    raise
                refused = error
                continue
            if act is not None:
                failures.succeeded(study.uid, act)
        if refused is not None:
            raise refused

    async def _carry_out(self, key: StudyKey, study: StudyView, effect: Effect) -> None:
        match effect:
            case effects.Wake():
                return
            case effects.CheckTemplate():
                await self._creation.check(study, effect)
            case effects.TakeOver():
                await self._warm_starts.take_over(study, effect.wanted)
            case effects.LookUpPruner():
                await self._pruners.look_up(study, effect.wanted)
            case effects.CreateTrial():
                made = await self._creation.create(study, TRIAL, effect.body)
                if trial_view(made, study.name, study.uid).number != effect.number:
                    name = made["metadata"]["name"]
                    raise RetryLater(f"Trial {name} was just made by hand: it is numbered first")
                if not is_repeat(effect.number):
                    # Numbers are given out in order: those below have been given, too.
                    await self._live.note_sampled(study.uid, effect.number + 1)
            case effects.Propose():
                await self.proposer.propose(study.uid, effect.search, effect.number)
            case effects.Prepare():
                self.proposer.prepare(study.uid, effect.search, effect.number)
            case effects.CreateWorkload():
                await self._creation.create_workload(study, effect)
            case effects.LookFor():
                await self._look_for(study, effect)
            case effects.AdoptTrial():
                await self._adopt(study, effect)
            case effects.DeleteWorkload():
                await self.deletion.delete(effect.kind, study.namespace, effect.name, effect.uid)
            case effects.DeletePod():
                await self.deletion.delete(
                    POD, study.namespace, effect.name, effect.uid, grace=effect.grace
                )
            case effects.SuspendWorkload():
                await self._suspend(study, effect)
            case effects.WriteTrialStatus():
                patch = {"status": effect.status}
                await self._patch(TRIAL, study, effect.name, effect.uid, patch, "status")
            case effects.WriteStudyStatus():
                patch = {"status": effect.status}
                await self._patch(STUDY, study, study.name, study.uid, patch, "status")
            case effects.EmitEvent():
                await self._emit(study, effect)
            case effects.AskWhy():
                await self._ask_why(study, effect)
            case _:
                await self._record(key, study, effect)

    async def _record(self, key: StudyKey, study: StudyView, effect: Effect) -> None:
        match effect:
            case effects.BindPod():
                await self._bind(study, effect)
            case effects.IngestTail():
                tail = await self._live.submit_tail(effect.pod_uid, effect.message)
                self._world.tails.add(effect.pod_uid)
                if tail.lost or tail.refused:
                    _LOG.warning(
                        "study %s/%s number %d: of what its sidecar could not deliver, %d values "
                        "are lost and %d were refused",
                        *key,
                        effect.number,
                        tail.lost,
                        tail.refused,
                        extra={"namespace": key.namespace, "study": key.name},
                    )
            case effects.RecordAttempt():
                await self._live.note_attempt(study.uid, effect.number, effect.attempt)
            case effects.RecordTrials():
                await self._live.note_made(study.uid, effect.trials)
            case effects.RecordSampled():
                await self._live.note_sampled(study.uid, effect.upto)
            case effects.RecordEnd():
                if await self._live.finish(study.uid, effect.number, effect.end):
                    _LOG.info(
                        "trial %s/%s number %d ended: %s",
                        *key,
                        effect.number,
                        effect.end.reason,
                        extra={"namespace": key.namespace, "study": key.name},
                    )
            case _:
                raise InternalError(f"no way to carry out {type(effect).__name__}")

    async def _bind(self, study: StudyView, effect: effects.BindPod) -> None:
        attempt = await self._live.attempt_of(study.uid, effect.number, effect.uid)
        self._live.bind(
            Binding(
                pod_uid=effect.uid,
                namespace=study.namespace,
                pod_name=effect.pod,
                study_uid=study.uid,
                trial_name=effect.trial,
                number=effect.number,
                attempt=attempt,
            ),
            present=not effect.over,
        )

    async def _look_for(self, study: StudyView, effect: effects.LookFor) -> None:
        """Ask for a workload or Trial that is not seen; without our labels it is labelled again."""
        if effect.plural == PODS_OF:
            await self._look_for_pods(study, effect)
            return
        workload = by_plural(effect.plural)
        kind = TRIAL if workload is None else workload.kind
        found = await find(self._cluster, kind, study.namespace, effect.name)
        if isinstance(found, str):
            self._world.absences.note(effect.plural, study.namespace, effect.name, found)
            return
        meta, labels = found["metadata"], found["metadata"].get("labels") or {}
        known = self._world.found(kind.plural, found)
        if not self._is_ours(study, effect, kind, found):
            proof = f"{kind.name} {effect.name} is another one by now"
            self._world.absences.note(effect.plural, study.namespace, effect.name, proof)
        elif workload is not None and labels.get(STUDY_LABEL) != study.name:
            trial = self._world.kinship.of_workload(kind, found)
            assert trial is not None
            patch = {"metadata": {"labels": labels_of(study, trial.trial, trial.number)}}
            await self._patch(kind, study, effect.name, meta["uid"], patch)
        elif known is None or meta["uid"] in self._world.leaving:
            raise RetryLater(f"{kind.name} {effect.name} is not gone yet", after=0.5)

    def _is_ours(self, study: StudyView, effect: effects.LookFor, kind: Kind, obj: Object) -> bool:
        """Whether what was found is what was looked for, not another of its name."""
        if by_plural(kind.plural) is not None:
            return self._world.kinship.of_workload(kind, obj) is not None
        view = trial_view(obj, study.name, study.uid)
        return belongs(obj, study.name, study.uid) and view.number == effect.number

    async def _look_for_pods(self, study: StudyView, effect: effects.LookFor) -> None:
        """Ask for the pods of a workload by the labels that its controller gives them."""
        title = f"{kind_of(study.spec).kind.name} {effect.name}"
        found, version = await self._cluster.list(POD, study.namespace, labels=effect.selector)
        ours = [pod for pod in found if self._world.kinship.of_pod(pod)]
        for pod in ours:
            self._world.found(POD.plural, pod)
        if ours and not any(pod["status"].get("phase") in POD_OVER for pod in ours):
            raise RetryLater(f"{title} is complete and none of its pods is over", after=1.0)
        if not ours:
            proof = f"a list at version {version} has no pod of {title}"
            self._world.absences.note(PODS_OF, study.namespace, effect.name, proof)

    async def _adopt(self, study: StudyView, effect: effects.AdoptTrial) -> None:
        metadata = {"metadata": dict(effect.metadata)}
        await self._patch(TRIAL, study, effect.name, effect.uid, metadata)
        number = {"status": {"number": effect.number, "phase": "Pending"}}
        await self._patch(TRIAL, study, effect.name, effect.uid, number, "status")

    async def _ask_why(self, study: StudyView, effect: effects.AskWhy) -> None:
        """Ask what holds an object up; nothing rests on the answer but words."""
        now, causes = self._clock(), self._world.waits.causes
        if effect.queue:
            causes.note(effect.uid, await self._queues.why(study.namespace, effect), now)
        else:
            await causes.ask(self._cluster, study.namespace, effect.uid, now)

    async def _suspend(self, study: StudyView, effect: effects.SuspendWorkload) -> None:
        annotation = "true" if effect.suspend else None
        patch: dict[str, Any] = {"metadata": {"annotations": {SUSPENDED_ANNOTATION: annotation}}}
        if effect.by_queue:
            await self._queues.hold(study.namespace, effect)
        else:
            patch |= of_kind(effect.kind).suspend(effect.suspend)
        await self._patch(effect.kind, study, effect.name, effect.uid, patch)

    async def _patch(
        self,
        kind: Kind,
        study: StudyView,
        name: str,
        uid: str,
        patch: dict[str, Any],
        subresource: str = "",
    ) -> None:
        """Merge fields into an object with this uid, and keep what it is then.

        One that is known to be gone is as good as patched.
        """
        body = {**patch, "metadata": {**patch.get("metadata", {}), "uid": uid}}
        try:
            made = await self._cluster.patch(
                kind, study.namespace, name, body, subresource=subresource
            )
        except (NotFound, Conflict) as error:
            await self.deletion.ask(kind, study.namespace, name, uid, error)
            return
        self._world.is_there(kind.plural, made)
        if subresource:
            self._world.written[uid] = self._clock()

    async def _emit(self, study: StudyView, effect: effects.EmitEvent) -> None:
        about = {
            "apiVersion": TRIAL.api_version,
            "kind": effect.kind,
            "namespace": study.namespace,
            "name": effect.name,
            "uid": effect.uid,
        }
        at = timestamp(self._clock())
        await emit(
            self._cluster, about, effect.reason, effect.message, warning=effect.warning, at=at
        )
