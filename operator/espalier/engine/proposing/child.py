"""The process that proposes: `python -m espalier.engine.proposing.child`.

It reads `Keep`, `Forget` and `Ask` from its standard input, and writes an answer to each `Ask` to
its standard output. It ends when its input does, whatever it is doing then, so that none is left
behind by an operator that was killed.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import threading
from dataclasses import asdict
from queue import SimpleQueue
from typing import IO

from espalier.engine.proposing.frames import read_frame, write_frame
from espalier.engine.proposing.messages import (
    Answer,
    Ask,
    FailedBy,
    Forget,
    Keep,
    Proposed,
    SamplerFailure,
)
from espalier.planning.proposing.checked import propose_checked, versions_of, words_of
from espalier.search import PastTrial, Proposal

READY = b"ready"
"""What it writes first, when it has imported what it needs."""


class Bench:
    """What is kept of studies, and proposals made of it."""

    def __init__(self) -> None:
        self._kept: dict[int, list[PastTrial]] = {}

    def take(self, frame: bytes) -> bytes | None:
        """Take a message; return the answer to an `Ask`."""
        try:
            message = pickle.loads(frame)
        except BaseException as error:  # a sampler's module may do anything when it is imported
            return encoded(SamplerFailure(FailedBy.RAISED, words_of(error)))
        match message:
            case Keep(study, pieces):
                kept = self._kept.setdefault(study, [])
                kept += (pickle.loads(each) for each in pieces if each)
            case Forget(study):
                self._kept.pop(study, None)
            case Ask():
                return self._answered(message)
        return None

    def _answered(self, asked: Ask) -> bytes:
        kept = self._kept.get(asked.study, ())
        trials = [*kept, *asked.running]
        try:
            found = propose_checked(asked.search, trials, asked.number)
            return encoded(Proposed(found, versions_of(asked.search, found)))
        except BaseException as error:  # whatever a sampler raises: it may be anybody's
            return encoded(SamplerFailure(FailedBy.RAISED, words_of(error)))


def encoded(answer: Answer) -> bytes:
    """Return an answer as JSON: whoever reads it need not trust who wrote it."""
    if isinstance(answer, SamplerFailure):
        return json.dumps({"by": answer.by, "words": answer.words}).encode()
    found = asdict(answer.found)
    return json.dumps({"found": found, "versions": answer.versions}).encode()


def decoded(frame: bytes) -> Answer:
    """Return the answer that `encoded` has written.

    Raises
    ------
    ValueError, KeyError, TypeError
        If it is none.
    """
    fields = json.loads(frame)
    if "by" in fields:
        return SamplerFailure(FailedBy(fields["by"]), str(fields["words"]))
    return Proposed(Proposal(**fields["found"]), str(fields["versions"]))


def main() -> None:
    """Answer until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # What a sampler prints goes to the log.
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin.buffer, inbox), daemon=True).start()
    bench = Bench()
    write_frame(out, READY)
    while True:
        answer = bench.take(inbox.get())
        if answer is not None:
            write_frame(out, answer)


def _read(stream: IO[bytes], inbox: SimpleQueue[bytes]) -> None:
    while (frame := read_frame(stream)) is not None:
        inbox.put(frame)
    os._exit(0)


if __name__ == "__main__":
    main()
