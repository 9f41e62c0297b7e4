"""Creating objects, and what is remembered where the API server refuses one."""

from __future__ import annotations

from collections.abc import Callable

from espalier.engine.control.cache import Object
from espalier.engine.control.hindrances import NameTaken, QuotaFull
from espalier.engine.control.presence import find
from espalier.engine.control.world import World
from espalier.errors import RetryLater
from espalier.kube import TRIAL, Cluster, Conflict, Kind, NotFound, Refused
from espalier.planning import StudyView, TemplateVerdict, effects
from espalier.planning.obstacles.refusals import QUOTA
from espalier.planning.workload.registry import by_plural
from espalier.planning.world.fingerprint import fingerprint
from espalier.planning.world.observe import controller_uid

REFUSED_AGAIN = 60.0
"""Seconds after which a workload that was refused is tried again."""


class WorkloadRefused(Exception):
    """The API server refuses what is to run a trial, which is remembered: its lane ends."""


class Creation:
    """Creates what a plan asks for.

    Parameters
    ----------
    clock
        Seconds since the epoch.
    """

    def __init__(self, cluster: Cluster, world: World, clock: Callable[[], float]) -> None:
        self._cluster = cluster
        self._world = world
        self._clock = clock

    async def check(self, study: StudyView, effect: effects.CheckTemplate) -> None:
        """Ask whether the API server would take a workload of the Study's template."""
        if (refusal := await self._would_refuse(study, effect.kind, effect.probe)) is not None:
            self._refuse(study, refusal)
        else:
            probe = fingerprint(effect.probe)
            self._world.verdicts[study.uid] = TemplateVerdict(study.generation, True, probe=probe)

    async def _would_refuse(
        self, study: StudyView, kind: Kind, body: effects.Body
    ) -> Refused | None:
        try:
            await self._cluster.create(kind, study.namespace, body, dry_run=True)
        except Refused as error:
            return error
        except (Conflict, NotFound):  # one has the name, or the namespace is gone: no matter
            return None
        return None

    async def create_workload(self, study: StudyView, effect: effects.CreateWorkload) -> None:
        """Create what runs a trial; where it is refused, find out whose fault that is.

        Raises
        ------
        WorkloadRefused
            If it is not taken; the fault is remembered.
        RetryLater
            If it may be taken in a moment.
        """
        try:
            await self.create(study, effect.kind, effect.body)
            return
        except Refused as error:
            refusal = error
        if (of_all := await self._would_refuse(study, effect.kind, effect.probe)) is not None:
            self._refuse(study, of_all)
            raise WorkloadRefused from refusal
        try:
            await self.create(study, effect.kind, effect.body)
        except Refused as error:
            trial = controller_uid(effect.body)
            what = f"the API server refuses the trial's {effect.kind.name}"
            self._world.refused[trial] = f"{what}: {error.message}"
            raise WorkloadRefused from error

    @staticmethod
    def _for_now(error: Refused) -> None:
        """Raise `RetryLater` where a refusal is about this moment."""
        if any(said in error.message for said in QUOTA):
            raise QuotaFull(error.message, after=5.0) from error
        if error.namespace_terminating:
            raise RetryLater(error.message, after=5.0) from error

    def _refuse(self, study: StudyView, error: Refused) -> None:
        """Keep the refusal of a workload, for a while: policies and quotas change too."""
        self._for_now(error)
        message = error.message.split(" is invalid: ", 1)[-1]
        remedy = "correct it in the Study, or allow it; it is tried again every minute"
        self._world.verdicts[study.uid] = TemplateVerdict(
            study.generation, False, f"{message}; {remedy}", self._clock() + REFUSED_AGAIN
        )

    async def create(self, study: StudyView, kind: Kind, body: effects.Body) -> Object:
        """Create an object, or take over the one that an earlier try created; return it.

        Raises
        ------
        NameTaken, QuotaFull, RetryLater
            If it may be created later.
        Refused
            If it is not taken as it is.
        """
        name = body["metadata"]["name"]
        try:
            return self._take(kind, await self._cluster.create(kind, study.namespace, body))
        except Refused as error:
            self._for_now(error)
            raise
        except NotFound as error:  # the namespace is gone, and with it the Study in a moment
            raise RetryLater(str(error), after=2.0) from error
        except Conflict as error:
            if not error.exists:
                raise RetryLater(str(error)) from error
        found = await find(self._cluster, kind, study.namespace, name)
        if isinstance(found, str):
            raise RetryLater(f"{kind.name} {study.namespace}/{name} has just been deleted")
        wanted = controller_uid(body)
        if controller_uid(found) != wanted and not _names_study(found, study):
            raise NameTaken(
                f"{kind.name} {study.namespace}/{name} exists and is not this study's; it is "
                "waited for until it is deleted",
                after=1.0,
            )
        return self._take(kind, found)

    def _take(self, kind: Kind, obj: Object) -> Object:
        if by_plural(kind.plural) is not None:
            self._world.kinship.made(obj)
        self._world.found(kind.plural, obj)
        return obj


def _names_study(found: Object, study: StudyView) -> bool:
    """Whether a Trial was made by hand under the name of a sampled one, for this very Study."""
    named = (found.get("spec") or {}).get("study") or {}
    ours = named.get("name") == study.name and named.get("uid") in (None, "", study.uid)
    return found.get("kind") == TRIAL.name and ours and not controller_uid(found)
