"""The process that proposes: whatever a sampler does, it is answered, and no process is left."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from espalier.engine.proposing.messages import Answer, Ask, FailedBy, Proposed, SamplerFailure
from espalier.engine.proposing.worker import ChildWorker, Question
from espalier.planning.world.study_search import Search
from espalier.search import FloatRange, Outcome, Parameter, PastTrial, Sampler, Space
from tests.engine.proposing.gone_wrong import WAYS, Chatty, GoneWrong

T = TypeVar("T")
SPACE = Space((Parameter("x", FloatRange(0.0, 1.0)),))
LIMIT = 8.0
KILLED = {"hangs": FailedBy.TOO_LONG, "spins": FailedBy.TOO_LONG}
ENDED = {"dies": FailedBy.DIED, "is killed": FailedBy.DIED}


def question(sampler: Sampler, number: int = 0, study: int = 1, ended: int = 0) -> Question:
    past = [PastTrial(n, {"x": n / 2**30}, Outcome.COMPLETED, (1,), (0.5,)) for n in range(ended)]
    search = Search(SPACE, sampler, 7, 9)
    return Question(Ask(study, search, (), number), [pickle.dumps(each) for each in past])


def with_worker(story: Callable[[ChildWorker], Awaitable[T]], limit: float = LIMIT) -> T:
    async def run() -> T:
        worker = ChildWorker(limit)
        try:
            return await story(worker)
        finally:
            await worker.close()

    return asyncio.run(run())


def share(answer: Proposed) -> float:
    parameters = answer.found.parameters
    assert parameters is not None
    return float(parameters["x"])


def children() -> set[int]:
    text = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    tasks = Path(f"/proc/{os.getpid()}/task")
    found = (
        ""
        if not text.exists()
        else " ".join((each / "children").read_text() for each in tasks.iterdir())
    )
    return {int(each) for each in found.split()}


def test_whatever_a_sampler_does_there_is_an_answer_and_then_it_serves_again() -> None:
    async def story(worker: ChildWorker) -> dict[str, tuple[Answer, Answer]]:
        found = {}
        for way in WAYS:
            sampler = GoneWrong(way=way, first=5)
            wrong = await worker.propose(question(sampler, 9))
            found[way] = wrong, await worker.propose(question(sampler, 3))
        return found

    before = children()
    for way, (wrong, right) in with_worker(story).items():
        assert isinstance(wrong, SamplerFailure), (way, wrong)
        assert wrong.by is (KILLED | ENDED).get(way, FailedBy.RAISED), (way, wrong)
        assert wrong.words, way
        assert len(wrong.words) <= 310, way
        assert "\n" not in wrong.words, way
        assert isinstance(right, Proposed), (way, right)
    assert children() == before


def test_what_has_ended_is_told_once_and_studies_are_kept_apart() -> None:
    async def story(worker: ChildWorker) -> list[Answer]:
        asked = [(1, 700), (2, 30), (1, 1300), (2, 30), (3, 0)]
        asked += [(study, study) for study in range(4, 20)] + [(1, 1301)]
        return [
            await worker.propose(question(Chatty(), study=study, ended=ended))
            for study, ended in asked
        ]

    found = with_worker(story, 60.0)
    seen = [round(share(each) * 2**20) if isinstance(each, Proposed) else each for each in found]
    assert seen == [700, 30, 1300, 30, 0, *range(4, 20), 1301]


def test_a_process_that_was_not_asked_for_a_while_is_ended() -> None:
    async def story() -> None:
        worker = ChildWorker(60.0, idle=0.05)
        before = children()
        assert isinstance(await worker.propose(question(Chatty())), Proposed)
        for _ in range(600):
            if children() == before:
                break
            await asyncio.sleep(0.05)
        assert children() == before
        assert isinstance(await worker.propose(question(Chatty())), Proposed)
        await worker.close()
        assert children() == before

    asyncio.run(story())


def test_a_sampler_that_hangs_does_not_keep_the_operator_from_ending() -> None:
    async def story() -> None:
        worker = ChildWorker(1000.0)
        await worker.propose(question(Chatty()))
        asked = asyncio.create_task(worker.propose(question(GoneWrong(way="spins"))))
        await asyncio.sleep(0)
        await worker.close()
        assert isinstance(await asked, SamplerFailure)

    began = time.monotonic()
    asyncio.run(story())
    assert time.monotonic() - began < 500


_PARENT = """
import asyncio
from espalier.engine.proposing.worker import ChildWorker
from tests.engine.proposing.test_worker import question
from tests.engine.proposing.gone_wrong import Chatty, GoneWrong

async def main():
    worker = ChildWorker(1000.0)
    await worker.propose(question(Chatty()))
    print("there", worker._child._process.pid, flush=True)
    await worker.propose(question(GoneWrong(way="spins")))

asyncio.run(main())
"""


def test_nothing_is_left_of_it_when_the_operator_is_killed_while_a_sampler_is_asked() -> None:
    path = os.pathsep.join(each for each in sys.path if each)
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
        text=True,
    ) as parent:
        assert parent.stdout is not None
        word, pid = parent.stdout.readline().split()
        assert word == "there"
        parent.send_signal(signal.SIGKILL)
    end = time.monotonic() + 60
    while _lives(int(pid)):
        assert time.monotonic() < end, "the process lives on"
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize("way", ["raises", "leaves the space"])
def test_it_is_said_what_the_sampler_said(way: str) -> None:
    answer = with_worker(lambda worker: worker.propose(question(GoneWrong(way=way))))
    assert isinstance(answer, SamplerFailure)
    said = {"raises": "RuntimeError: no idea at all", "leaves the space": "got 7.0"}
    assert said[way] in answer.words
