"""People: they delete what is theirs, and place Trials by hand."""

from __future__ import annotations

import itertools

from espalier.kube import STUDY, TRIAL
from espalier.planning.world.names import PROTECT_ANNOTATION, PRUNE_ANNOTATION
from espalier.planning.world.said import is_asked
from tests.simulation.api_server import Object
from tests.simulation.clock import now
from tests.simulation.controllers import KINDS
from tests.simulation.world import World


class People:
    """Does one thing at a time; what it ends is written down."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._serial = itertools.count()

    async def act(self) -> None:
        """Do something that a person does."""
        acts = (
            self._delete_any,
            self._place,
            self._place_numbered,
            self._copy,
            self._delete_placed,
        )
        self._world.rnd.choice(acts)()

    async def delete_study(self, again: bool = True) -> None:
        """Delete the Study or its namespace; make it again at once, if it may be."""
        world = self._world
        if world.api.find("studies", "s") is None:
            return
        for uid, born in world.history.born.items():
            if born.kind == "trials":
                world.history.causes[uid].add("person")
        what = world.rnd.random()
        if what < 0.7:
            spec = world.api.objects["studies", "n", "s"]["spec"]
            world.delete(STUDY, "s")
            if again and what < 0.3:
                world.create(STUDY, {"metadata": {"name": "s"}, "spec": spec})
        else:
            world.api.namespaces["n"] = False

    async def brake(self) -> None:
        """Hold pruning back, or let it go."""
        world = self._world
        trials = world.api.of("trials", "n")
        if trials and world.rnd.random() < 0.5:
            value = world.rnd.choice(("true", "false", None))
            patch: Object = {"metadata": {"annotations": {PROTECT_ANNOTATION: value}}}
            world.change(TRIAL, world.rnd.choice(trials)["metadata"]["name"], patch)
        elif world.api.find("studies", "s") is not None:
            pruning = {"paused": world.rnd.random() < 0.5, "keepBest": world.rnd.randint(0, 2)}
            world.change(STUDY, "s", {"spec": {"pruning": pruning}})

    async def prune(self) -> None:
        """Have any Trial pruned, or have nobody want that any more, which comes too late."""
        world = self._world
        if trials := world.api.of("trials", "n"):
            trial = world.rnd.choice(trials)
            why = world.rnd.choice(("it overfits", "true", "", "\x1b[31m", "false", None))
            patch: Object = {"metadata": {"annotations": {PRUNE_ANNOTATION: why}}}
            world.change(TRIAL, trial["metadata"]["name"], patch)
            if is_asked(why):
                world.history.pruned.setdefault(trial["metadata"]["uid"], now())

    async def stop(self) -> None:
        """Stop the Study, or have it go on."""
        world = self._world
        if world.api.find("studies", "s") is not None:
            stop = world.rnd.random() < 0.5
            world.change(STUDY, "s", {"spec": {"stop": stop}})
            world.history.stopped |= stop

    def _delete_any(self) -> None:
        """Delete a pod, Job or Trial of a trial."""
        world = self._world
        plural = world.rnd.choice(("pods", "jobs", "trials"))
        if found := world.api.of(plural, "n"):
            obj = world.rnd.choice(found)
            if world.history.trial_of(obj["metadata"]["uid"]):
                world.delete(KINDS[plural], obj["metadata"]["name"])

    def _place(self) -> None:
        self._create(f"mine-{next(self._serial)}")

    def _place_numbered(self) -> None:
        self._create(f"s-{self._world.rnd.choice((2, 6, 50, 51, 700))}")

    def _create(self, name: str) -> None:
        if self._world.api.find("trials", name) is None:
            self._world.place(name)

    def _copy(self) -> None:
        """Apply a sampled Trial's YAML once more, under another number."""
        world = self._world
        sampled = [obj for obj in world.api.of("trials", "n") if "number" in obj["spec"]]
        name = f"s-{world.rnd.choice((7, 20, 90))}"
        if not sampled or world.api.find("trials", name) is not None:
            return
        old = world.rnd.choice(sampled)
        number = int(name[2:]) if world.rnd.random() < 0.7 else old["spec"]["number"]
        spec = {**old["spec"], "number": number}
        world.create(TRIAL, {"metadata": {"name": name}, "spec": spec})

    def _delete_placed(self) -> None:
        world = self._world
        placed = [obj for obj in world.api.of("trials", "n") if self._is_placed(obj)]
        if placed:
            world.delete(TRIAL, world.rnd.choice(placed)["metadata"]["name"])

    def _is_placed(self, obj: Object) -> bool:
        return self._world.history.born[obj["metadata"]["uid"]].by != "operator"
