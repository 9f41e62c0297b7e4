"""Bring what is known of a study up to what is stored of it: only what is new is worked on."""

from __future__ import annotations

import itertools
from operator import itemgetter
from typing import Any

from espalier.planning.world.record import AttemptRecord, MadeTrial
from espalier.store.reading import made_trial_of, proposal_of, sighting_of, value_of
from espalier.store.sqlite.beside import KnownRows, StoreBeside, StoredRows
from espalier.study_log.log import StoredDecision, StoredEnd, StoredProposal
from espalier.views.gathered import Gathered
from espalier.views.values import TrialValues

_Row = tuple[Any, ...]
_SEQ = itemgetter(4)


class CatchingUp:
    """Keeps what is known of a study, and the rows that it was made of.

    Parameters
    ----------
    store
        Where they are read.
    gathered
        What is known; it is changed in place.
    """

    def __init__(self, store: StoreBeside, gathered: Gathered) -> None:
        self._store = store
        self._gathered = gathered
        self._arrived = -1
        self._ended = -1
        self._warm_start: object = None
        self._rows: dict[str, dict[object, _Row]] = {"made": {}, "seen": {}, "proposed": {}}
        self._attempts: dict[int, dict[int, AttemptRecord]] = {}
        self._made: dict[int, MadeTrial] = {}
        self._ends: dict[int, StoredEnd] = {}
        self._prunes: dict[int, StoredDecision] = {}
        self._proposals: dict[int, StoredProposal] = {}
        gathered.made, gathered.ends, gathered.prunes = self._made, self._ends, self._prunes
        gathered.proposals = self._proposals

    def __call__(self) -> None:
        """Read what is new.

        Raises
        ------
        RetryLater
            If the store does not answer; what was read until then is kept, and all is well.
        """
        if self._arrived < 0:
            self._take_all_values()
        else:
            self._take_new_values()
        known = KnownRows(self._ended, self._prunes.keys(), self._warm_start)
        self._take(self._store.rows(self._gathered.study, known))

    def _take_all_values(self) -> None:
        """Read all values, along the disk, and put those of each trial in order of arrival."""
        gathered = self._gathered
        study, metric = gathered.study, gathered.study.terms.metric
        last = self._store.last_arrival(study)
        gathered.values.clear()  # of an earlier try that was cut short
        rows = itertools.chain.from_iterable(self._store.values(study, metric, last))
        for trial, of_trial in itertools.groupby(rows, itemgetter(0)):
            in_order = sorted(of_trial, key=_SEQ)
            _, attempts, steps, values, seqs, at = zip(*in_order, strict=True)
            taken = gathered.values[trial] = TrialValues()
            taken.take_all(attempts, steps, map(value_of, values), at, seqs)
        self._arrived = gathered.seq = last

    def _take_new_values(self) -> None:
        study, metric = self._gathered.study, self._gathered.study.terms.metric
        for page in self._store.arrivals(study, self._arrived):
            for trial, attempt, step, value, seq, at, of in page:
                if of == metric:
                    self._gathered.take(trial, attempt, step, value_of(value), at, seq)
            self._arrived = self._gathered.seq = page[-1][4]

    def _take(self, stored: StoredRows) -> None:
        gathered = self._gathered
        for row in self._new("made", stored.made, itemgetter(0)):
            self._made[row[0]] = made_trial_of(*row[1:])
        for row in self._new("proposed", stored.proposals, itemgetter(1)):
            self._proposals[row[1]] = proposal_of(*row)
        for row in self._new("seen", stored.sightings, itemgetter(0, 1)):
            self._attempts.setdefault(row[0], {})[row[1]] = sighting_of(*row[1:])
            gathered.attempts[row[0]] = tuple(self._attempts[row[0]].values())
        for end in stored.ends:
            self._ends[end.trial] = end
            self._ended = end.seq
        for prune in stored.prunes:
            self._prunes[prune.decision.trial] = prune
        gathered.closed, gathered.specs = stored.closed, stored.specs
        gathered.changes = stored.changes
        if stored.warm_start != self._warm_start:
            gathered.earlier, self._warm_start = stored.earlier, stored.warm_start

    def _new(self, kind: str, rows: list[_Row], key: Any) -> list[_Row]:
        """Return the rows that are not as they were."""
        known = self._rows[kind]
        new = [row for row in rows if known.get(key(row)) != row]
        known.update((key(row), row) for row in new)
        return new
