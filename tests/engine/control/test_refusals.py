"""What is kept of the API server's refusals of a Job, and whose fault one is."""

import asyncio
from typing import Any

import pytest

from espalier.engine.control.creation import REFUSED_AGAIN, Creation, WorkloadRefused
from espalier.engine.control.hindrances import QuotaFull
from espalier.engine.control.world import World
from espalier.errors import RetryLater
from espalier.kube import Refused
from espalier.planning import effects
from espalier.planning.workload.job import JOB
from espalier.planning.world.snapshot import TemplateVerdict
from tests.planning.worlds import NOW, SETTINGS, UID, study


def job(name, trial="t0"):
    """Return a Job's frame, controlled by a Trial."""
    owner = {"apiVersion": "espalier.dev/v1alpha1", "kind": "Trial", "name": name, "uid": trial}
    return {"metadata": {"name": name, "ownerReferences": [{**owner, "controller": True}]}}


class Says:
    """An API server that refuses some Jobs, by name, as often as it is told to."""

    def __init__(self, **refusals: Refused | list[Refused]) -> None:
        self.refusals = {name.replace("_", "-"): said for name, said in refusals.items()}
        self.created: list[str] = []

    async def create(self, kind: Any, namespace: str, body: Any, *, dry_run: bool = False) -> Any:
        name = body["metadata"]["name"]
        said = self.refusals.get("probe" if dry_run else name)
        if isinstance(said, list):
            said = said.pop(0) if said else None
        if said is not None:
            raise said
        if not dry_run:
            self.created.append(name)
        return {**body, "metadata": {**body["metadata"], "uid": name, "namespace": namespace}}


def created(server):
    """Create the Job of trial 0; return the world after that, and whether it was taken."""
    world = World(SETTINGS)
    creation: Any = Creation(server, world, lambda: NOW)
    effect = effects.CreateWorkload(0, job("s-0"), JOB, job("probe"))
    try:
        asyncio.run(creation.create_workload(study(), effect))
    except WorkloadRefused:
        return world, False
    return world, True


INVALID = Refused('Job "s-0" is invalid: spec.x: no such thing', code=422)
DENIED = Refused("jobs is forbidden: no Role", code=403)
POLICY = Refused('jobs "s-0" is forbidden: ValidatingAdmissionPolicy denied request', code=422)


@pytest.mark.parametrize("refusal", [INVALID, DENIED, POLICY])
def test_what_is_refused_of_every_trial_is_the_studys_and_tried_again(refusal):
    world, taken = created(Says(s_0=refusal, probe=refusal))
    assert not taken, "the lane must end here: nothing was created"
    verdict = world.verdicts[UID]
    assert (verdict.accepted, verdict.until) == (False, NOW + REFUSED_AGAIN)
    assert world.refused == {}


QUOTAS = [
    'jobs.batch "s-0" is forbidden: exceeded quota: q, requested: count/jobs.batch=1',
    "pods is forbidden: failed quota: q: must specify limits.cpu for: trainer",
    'trials "s-0" is forbidden: status unknown for quota: q, resources: count/trials',
]


@pytest.mark.parametrize("said", QUOTAS)
def test_a_quota_is_a_matter_of_the_moment_whatever_it_says(said):
    full = Refused(said, code=403)
    with pytest.raises(QuotaFull, match="quota"):
        created(Says(s_0=full, probe=full))
    with pytest.raises(QuotaFull):
        created(Says(probe=full, s_0=[INVALID]))


def test_the_message_is_the_api_servers_with_what_to_do():
    world, _ = created(Says(s_0=INVALID, probe=INVALID))
    assert world.verdicts[UID] == TemplateVerdict(
        1,
        False,
        "spec.x: no such thing; correct it in the Study, or allow it; it is tried again every "
        "minute",
        NOW + REFUSED_AGAIN,
    )


def test_what_is_refused_of_one_trial_alone_is_that_trials():
    world, taken = created(Says(s_0=INVALID))
    assert not taken
    assert world.verdicts == {}
    assert world.refused == {
        "t0": f"the API server refuses the trial's Job: {INVALID.message}",
    }


def test_a_refusal_that_has_passed_blames_nobody():
    world, taken = created(Says(s_0=[DENIED]))
    assert taken
    assert (world.verdicts, world.refused) == ({}, {})


def test_a_quota_says_nothing_about_the_template():
    full = Refused("exceeded quota: gpus", code=403)
    with pytest.raises(RetryLater):
        created(Says(s_0=full, probe=full))
