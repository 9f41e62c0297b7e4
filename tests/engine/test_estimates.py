"""What a Study says of its end in the simulated cluster, while trials are pruned and fail."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from espalier.kube import STUDY
from tests.simulation.api_server import Object
from tests.simulation.clock import now
from tests.simulation.telling import tell_without_laws
from tests.simulation.world import World


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def status(world: World) -> Object:
    study = world.api.find("studies", "s")
    assert study is not None
    return dict(study.get("status") or {})


@pytest.mark.parametrize("seed", [1])
def test_the_end_is_never_said_to_be_over_and_comes_near_to_what_was_said(
    tmp_path: Path, seed: int
) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 36, "parallelism": 3, "maxFailed": 99})
        world.start()
        said: list[tuple[float, Object]] = []

        def over() -> bool:
            told = status(world).get("estimate") or {}
            if "end" in told and (not said or said[-1][1] != told):
                said.append((now(), told))
            return world.over()

        await world.until("the end", over)
        end = seconds(status(world)["completionTime"])
        assert len(said) >= 2
        for at, told in said:
            low, middle, high = (seconds(told[name]) for name in ("low", "end", "high"))
            assert at - 2.0 <= low <= middle <= high
        half = said[len(said) // 2 :]
        assert sum(seconds(each["low"]) - 5 <= end <= seconds(each["high"]) + 5 for _, each in half)
        await world.settle()
        assert "estimate" not in status(world)

    tell_without_laws(tmp_path, story, seed=seed)


def test_while_it_is_suspended_nothing_is_said_of_the_end(tmp_path: Path) -> None:
    async def story(world: World) -> None:
        world.study(trials={"max": 36, "parallelism": 3, "maxFailed": 99})
        world.start()
        await world.until("a forecast", lambda: (status(world).get("estimate") or {}).get("end"))
        world.change(STUDY, "s", {"spec": {"suspend": True}})
        why = "The study is suspended."
        await world.until("no forecast", lambda: status(world).get("estimate") == {"why": why})

    tell_without_laws(tmp_path, story)
