"""Which trial an object is of: told by owner references, checked by uid at each link.

Labels only find candidates, since anybody can write them. A workload, such as a Job, is a trial's
if its controller is the Trial with that uid in the same namespace, it has a name that such a
workload is given, and it is one that the operator made: the Trial's status keeps the uids of those.
A pod is, if its controller is such a workload and it is labelled: the Job controller takes in any
pod that has its Job's label, and admission keeps people from making only those that have ours, too.
"""

from __future__ import annotations

from typing import NamedTuple

from espalier.engine.control.cache import Object
from espalier.planning.world.kinds import Kind
from espalier.planning.world.names import DOMAIN, STUDY_LABEL, job_ordinal
from espalier.planning.world.observe import controller_of, controller_uid


class Kin(NamedTuple):
    """A trial, as its objects belong to it."""

    study_uid: str
    """Uid of its Study."""
    namespace: str
    """Where all of it is."""
    trial: str
    """Name of the Trial."""
    number: int
    """The trial's number in its study."""


class Kinship:
    """What is known of owner chains; a link that was checked is remembered when its end is gone."""

    def __init__(self) -> None:
        self._trials: dict[str, Kin] = {}
        self._recorded: dict[str, frozenset[str]] = {}
        self._made: dict[str, str] = {}
        self._workloads: dict[str, tuple[Kind, Kin]] = {}

    def learn(self, trial: Object, study_uid: str, number: int) -> bool:
        """Take a Trial whose controller is the Study for trial ``number``; False if it is not."""
        owner, meta = controller_of(trial), trial["metadata"]
        if (owner.group, owner.kind, owner.uid) != (DOMAIN, "Study", study_uid):
            return False
        self._trials[meta["uid"]] = Kin(study_uid, meta["namespace"], meta["name"], number)
        made = (trial.get("status") or {}).get("jobs") or ()
        self._recorded[meta["uid"]] = frozenset(str(uid) for uid in made)
        return True

    def made(self, workload: Object) -> None:
        """Take a workload that the operator has made, before a Trial's status says so."""
        self._made[workload["metadata"]["uid"]] = controller_of(workload).uid

    def of_workload(self, kind: Kind, workload: Object) -> Kin | None:
        """Return the trial that a workload runs, None if it is nobody's that is known."""
        owner, meta = controller_of(workload), workload["metadata"]
        kin = self._trials.get(owner.uid)
        if kin is None or (owner.group, owner.kind) != (DOMAIN, "Trial"):
            return None
        ordinal = job_ordinal(kin.trial, meta["name"])
        if meta["namespace"] != kin.namespace or ordinal is None:
            return None
        recorded, uid = self._recorded[owner.uid], meta["uid"]
        told = uid in recorded if recorded else ordinal == 0
        if not told and self._made.get(uid) != owner.uid:
            self._workloads.pop(uid, None)
            return None
        self._workloads[uid] = kind, kin
        return kin

    def of_pod(self, pod: Object) -> Kin | None:
        """Return the trial that a pod runs, None if it is nobody's that is known."""
        owner, meta = controller_of(pod), pod["metadata"]
        kind, kin = self._workloads.get(owner.uid, (None, None))
        if kind is None or kin is None or (owner.group, owner.kind) != (kind.group, kind.name):
            return None
        if STUDY_LABEL not in (meta.get("labels") or {}):
            return None
        return kin if meta["namespace"] == kin.namespace else None

    def kind_of_pod(self, pod: Object) -> Kind:
        """Return the kind of workload that made a pod, which `of_pod` has found to be a trial's."""
        return self._workloads[controller_uid(pod)][0]

    def forget_study(self, uid: str) -> None:
        """Forget what belonged to a study."""
        gone = {each for each, kin in self._trials.items() if kin.study_uid == uid}
        for trial in gone:
            del self._trials[trial], self._recorded[trial]
        self._made = {each: trial for each, trial in self._made.items() if trial not in gone}
        self._workloads = {
            each: (kind, kin)
            for each, (kind, kin) in self._workloads.items()
            if kin.study_uid != uid
        }

    def __len__(self) -> int:
        """Return how many links are remembered."""
        return len(self._trials) + len(self._made) + len(self._workloads)
