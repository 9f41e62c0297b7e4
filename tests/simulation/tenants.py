"""Tenants who forge objects: in the Study's namespace, and in another one of their own."""

from __future__ import annotations

import itertools

from espalier.kube import POD, TRIAL
from espalier.planning.workload.job import JOB
from tests.simulation import objects
from tests.simulation.api_server import Object
from tests.simulation.world import World

ELSEWHERE = "evil"


class Tenants:
    """Makes one forged object at a time; none of them is anybody's trial."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._serial = itertools.count()
        world.api.namespaces[ELSEWHERE] = True

    async def act(self) -> None:
        """Forge something about a trial that exists, or may exist later."""
        study = self._world.api.find("studies", "s")
        if study is None:
            return
        marks = objects.labels(study["metadata"]["uid"], self._world.rnd.randint(0, 9))
        acts = (
            self.debug_copy,
            self.pod_of_nobody,
            self.copied_job,
            self.job_of_another,
            self.second_job,
            self.rerun_job,
            self.job_elsewhere,
            self.trial_elsewhere,
        )
        self._world.rnd.choice(acts)(marks)

    def debug_copy(self, marks: dict[str, str]) -> Object:
        """Copy a pod with its labels, and misspell its image."""
        pod = objects.forged_pod(self._name("debug"), marks)
        return self._stuck_pod(pod)

    def pod_of_nobody(self, marks: dict[str, str]) -> Object:
        """Make a pod whose controller nobody knows."""
        owners = objects.owned_by("Job", marks["espalier.dev/trial"], self._living_uid())
        return self._stuck_pod(objects.forged_pod(self._name("decoy"), marks, owners))

    def copied_job(self, marks: dict[str, str]) -> Object:
        """Apply a Job's YAML once more under another name, without its owner."""
        return self._world.create(JOB, objects.forged_job(self._name("again"), marks))

    def job_of_another(self, marks: dict[str, str]) -> Object:
        """Make a Job with a trial's labels and another controller."""
        owners = objects.owned_by("CronJob", "nightly", self._living_uid())
        return self._world.create(JOB, objects.forged_job(self._name("nightly"), marks, owners))

    def second_job(self, marks: dict[str, str]) -> Object | None:
        """Make a newer Job that says it belongs to the Trial."""
        trial = self._world.api.find("trials", marks["espalier.dev/trial"])
        if trial is None:
            return None
        owners = objects.owned_by("Trial", trial["metadata"]["name"], trial["metadata"]["uid"])
        return self._world.create(JOB, objects.forged_job(self._name("newer"), marks, owners))

    def rerun_job(self, marks: dict[str, str]) -> Object | None:
        """Make a newer Job that says it is the Trial's, named as the operator names a rerun."""
        trial = self._world.api.find("trials", marks["espalier.dev/trial"])
        name = f"{marks['espalier.dev/trial']}-r7"
        if trial is None or self._world.api.find("jobs", name) is not None:
            return None
        owners = objects.owned_by("Trial", trial["metadata"]["name"], trial["metadata"]["uid"])
        return self._world.create(JOB, objects.forged_job(name, marks, owners))

    def job_elsewhere(self, marks: dict[str, str]) -> Object:
        """Make a Job in another namespace, owned by the tenant's own Trial."""
        mine = self._world.create(TRIAL, objects.hand_made(self._name("mal"), "mal"), ELSEWHERE)
        owners = objects.owned_by("Trial", mine["metadata"]["name"], mine["metadata"]["uid"])
        marks = {**marks, "espalier.dev/study": "mal", "espalier.dev/trial": owners[0]["name"]}
        return self._world.create(
            JOB, objects.forged_job(self._name("evil"), marks, owners), ELSEWHERE
        )

    def trial_elsewhere(self, marks: dict[str, str]) -> Object:
        """Make a Trial in another namespace that names the Study by its uid."""
        number = int(marks["espalier.dev/trial-number"])
        study = {"uid": marks["espalier.dev/study-uid"]}
        name = f"s-{next(self._serial)}"
        body = objects.hand_made(name, study=study, number=number)
        return self._world.create(TRIAL, body, ELSEWHERE)

    def _stuck_pod(self, body: Object) -> Object:
        pod = self._world.create(POD, body)
        self._world.stuck(pod)
        return pod

    def _name(self, stem: str) -> str:
        return f"{stem}-{next(self._serial)}"

    def _living_uid(self) -> str:
        """Return the uid of something that lives, so that no garbage is collected."""
        study = self._world.api.find("studies", "s")
        assert study is not None
        return str(study["metadata"]["uid"])
