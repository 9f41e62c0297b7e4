"""Studies in memory, caught up with the store whenever they are asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from espalier.planning.world.record import AttemptRecord
from espalier.store.reading import value_of
from espalier.store.sqlite.beside import StoreBeside
from espalier.study_log.log import StudyRow
from espalier.views.gathered import Gathered

MOST_STUDIES = 50
"""Studies that are kept in memory; the one that was not asked for the longest goes first."""


class KnownStudies:
    """What is known of studies, gathered from the store. For worker threads: every method blocks.

    Parameters
    ----------
    store
        Where it is read.
    """

    def __init__(self, store: StoreBeside) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[Gathered, threading.Lock]] = OrderedDict()

    @contextmanager
    def study(self, row: StudyRow) -> Iterator[Gathered]:
        """Give what is known of a study, up to date; nobody else changes it meanwhile.

        Raises
        ------
        RetryLater
            If the store does not answer.
        """
        with self._lock:
            known = self._known.get(row.uid)
            if known is None:
                known = (
                    Gathered(
                        row,
                        partial(self.store.decisions, row),
                        partial(self.store.outputs, row),
                    ),
                    threading.Lock(),
                )
                self._known[row.uid] = known
            self._known.move_to_end(row.uid)
            while len(self._known) > MOST_STUDIES:
                self._known.popitem(last=False)
        gathered, lock = known
        with lock:
            self._catch_up(gathered)
            yield gathered

    def _catch_up(self, gathered: Gathered) -> None:
        row, metric = gathered.study, gathered.study.terms.metric
        for page in self.store.arrivals(row, gathered.seq):
            for seq, trial, attempt, name, step, value, at, *_ in page:
                if name == metric:
                    gathered.take(trial, attempt, step, value_of(value), at, seq)
                gathered.seq = seq
        stored = self.store.study(row)
        attempts: dict[int, list[AttemptRecord]] = {}
        for trial, seen in stored.sightings:
            attempts.setdefault(trial, []).append(seen)
        gathered.closed, gathered.specs, gathered.made = stored.closed, stored.specs, stored.made
        gathered.attempts = attempts
        gathered.prunes = {each.decision.trial: each for each in stored.prunes}
        gathered.ends = {each.trial: each for each in stored.ends}
        gathered.proposals = {each.trial: each for each in stored.proposals}
        gathered.changes, gathered.earlier = stored.changes, stored.earlier
