"""Virtual time: an event loop whose clock jumps to the next timer when nothing else is to do.

What is handed to a thread is run in the loop's own thread instead, after a moment: the same seed
gives the same order of everything.
"""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH = 1_800_000_000.0
"""Seconds since the epoch when virtual time begins."""


class Life:
    """All that a process has running in the loop; `kill` ends it as SIGKILL does."""

    def __init__(self) -> None:
        self.dead = False
        self.tasks: dict[asyncio.Task[Any], None] = {}  # in the order in which they began

    async def kill(self) -> None:
        """Let no task and no thread of the process do anything more."""
        self.dead = True
        while self.tasks:
            for task in self.tasks:
                task.cancel()
            await asyncio.wait(list(self.tasks))
            self.tasks = {task: None for task in self.tasks if not task.done()}


LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)
"""The process that the running code belongs to; tasks hand it on to those that they start."""


class _Jumping(selectors.SelectSelector):
    """Waits for nothing: virtual time passes instead."""

    virtual = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let the time pass that the loop would wait."""
        if timeout is None:
            raise RuntimeError("nothing is left that could happen")
        self.virtual += timeout
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time.

    Parameters
    ----------
    rnd
        Decides how long each call that goes to a thread takes.
    """

    def __init__(self, rnd: random.Random) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        self._rnd = rnd
        self.slowest_thread = 0.004
        self.set_task_factory(_owned)

    def time(self) -> float:
        """Return virtual seconds since the loop was made."""
        return self._jumping.virtual

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Run a call in this thread, in the midst of a short time; not if its process dies."""
        done: asyncio.Future[T] = self.create_future()
        life = LIFE.get()
        took = self._rnd.random() * self.slowest_thread

        def run() -> None:
            if life is not None and life.dead:
                return
            try:
                result = func(*args)
            except BaseException as error:
                self.call_later(took / 2, _set, done, error, None)
            else:
                self.call_later(took / 2, _set, done, None, result)

        self.call_later(took / 2, run)
        return done


def _set(done: asyncio.Future[Any], error: BaseException | None, result: Any) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


def _owned(
    loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, T], **options: Any
) -> asyncio.Task[T]:
    task = asyncio.Task(coro, loop=loop, **options)
    life = LIFE.get()
    if life is not None:
        life.tasks[task] = None
        task.add_done_callback(lambda done: life.tasks.pop(done, None))
    return task


def play(seed: int, story: Callable[[random.Random], Coroutine[Any, Any, T]]) -> T:
    """Run a story from its seed in virtual time."""
    rnd = random.Random(seed)
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(random.Random(rnd.random()))) as runner:
        return runner.run(story(rnd))


def now() -> float:
    """Return the loop's virtual seconds since the epoch."""
    return EPOCH + asyncio.get_running_loop().time()
