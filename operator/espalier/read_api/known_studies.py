"""Studies in memory, caught up with the store when they are asked for and something is new."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from espalier.read_api.catching_up import CatchingUp
from espalier.store.reading import value_of
from espalier.store.sqlite.beside import FoundStudy, StoreBeside
from espalier.study_log.log import StudyRow
from espalier.views.gathered import Gathered
from espalier.views.values import TrialValues

MOST_BYTES = 256 * 1024 * 1024
"""Of the studies that are kept in memory, about; the one not asked for the longest goes first."""
_A_VALUE, _A_TRIAL = 40, 2500
LONG, REST = 0.2, 4.0
"""Where reading a study anew takes more than so many seconds, it takes at most one part in five of
the time: what is asked meanwhile is answered as it was known last."""


class KnownStudy:
    """What is known of one study, as of one revision.

    Parameters
    ----------
    store
        Where it is read.
    row
        The study.

    Attributes
    ----------
    gathered
        What is known.
    catch_up
        Brings it up to what is stored.
    revision
        As of which it is known, at least; -1: nothing was read yet.
    lock
        Held by who uses it: nobody else changes it meanwhile.
    rests_until
        Before that time it is not read anew.
    """

    def __init__(self, store: StoreBeside, row: StudyRow) -> None:
        self.gathered = Gathered(
            row,
            partial(store.decisions, row),
            partial(store.outputs, row),
            attempts={},
            reported=partial(_reported, store, row),
        )
        self.catch_up = CatchingUp(store, self.gathered)
        self.revision = -1
        self.lock = threading.Lock()
        self.rests_until = 0.0

    @property
    def bytes(self) -> int:
        """What it takes in memory, about."""
        gathered = self.gathered
        values = sum(map(len, gathered.values.values()))
        return values * _A_VALUE + (len(gathered.made) + len(gathered.values)) * _A_TRIAL


class KnownStudies:
    """What is known of studies, gathered from the store. For worker threads: every method blocks.

    Parameters
    ----------
    store
        Where it is read.
    clock
        Seconds that never go back.
    most
        Bytes that studies may take in memory, about.
    """

    def __init__(
        self,
        store: StoreBeside,
        clock: Callable[[], float] = time.monotonic,
        most: int = MOST_BYTES,
    ) -> None:
        self.store = store
        self._clock = clock
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[str, KnownStudy] = OrderedDict()
        self._bytes: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many studies are in memory."""
        return len(self._known)

    def rests(self, uid: str) -> bool:
        """Return whether a study is not read anew yet, whatever is new."""
        known = self._known.get(uid)
        return known is not None and known.rests_until > self._clock()

    @contextmanager
    def study(self, found: FoundStudy) -> Iterator[KnownStudy]:
        """Give what is known of a study, up to date; nobody else changes it meanwhile.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        known = self._entry(found)
        with known.lock:
            if known.revision != found.revision and known.rests_until <= self._clock():
                began = self._clock()
                known.catch_up()
                known.revision = found.revision
                now = self._clock()
                known.rests_until = now + (REST * (now - began) if now - began > LONG else 0.0)
                self._make_room(found.row.uid, known.bytes)
            yield known

    def _entry(self, found: FoundStudy) -> KnownStudy:
        row = found.row
        with self._lock:
            known = self._known.get(row.uid)
            if known is None or known.gathered.study.settings != row.settings:
                known = KnownStudy(self.store, row)
                self._known[row.uid] = known
            self._known.move_to_end(row.uid)
            return known

    def _make_room(self, uid: str, size: int) -> None:
        with self._lock:
            self._bytes[uid] = size
            while sum(self._bytes.values()) > self._most and len(self._known) > 1:
                gone, _ = self._known.popitem(last=False)
                self._bytes.pop(gone, None)


def _reported(store: StoreBeside, row: StudyRow, trial: int) -> dict[str, TrialValues]:
    """Return a trial's values of each metric, read anew: they are asked for seldom."""
    found: dict[str, TrialValues] = {}
    for metric, attempt, step, value, at, seq in store.reported(row, trial):
        found.setdefault(metric, TrialValues()).take(attempt, step, value_of(value), at, seq)
    return found
