"""Which trial a pod is of, found when a report comes before the pod is bound.

After a restart all pods report while their study's log is still read: only a pod that no list or
watch has shown is asked for.
"""

from __future__ import annotations

from espalier.engine.control.cache import Object, study_key
from espalier.engine.control.kinship import Kin
from espalier.engine.control.reconciler import Reconciler
from espalier.engine.reports.open_studies import OpenStudies
from espalier.engine.reports.submission import Binding
from espalier.errors import ReportError, RetryLater
from espalier.kube import POD, TRIAL, Cluster, Kind, NotFound, Refused
from espalier.planning.workload.registry import by_owner
from espalier.planning.world.observe import Controller, controller_of, trial_view


class PodLookup:
    """Finds whose a pod is; what is bound already costs nothing. Who asked binds it.

    A pod is a trial's by its owner chain alone: its controller is a workload, that one's a Trial,
    that one's a Study of the pod's namespace, each with the uid that is named.
    """

    def __init__(self, cluster: Cluster, live: OpenStudies, reconciler: Reconciler) -> None:
        self._cluster = cluster
        self._live = live
        self._reconciler = reconciler

    async def __call__(self, namespace: str, name: str, uid: str) -> Binding | None:
        """Return a pod's binding; None if the API server does not know the pod.

        Raises
        ------
        ReportError
            403: it is not the present pod of a trial.
        RetryLater
            If the API server or the store does not answer, or the pod's Trial has no number yet.
        """
        if (known := self._live.binding(uid)) is not None:
            return known
        pod = self._reconciler.world.cache(POD.plural).get(uid)
        if pod is None and (pod := await self._asked(namespace, name, uid)) is None:
            return None
        kin = await self._kin(pod)
        self._reconciler.observed("pods", False, pod)
        attempt = await self._live.attempt_of(kin.study_uid, kin.number, uid)
        return Binding(uid, namespace, name, kin.study_uid, kin.trial, kin.number, attempt)

    async def _asked(self, namespace: str, name: str, uid: str) -> Object | None:
        """Ask for a pod that no watch or list has shown; None if there is none of this uid."""
        try:
            pod = await self._cluster.get(POD, namespace, name)
        except NotFound:
            return None
        except Refused as error:  # a namespace that this operator does not look after
            raise _not_a_trial() from error
        return pod if pod["metadata"]["uid"] == uid else None

    async def _kin(self, pod: Object) -> Kin:
        """Return whose pod it is, after its workload, Trial and Study bear that out."""
        world, namespace = self._reconciler.world, pod["metadata"]["namespace"]
        owner = controller_of(pod)
        workload = by_owner(owner.group, owner.kind)
        if workload is None:
            raise _not_a_trial()
        if owner.uid in world.leaving:
            raise _without_owner(workload.kind)
        made_by = await self._owner(workload.kind, namespace, owner)
        trial = await self._owner(TRIAL, namespace, controller_of(made_by))
        study = world.studies.get(controller_of(trial).uid)
        if study is None or study["metadata"]["namespace"] != namespace:
            raise RetryLater("the pod's Study is not known yet; send again", after=1.0)
        key, study_uid = study_key(study), study["metadata"]["uid"]
        assert key is not None
        number = trial_view(trial, key.name, study_uid).number
        if number is None:
            raise RetryLater("the pod's Trial has no number yet; send again", after=1.0)
        world.kinship.learn(trial, study_uid, number)
        if world.kinship.of_workload(workload.kind, made_by) is None:
            raise _not_a_trial()
        if (kin := world.kinship.of_pod(pod)) is None or not workload.reports(pod):
            raise _not_a_trial()
        return kin

    async def _owner(self, kind: Kind, namespace: str, owner: Controller) -> Object:
        """Return an owner: with the uid that is named, in the namespace of what it owns."""
        if (owner.group, owner.kind) != (kind.group, kind.name):
            raise _not_a_trial()
        found = self._reconciler.world.cache(kind.plural).get(owner.uid)
        if found is None:
            try:
                found = await self._cluster.get(kind, namespace, owner.name)
            except NotFound as error:
                raise _without_owner(kind) from error
            if found["metadata"]["uid"] != owner.uid:
                raise _without_owner(kind)
            self._reconciler.observed(kind.plural, False, found)
        if found["metadata"]["namespace"] != namespace:
            raise _not_a_trial()
        return found


def _without_owner(kind: Kind) -> RetryLater:
    """Return the answer to a pod whose owner is gone: it will go too, or is not one of ours."""
    return RetryLater(f"the pod's {kind.name} is gone or going; send again", after=5.0)


def _not_a_trial() -> ReportError:
    return ReportError(
        "NotYourTrial",
        "expected the present pod of a trial; only the pods that Espalier's Jobs make may report",
        status=403,
    )
