"""What really happened, as nobody in the cluster can know it: the oracle's side of the story."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from espalier.planning.world.names import repeat_number, sampled_number
from tests.simulation.api_server import ApiServer, Object, Write, controller_of


class Born(NamedTuple):
    """An object as it was created, and by whom."""

    kind: str
    namespace: str
    name: str
    controller: str
    by: str


@dataclass
class History:
    """Who made and wrote what, and what was done to which trial.

    Parameters
    ----------
    study
        Name of the Study.
    numbers
        The numbers that a Trial has had, by its uid: more than one where etcd went back.
    jobs_made
        How often a Job was created, by its Trial's uid and its name.
    causes
        By a Trial's uid what may have ended it: ``trained`` (to the last step), ``finished``,
        ``failed``, ``killed`` (for its memory), ``person``, ``drained``, ``restored``,
        ``parameters``.
    pruned
        When a person first asked that a Trial be pruned, by its uid.
    stopped
        Whether a person has stopped the Study.
    limited
        Whether the Study has a budget, which may end any trial: ``budget``.
    """

    study: str = "s"
    namespace: str = "n"
    born: dict[str, Born] = field(default_factory=dict)
    writes: list[Write] = field(default_factory=list)
    numbers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    jobs_made: Counter[tuple[str, str]] = field(default_factory=Counter)
    causes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    pruned: dict[str, float] = field(default_factory=dict)
    stopped: bool = False
    limited: bool = False

    def written(self, write: Write, obj: Object) -> None:
        """Take in a write."""
        if write.verb == "create":
            controller = str(controller_of(obj).get("uid", ""))
            self.born[write.uid] = Born(
                write.kind, write.namespace, write.name, controller, write.by
            )
        if write.kind == "trials" and write.namespace == self.namespace:
            self._number(obj)
        if write.by != "operator":
            if (write.kind, write.verb) == ("trials", "delete"):  # also as garbage of a Study
                self.causes[write.uid].add("person")
            if write.by == "ttl" and (trial := self.trial_of(write.uid)):
                self.causes[trial].add("cleaned up")
            return
        self.writes.append(write)
        if write.kind == "jobs" and write.verb == "create":
            self.jobs_made[self.born[write.uid].controller, write.name] += 1

    def _number(self, obj: Object) -> None:
        said = (obj.get("status") or {}).get("number")
        name = obj["metadata"]["name"]
        named = sampled_number(self.study, name), repeat_number(self.study, name)
        number = next((each for each in named if each is not None), None) if said is None else said
        if number is not None:
            self.numbers[obj["metadata"]["uid"]].add(int(number))

    def restored(self, api: ApiServer) -> None:
        """Take in that the API server went back to an earlier state."""
        left = {obj["metadata"]["uid"] for obj in api.objects.values()}
        for uid in self.born:
            if uid not in left and (trial := self.trial_of(uid)):
                self.causes[trial].add("restored")
        for trial in api.of("trials", self.namespace):  # one whose number was taken back
            uid, said = trial["metadata"]["uid"], {**trial["spec"], **(trial.get("status") or {})}
            if self.numbers.get(uid) and "number" not in said:
                self.causes[uid].add("restored")
        jobs = {(self.born[uid].controller, self.born[uid].name) for uid in left & set(self.born)}
        for key in list(self.jobs_made):
            self.jobs_made[key] = int(key in jobs)

    def forget(self, left: set[str]) -> None:
        """Forget what is known of objects that are not left."""
        self.writes.clear()
        self.jobs_made.clear()
        for known in (self.born, self.numbers, self.causes, self.pruned):
            for uid in known.keys() - left:
                del known[uid]  # type: ignore[attr-defined]

    # -- questions --------------------------------------------------------------------------

    def ours(self, uid: str) -> bool:
        """Whether an object is a trial's by its owners up to a Job that the operator made."""
        born = self.born.get(uid)
        if born is None:
            return False
        if born.kind == "pods":
            return born.by == "jobs" and self.ours(born.controller)
        return born.kind == "jobs" and born.by == "operator"

    def trial_of(self, uid: str) -> str:
        """Return the uid of the Trial that an object is of, by its owners; else nothing."""
        born = self.born.get(uid)
        if born is None:
            return ""
        if born.kind == "trials":
            return uid
        return self.trial_of(born.controller) if self.ours(uid) else ""

    def caused(self, uid: str, cause: str) -> None:
        """Note what happened to the trial that an object is of."""
        if trial := self.trial_of(uid):
            self.causes[trial].add(cause)

    def causes_of(self, number: int) -> set[str]:
        """Return what may have ended a number."""
        found: set[str] = {"budget"} if self.limited else set()
        for uid, known in self.numbers.items():
            if number in known:
                found |= self.causes[uid]
        return found
