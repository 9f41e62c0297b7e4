"""A Study is edited to something bad or extreme and back: it ends as if nobody had touched it."""

from __future__ import annotations

import asyncio
import copy
from pathlib import Path
from typing import Any

import pytest

from espalier.kube import STUDY
from tests.simulation.objects import UNPULLABLE
from tests.simulation.telling import tell
from tests.simulation.world import World

_BARE = {"spec": {"containers": [{"name": "trainer"}]}}


def _template(**pod: Any) -> dict[str, Any]:
    return {"template": {"spec": pod}}


def _container(**fields: Any) -> dict[str, Any]:
    return _template(containers=[{"name": "trainer", "image": "digits", **fields}])


EDITS: dict[str, dict[str, Any]] = {
    "no trial may run": {"trials": {"parallelism": 0}},
    "more may run than there are": {"trials": {"parallelism": 10_000}},
    "no failure is allowed any more": {"trials": {"maxFailed": 1}},
    "a hundred retries": {"trials": {"retries": 100}},
    "no retry": {"trials": {"retries": 0}},
    "a time limit of a year": {"trials": {"timeLimitSeconds": 31_536_000}},
    "suspended": {"suspend": True},
    "an image that is nowhere": _container(image=UNPULLABLE),
    "no image": {"template": _BARE},
    "a container of another name": _template(containers=[{"name": "other", "image": "digits"}]),
    "two containers and none named": _template(
        containers=[{"name": "a", "image": "digits"}, {"name": "b", "image": "digits"}]
    ),
    "no containers": _template(containers=[]),
    "containers that are no list": _template(containers="trainer"),
    "a name that is ours": _template(
        containers=[{"name": "espalier-sidecar", "image": "digits"}], volumes=[]
    ),
    "a host's network": _template(
        hostNetwork=True, containers=[{"name": "trainer", "image": "digits"}]
    ),
    "a restart policy that a Job cannot have": _template(
        restartPolicy="Always", containers=[{"name": "trainer", "image": "digits"}]
    ),
    "resources that are no quantities": _container(resources={"limits": {"nvidia.com/gpu": "x"}}),
    "metadata that is a word": {"template": {"metadata": "x", "spec": {"containers": []}}},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edit_that_is_taken_back_leaves_nothing_behind(
    edit: dict[str, Any], tmp_path: Path
) -> None:
    async def story(world: World) -> None:
        study = copy.deepcopy(world.study())
        world.start()
        await world.until("the first value", world.reported)
        world.api.merge(STUDY, "n", "s", {"spec": edit}, "person")
        for _ in range(40):
            await asyncio.sleep(0.5)
            for pod in world.api.of("pods", "n"):
                if UNPULLABLE in str(pod["spec"]):
                    world.stuck(pod)
        back = {"suspend": False, "trials": {"timeLimitSeconds": None, **study["spec"]["trials"]}}
        template = {"template": study["spec"]["template"]}
        world.api.merge(STUDY, "n", "s", {"spec": {"template": None}}, "person")
        world.api.merge(STUDY, "n", "s", {"spec": {**back, **template}}, "person")
        await world.until("the end of the Study", world.over)
        await world.settle()
        assert world.condition("studies", "s", "Succeeded")["status"] == "True"
        reasons = {number: world.reason(number) for number in range(len(world.api.of("trials")))}
        # What ran into the bad template is made up for by as many more.
        ran = {number: reason for number, reason in reasons.items() if reason != "ImagePullFailed"}
        assert len(ran) == 8
        assert ran == {n: "Completed" if n % 3 else "Pruned" for n in ran}

    tell(tmp_path, story)
