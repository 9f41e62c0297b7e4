"""A pod that is known costs no question, however often it reports before it is bound."""

from __future__ import annotations

from pathlib import Path

from espalier.kube import POD, Kind
from tests.simulation.telling import tell
from tests.simulation.world import World


def test_pods_that_a_list_has_shown_are_not_asked_for_after_a_restart(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        asked: list[str] = []

        async def before(verb: str, kind: Kind, name: str, _sub: str) -> None:
            if (verb, kind) == ("get", POD):
                asked.append(name)

        world.study()
        world.start()
        await world.until("values", lambda: world.reported(1))
        known = {pod["metadata"]["name"] for pod in world.api.of("pods")}
        await world.kill()
        world.start(before)
        await world.ends_well()
        assert not known & set(asked)

    tell(tmp_path, story)
