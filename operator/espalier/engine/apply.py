"""Carrying out effects: each once or many times, with the same result."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from espalier.engine.cache import Object, StudyKey
from espalier.engine.live import LiveStudies
from espalier.engine.submission import Binding
from espalier.engine.world import World
from espalier.errors import InternalError, RetryLater
from espalier.kube import EVENT, JOB, POD, STUDY, TRIAL, Cluster, Conflict, Kind, NotFound, Refused
from espalier.planning import Effect, Lane, StudyView, TemplateVerdict, effects
from espalier.planning.observe import controller_uid, timestamp

log = logging.getLogger(__name__)

FORBIDDEN = 403
FORBIDDEN_AGAIN = 60.0
"""Seconds after which a Job that was forbidden is tried again."""


class Applier:
    """Carries out the effects of one study's plan.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    """

    def __init__(
        self, cluster: Cluster, live: LiveStudies, world: World, clock: Callable[[], float]
    ) -> None:
        self._cluster = cluster
        self._live = live
        self._world = world
        self._clock = clock

    async def carry_out(self, key: StudyKey, study: StudyView, lane: Lane) -> None:
        """Carry out a lane up to the first effect that fails."""
        for effect in lane:
            await self._carry_out(key, study, effect)

    async def _carry_out(self, key: StudyKey, study: StudyView, effect: Effect) -> None:
        match effect:
            case effects.Wake():
                return
            case effects.CheckTemplate():
                await self._check(study, effect)
            case effects.CreateTrial():
                await self._create(study, TRIAL, effect.body)
            case effects.CreateJob():
                await self._create_job(study, effect)
            case effects.AdoptTrial():
                await self._adopt(study, effect)
            case effects.DeleteJob():
                await self.delete(JOB, study.namespace, effect.name, effect.uid)
            case effects.DeletePod():
                await self.delete(POD, study.namespace, effect.name, effect.uid)
            case effects.SuspendJob():
                await self._suspend(study, effect)
            case effects.WriteTrialStatus():
                patch = {"status": effect.status}
                await self._patch(TRIAL, study, effect.name, effect.uid, patch, "status")
            case effects.WriteStudyStatus():
                patch = {"status": effect.status}
                await self._patch(STUDY, study, study.name, study.uid, patch, "status")
            case effects.EmitEvent():
                await self._emit(study, effect)
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
                    log.warning(
                        "study %s/%s number %d: of what its sidecar could not deliver, %d values "
                        "are lost and %d were refused",
                        *key,
                        effect.number,
                        tail.lost,
                        tail.refused,
                        extra={"namespace": key.namespace, "study": key.name},
                    )
            case effects.RecordEnd():
                if await self._live.finish(study.uid, effect.number, effect.end):
                    log.info(
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
            )
        )
        self._world.bound[effect.uid] = attempt

    async def delete(
        self, kind: Kind, namespace: str, name: str, uid: str, *, urgent: bool = False
    ) -> None:
        """Delete an object with this uid; one that is gone already is as good as deleted."""
        if uid in self._world.leaving:
            return
        self._world.leaving.add(uid)
        try:
            await self._cluster.delete(kind, namespace, name, uid=uid, urgent=urgent)
        except NotFound:
            self._world.cache(kind.plural).drop(uid)
        except Conflict:  # another object has the name by now: the one that was meant is gone
            self._world.cache(kind.plural).drop(uid)
        except BaseException:
            self._world.leaving.discard(uid)
            raise

    async def _check(self, study: StudyView, effect: effects.CheckTemplate) -> None:
        try:
            await self._cluster.create(JOB, study.namespace, effect.job, dry_run=True)
        except Refused as error:
            self._refuse(study, error)
        except (Conflict, NotFound):  # a Job has the name, or the namespace is gone: no matter
            self._accept(study)
        else:
            self._accept(study)

    async def _create_job(self, study: StudyView, effect: effects.CreateJob) -> None:
        try:
            await self._create(study, JOB, effect.body)
        except Refused as error:
            self._refuse(study, error)

    def _refuse(self, study: StudyView, error: Refused) -> None:
        """Keep the API server's refusal of a Job: about the template, unless it is about now."""
        if error.namespace_terminating or "exceeded quota" in error.message:
            raise RetryLater(error.message, after=5.0) from error
        message = error.message.split(" is invalid: ", 1)[-1]
        verdict = TemplateVerdict(study.generation, False, f"{message}; correct it in the Study")
        if error.code == FORBIDDEN:  # a Role or a policy says no: both change without the Study
            remedy = "allow it, or correct it in the Study; it is tried again every minute"
            until = self._clock() + FORBIDDEN_AGAIN
            verdict = replace(verdict, message=f"{message}; {remedy}", until=until)
        self._world.verdicts[study.uid] = verdict

    def _accept(self, study: StudyView) -> None:
        self._world.verdicts[study.uid] = TemplateVerdict(study.generation, True)

    async def _create(self, study: StudyView, kind: Kind, body: effects.Body) -> None:
        name = body["metadata"]["name"]
        cache = self._world.cache(kind.plural)
        try:
            cache.put(await self._cluster.create(kind, study.namespace, body))
            return
        except NotFound as error:  # the namespace is gone, and with it the Study in a moment
            raise RetryLater(str(error), after=2.0) from error
        except Conflict as error:
            if not error.exists:
                raise RetryLater(str(error)) from error
        found = await self._cluster.get(kind, study.namespace, name)
        wanted = controller_uid(body)
        if controller_uid(found) != wanted and not _names_study(found, study):
            raise RetryLater(
                f"{kind.name} {study.namespace}/{name} exists and is not this study's; it is "
                "waited for until it is deleted",
                after=1.0,
            )
        cache.put(found)

    async def _adopt(self, study: StudyView, effect: effects.AdoptTrial) -> None:
        metadata = {"metadata": dict(effect.metadata)}
        await self._patch(TRIAL, study, effect.name, effect.uid, metadata)
        number = {"status": {"number": effect.number, "phase": "Pending"}}
        await self._patch(TRIAL, study, effect.name, effect.uid, number, "status")

    async def _suspend(self, study: StudyView, effect: effects.SuspendJob) -> None:
        annotation = "true" if effect.suspend else None
        patch = {
            "metadata": {"annotations": {"espalier.dev/suspended": annotation}},
            "spec": {"suspend": effect.suspend},
        }
        await self._patch(JOB, study, effect.name, effect.uid, patch)

    async def _patch(
        self,
        kind: Kind,
        study: StudyView,
        name: str,
        uid: str,
        patch: dict[str, Any],
        subresource: str = "",
    ) -> None:
        """Merge fields into an object with this uid, and keep what it is then."""
        body = {**patch, "metadata": {**patch.get("metadata", {}), "uid": uid}}
        cache = self._world.cache(kind.plural)
        try:
            cache.put(
                await self._cluster.patch(
                    kind, study.namespace, name, body, subresource=subresource
                )
            )
        except (NotFound, Conflict):
            cache.drop(uid)
            return
        if subresource:
            self._world.written[uid] = self._clock()

    async def _emit(self, study: StudyView, effect: effects.EmitEvent) -> None:
        at = timestamp(self._clock())
        body = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": f"{effect.name[:200]}.", "namespace": study.namespace},
            "involvedObject": {
                "apiVersion": TRIAL.api_version,
                "kind": effect.kind,
                "namespace": study.namespace,
                "name": effect.name,
                "uid": effect.uid,
            },
            "type": "Warning" if effect.warning else "Normal",
            "reason": effect.reason,
            "message": effect.message[:1024],
            "firstTimestamp": at,
            "lastTimestamp": at,
            "count": 1,
            "source": {"component": "espalier"},
            "reportingComponent": "espalier.dev/operator",
            "reportingInstance": "espalier",
        }
        try:
            await self._cluster.create(EVENT, study.namespace, body)
        except (RetryLater, Refused, NotFound, Conflict) as error:
            log.info("an Event about %s %s is lost: %s", effect.kind, effect.name, error)


def _names_study(found: Object, study: StudyView) -> bool:
    """Whether a Trial was made by hand under the name of a sampled one, for this very Study."""
    named = (found.get("spec") or {}).get("study") or {}
    ours = named.get("name") == study.name and named.get("uid") in (None, "", study.uid)
    return found.get("kind") == TRIAL.name and ours and not controller_uid(found)
