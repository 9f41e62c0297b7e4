"""Trouble of the cluster that lasts for a while: it is said, borne, and over by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from espalier.kube import Kind
from tests.simulation import answers
from tests.simulation.clock import now
from tests.simulation.telling import good_program, tell
from tests.simulation.wire import Hook
from tests.simulation.world import World

OUTAGE = 600.0
Answer = Callable[[Kind, str], Exception | None]


def _quota(plural: str) -> Answer:
    def answer(kind: Kind, name: str) -> Exception | None:
        if kind.plural != plural:
            return None
        message = f'{plural} "{name}" is forbidden: exceeded quota: small, limited: count={plural}'
        return answers.error("create", 403, "Forbidden", message, kind, name)

    return answer


def _busy(kind: Kind, _name: str) -> Exception | None:
    return answers.busy("create") if kind.plural == "jobs" else None


def _policy(kind: Kind, name: str) -> Exception | None:
    message = f'jobs "{name}" is forbidden: ValidatingAdmissionPolicy "p" denied request: closed'
    return answers.error("create", 422, "Invalid", message, kind, name) if _job(kind) else None


def _job(kind: Kind) -> bool:
    return kind.plural == "jobs"


TROUBLES: dict[str, tuple[Answer, str, int]] = {
    "a quota on Jobs": (_quota("jobs"), "QuotaExceeded", 90),
    "a quota on Trials": (_quota("trials"), "QuotaExceeded", 60),
    "an API server that is busy": (_busy, "NotCarriedOut", 400),
    "a policy": (_policy, "Refused", 60),
}


class Trouble:
    """Answers each creation as a cluster in trouble does, while it lasts, and counts them."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.lasts = False
        self.refused = 0

    async def __call__(self, verb: str, kind: Kind, name: str, _sub: str) -> None:
        asked = verb in ("create", "dry run") and self.lasts
        if asked and (error := self.answer(kind, name)) is not None:
            self.refused += 1
            raise error


@pytest.mark.parametrize("begun", [False, True], ids=["from the start", "while it runs"])
@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_said_borne_and_over_by_itself(name: str, begun: bool, tmp_path: Path) -> None:
    answer, reason, most = TROUBLES[name]
    trouble = Trouble(answer)
    hook: Hook = trouble

    async def story(world: World) -> None:
        world.start(before=hook)
        world.study()
        trouble.lasts = not begun
        if begun:
            await world.until("a trainer to report", lambda: world.reported(1))
            trouble.lasts = True

        def said() -> dict[str, Any] | None:
            found = world.condition("studies", "s", "Degraded")
            return found if found.get("reason") == reason else None

        await world.until(f"{reason} to be said", said, patience=120.0)
        began, before = now(), trouble.refused
        await asyncio.sleep(OUTAGE)
        assert said(), world.condition("studies", "s", "Degraded")
        assert trouble.refused - before <= most, f"asked {trouble.refused} times in {now() - began}"
        trouble.lasts = False
        await world.ends_well()
        assert world.condition("studies", "s", "Degraded")["status"] == "False"

    tell(tmp_path, story, program_of=good_program)
