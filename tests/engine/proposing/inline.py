"""Asks samplers at once, as the process that proposes does: for samplers that can be trusted."""

from __future__ import annotations

import pickle

from espalier.engine.proposing.child import Bench, decoded
from espalier.engine.proposing.messages import Answer, Keep
from espalier.engine.proposing.worker import Question


class InlineWorker:
    """Takes the same messages as a process does, in this one."""

    async def propose(self, question: Question) -> Answer:
        """Return the answer."""
        bench = Bench()
        bench.take(pickle.dumps(Keep(question.ask.study, question.pieces)))
        answer = bench.take(pickle.dumps(question.ask))
        assert answer is not None
        return decoded(answer)

    async def close(self) -> None:
        """Hold nothing."""
