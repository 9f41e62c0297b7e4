"""What works proposals out: a process of its own, which may be ended at any time."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Protocol

from espalier.engine.proposing.child import READY, decoded
from espalier.engine.proposing.frames import read_frame, write_frame
from espalier.engine.proposing.messages import (
    Answer,
    Ask,
    FailedBy,
    Forget,
    Keep,
    Message,
    SamplerFailure,
)

_LOG = logging.getLogger(__name__)
_COMMAND = (sys.executable, "-m", "espalier.engine.proposing.child")
_ALIKE = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
"""So that the same is proposed on any machine, and one core is used."""
_PIECES = 500
"""Ended trials that are written at once."""
_MOST_STUDIES = 8
"""Studies whose ended trials are kept in the process; those of others are sent again."""
_MOST_ANSWER = 1 << 20
"""Bytes that an answer may have."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be proposed, and what it is based on.

    Parameters
    ----------
    ask
        What is asked.
    pieces
        All ended trials of the study, pickled (`Keep.pieces`).
    """

    ask: Ask
    pieces: Sequence[bytes]


class Worker(Protocol):
    """Works proposals out, one at a time."""

    async def propose(self, question: Question) -> Answer:
        """Return a proposal, or why there is none; whatever the sampler does, it returns."""

    async def close(self) -> None:
        """Let go of what is held; nothing is proposed any more."""


class ChildWorker:
    """Works proposals out in a child process.

    It is started when it is needed, killed when it takes too long, and ended when it has not been
    asked for a while; it ends by itself when this process does.

    Parameters
    ----------
    limit
        Seconds that a proposal may take.
    idle
        Seconds after which a process that was not asked is ended.
    start
        Seconds that the process may take to start.
    """

    def __init__(self, limit: float = 60.0, idle: float = 600.0, start: float = 120.0) -> None:
        self._limit, self._idle, self._start = limit, idle, start
        # Of its one thread, in which all that waits for the process is done.
        self._child: _Child | None = None
        self._thread = ThreadPoolExecutor(1, "proposing")
        self._closed = False
        self._rest: asyncio.TimerHandle | None = None

    async def propose(self, question: Question) -> Answer:
        """Return a proposal, or why there is none; see `Worker`."""
        loop = asyncio.get_running_loop()
        if self._rest is not None:
            self._rest.cancel()
        try:
            return await loop.run_in_executor(self._thread, self._propose, question)
        finally:
            if not self._closed:
                self._rest = loop.call_later(
                    self._idle, loop.run_in_executor, self._thread, self._end
                )

    async def close(self) -> None:
        """End the process, whatever it is doing."""
        self._closed = True
        if self._rest is not None:
            self._rest.cancel()
        if self._child is not None:
            self._child.kill()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown()

    # -- in the thread ------------------------------------------------------------------------

    def _propose(self, question: Question) -> Answer:
        if self._closed:
            return SamplerFailure(FailedBy.NOT_STARTED, "the operator is ending")
        if self._child is not None and self._child.ended:
            self._end()
        if self._child is None:
            try:
                self._child = _Child(self._start)
            except OSError as error:
                return SamplerFailure(FailedBy.NOT_STARTED, f"its process cannot start: {error}")
        answer = self._child.ask(question, self._limit)
        if self._child.ended:
            self._end()
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """One life of the process."""

    def __init__(self, patience: float) -> None:
        # Found as this process finds them: a sampler may come with a path of its own.
        path = os.pathsep.join(each for each in sys.path if each)
        self._process = subprocess.Popen(
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **_ALIKE, "PYTHONPATH": path},
            start_new_session=True,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input: IO[bytes] = self._process.stdin
        self._output: IO[bytes] = self._process.stdout
        # How many ended trials of each study it keeps, the study asked about last at the end.
        self._kept: OrderedDict[int, int] = OrderedDict()
        self.ended = self._late = False
        if not self._within(patience, self._ready):
            self.end()
            raise OSError(f"it was not ready within {patience:g} s")
        _LOG.info("proposals are worked out by process %d", self._process.pid)

    def ask(self, question: Question, limit: float) -> Answer:
        """Return the answer, or what became of the process."""
        frame: list[bytes | None] = [None]

        def work() -> bool:
            try:
                for message in self._messages(question):
                    write_frame(self._input, pickle.dumps(message))
                frame[0] = read_frame(self._output, _MOST_ANSWER)
            except OSError:  # it is gone
                return False
            return frame[0] is not None

        if not self._within(limit, work):
            return self._gone(limit)
        try:
            return decoded(frame[0] or b"")
        except (ValueError, KeyError, TypeError) as error:
            self.kill()
            return SamplerFailure(FailedBy.DIED, f"its process has answered nonsense ({error})")

    def kill(self) -> None:
        """Kill it."""
        self.ended = True
        self._process.kill()

    def end(self) -> None:
        """Kill it, and let go of it."""
        self.kill()
        for stream in (self._input, self._output):
            try:
                stream.close()
            except OSError:  # what was to be written is lost with it
                continue
        self._process.wait()

    def _ready(self) -> bool:
        return read_frame(self._output, _MOST_ANSWER) == READY

    def _within(self, seconds: float, work: Callable[[], bool]) -> bool:
        """Do something with the process; kill it where that takes longer."""
        late = threading.Timer(seconds, self._too_late)
        late.daemon = True
        late.start()
        try:
            done = work()
        finally:
            late.cancel()
        if not done:
            self.kill()
        return done

    def _too_late(self) -> None:
        self._late = True
        self.kill()

    def _gone(self, limit: float) -> SamplerFailure:
        code = self._process.wait()
        if self._late:
            return SamplerFailure(FailedBy.TOO_LONG, f"it took longer than {limit:g} s")
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return SamplerFailure(FailedBy.DIED, f"it ended its process, {how}")

    def _messages(self, question: Question) -> list[Message]:
        """Return what the process is to be told, and asked at last."""
        study, pieces = question.ask.study, question.pieces
        found: list[Message] = []
        first = self._kept.pop(study, 0)
        while len(self._kept) >= _MOST_STUDIES:
            found.append(Forget(self._kept.popitem(last=False)[0]))
        for at in range(first, len(pieces), _PIECES):
            found.append(Keep(study, pieces[at : at + _PIECES]))
        self._kept[study] = len(pieces)
        return [*found, question.ask]
