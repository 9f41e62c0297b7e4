"""Which trial a pod is of, asked when a report comes before the watch has shown the pod."""

from __future__ import annotations

from espalier.engine.cache import Object, labelled_key
from espalier.engine.live import LiveStudies
from espalier.engine.reconciler import Reconciler
from espalier.engine.submission import Binding
from espalier.errors import ReportError, RetryLater
from espalier.kube import POD, Cluster, NotFound
from espalier.planning.names import NUMBER_LABEL, STUDY_UID_LABEL
from espalier.planning.observe import controller_uid


class PodLookup:
    """Finds and binds pods; what is bound already costs nothing.

    A pod's labels say what it claims to be. It is believed if its controller is a Job that this
    operator knows, owned by the Trial that the labels name.
    """

    def __init__(self, cluster: Cluster, live: LiveStudies, reconciler: Reconciler) -> None:
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
            If the API server or the store does not answer, or the pod's Job is not known yet.
        """
        if (known := self._live.binding(uid)) is not None:
            return known
        try:
            pod = await self._cluster.get(POD, namespace, name)
        except NotFound:
            return None
        if pod["metadata"]["uid"] != uid:
            return None
        self._reconciler.observed("pods", False, pod)
        study_uid, trial, number = self._claim(pod)
        attempt = await self._live.attempt_of(study_uid, number, uid)
        binding = Binding(uid, namespace, name, study_uid, trial, number, attempt)
        self._live.bind(binding)
        return binding

    def _claim(self, pod: Object) -> tuple[str, str, int]:
        """Return Study uid, Trial name and number, if Job and Trial bear them out."""
        world, key, controller = self._reconciler.world, labelled_key(pod), controller_uid(pod)
        labels = pod["metadata"].get("labels") or {}
        number = labels.get(NUMBER_LABEL, "")
        if key is None or not controller or controller in world.leaving or not number.isdigit():
            raise _not_a_trial()
        job = world.jobs.get(controller)
        trial = world.trials.get(controller_uid(job)) if job is not None else None
        if job is None or trial is None:
            raise RetryLater("the pod's Job is not known yet; send again", after=1.0)
        mine = job["metadata"].get("labels") or {}
        if any(labels.get(each) != mine.get(each) for each in (STUDY_UID_LABEL, NUMBER_LABEL)):
            raise _not_a_trial()
        return labels[STUDY_UID_LABEL], trial["metadata"]["name"], int(number)


def _not_a_trial() -> ReportError:
    return ReportError(
        "NotYourTrial",
        "expected the present pod of a trial; only the pods that Espalier's Jobs make may report",
        status=403,
    )
