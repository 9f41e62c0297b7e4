"""Which trial a pod is of, asked when a report comes before the watch has shown the pod."""

from __future__ import annotations

from espalier.engine.cache import Object, labelled_key
from espalier.engine.live import LiveStudies
from espalier.engine.reconciler import Reconciler
from espalier.engine.submission import Binding
from espalier.kube import POD, Cluster, NotFound
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
        """Return a pod's binding; None if it is no trial's.

        Raises
        ------
        RetryLater
            If the API server or the store does not answer.
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
        claim = self._claim(pod)
        if claim is None:
            return None
        study_uid, trial, number = claim
        attempt = await self._live.attempt_of(study_uid, number, uid)
        binding = Binding(uid, namespace, name, study_uid, trial, number, attempt)
        self._live.bind(binding)
        return binding

    def _claim(self, pod: Object) -> tuple[str, str, int] | None:
        """Return Study uid, Trial name and number, if Job and Trial bear them out."""
        world, key = self._reconciler.world, labelled_key(pod)
        job = world.jobs.get(controller_uid(pod))
        if key is None or job is None or job["metadata"]["uid"] in world.leaving:
            return None
        trial = world.trials.get(controller_uid(job))
        if trial is None:
            return None
        labels = pod["metadata"].get("labels") or {}
        mine = job["metadata"].get("labels") or {}
        names = ("espalier.dev/study-uid", "espalier.dev/trial-number")
        if any(labels.get(each) is None or labels[each] != mine.get(each) for each in names):
            return None
        return labels[names[0]], trial["metadata"]["name"], int(labels[names[1]])
