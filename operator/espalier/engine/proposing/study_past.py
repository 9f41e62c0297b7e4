"""The ended trials of a study as proposals are based on them: each is worked out once."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from itertools import count, islice

from espalier.engine.reports.making import Making
from espalier.engine.reports.study_writer import StudyWriter
from espalier.planning.proposing.past import ended_trial, running_trial
from espalier.pruning import is_repeat
from espalier.search import PastTrial

_NUMBERS = count()


class StudyPast:
    """The trials before a study and its ended ones, pickled, in the order of the log.

    Pickled, since they go to another process, which unpickles them; there may be thousands, of
    which each is treated once.

    Attributes
    ----------
    number
        Stands for it; another past of the same study has another number.
    pieces
        For each trial of earlier studies, then for each that has ended, a pickled `PastTrial`;
        empty for one of which is not known what it has run.
    alone
        Numbers of those that have no proposal of their own.
    """

    def __init__(self, writer: StudyWriter, making: Making) -> None:
        self.number = next(_NUMBERS)
        self.pieces: list[bytes] = []
        self.alone: set[int] = set()
        self._writer, self._making = writer, making
        self._earlier, self._before = making.earlier, making.earlier_trials
        self._unknown: set[int] = set()

    @property
    def holds(self) -> bool:
        """Whether all that it was made of is as it was, but for what has been added."""
        making = self._making
        known = any(making.parameters(number) is not None for number in self._unknown)
        return not known and making.earlier is self._earlier

    def catch_up(self, most: int) -> bool:
        """Take in so many of the trials that have ended since; tell whether these were all."""
        before, ended, at = self._before, self._writer.search_log.ended, len(self.pieces)
        self.pieces += map(_pickled, before[at : at + most])
        at = max(0, at - len(before))
        if len(self.pieces) >= len(before):
            self.pieces += map(self._piece, islice(ended, at, at + most))
        return len(self.pieces) == len(before) + len(ended)

    def running(self) -> list[PastTrial]:
        """Return the trials that run or are about to, in the order of their numbers."""
        ended, making = self._writer.search_log.ended, self._making
        begun = making.made.keys() | making.proposals.keys()
        return [
            running_trial(number, text)
            for number in sorted(begun - ended.keys())
            if not is_repeat(number) and (text := making.parameters(number)) is not None
        ]

    def _piece(self, number: int) -> bytes:
        text, curve = self._making.parameters(number), self._writer.search_log.ended[number]
        if text is None:
            self._unknown.add(number)
            return b""
        if number not in self._making.proposals:
            self.alone.add(number)
        trial = ended_trial(number, text, curve.end, curve.steps, curve.scores)
        return _pickled(trial)


def _pickled(trial: PastTrial) -> bytes:
    return pickle.dumps(trial, pickle.HIGHEST_PROTOCOL)


def unpickled(pieces: Sequence[bytes]) -> list[PastTrial]:
    """Return the trials of which anything is known."""
    return [pickle.loads(each) for each in pieces if each]
