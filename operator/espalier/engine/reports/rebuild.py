"""A live study out of its log: after a restart, and after a commit that failed."""

from __future__ import annotations

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice

from espalier.api.judging import judge_of
from espalier.engine.reports.study_writer import ADVANCES, StudyWriter
from espalier.engine.reports.trial_memory import TrialMemory
from espalier.planning.world.record import End
from espalier.pruning import (
    Decision,
    Reason,
    Report,
    TrialState,
    as_judged,
    close_trial,
    follows_last_step,
    take_course,
    verdict_of,
)
from espalier.store import Arrived, Head, Store, StoredChange, StoredEnd, StudyRow

_LOG = logging.getLogger(__name__)
_BETWEEN_PAUSES = 100
_Key = tuple[int, ...]


async def rebuild(
    row: StudyRow,
    store: Store,
    on_prune: Callable[[int, Decision], None],
    on_rest: Callable[[], None] = lambda: None,
    progress: Callable[[], None] = lambda: None,
) -> StudyWriter:
    """Read a study's log and replay it piece by piece; other work goes on in between.

    Of the log nothing is kept but what the judge keeps. The stored decisions are what counts:
    where the replay comes to others, as it may after an upgrade changed a pruner, that is logged,
    and the stored ones stand.

    Parameters
    ----------
    row : StudyRow
        The study; nothing may be written to it meanwhile.
    store : Store
        Where its log is.
    on_prune, on_rest : callable
        See `StudyWriter`.
    progress : callable
        Called after each piece.

    Raises
    ------
    SpecError
        If the study's judge cannot be built.
    RetryLater
        If the store does not answer.
    """
    study = StudyWriter(row, judge_of(row.settings), store, on_prune, on_rest)
    head = await store.head(row)
    study.begin(head)
    replay = _Replay(study, head)
    async for page in store.arrivals(row):
        rows = iter(page)
        while piece := list(islice(rows, _BETWEEN_PAUSES)):
            replay.values(piece)
            await asyncio.sleep(0)
        progress()
    replay.others_until(math.inf)
    study.restraint = study.judge.restraint
    await replay.restore_decisions(store)
    return study


class _Replay:
    """Feeds a log to a study, and compares what its judge decides with what was decided."""

    def __init__(self, study: StudyWriter, head: Head) -> None:
        self._study = study
        # What came beside the values, in the order of arrival.
        others: list[StoredEnd | StoredChange] = [*head.ends, *head.changes]
        self._others = iter(sorted(others, key=lambda each: each.seq))
        self._next = next(self._others, None)
        self._on_others: defaultdict[int, list[Decision]] = defaultdict(list)
        for stored in head.on_others:
            if not stored.shadow:
                self._on_others[stored.seq].append(stored.decision)
        # Where each trial's own values were decided on last, and what was decided since.
        self._last: dict[int, tuple[int, int]] = {}
        self._since: dict[int, Decision] = {}
        self._different = 0
        self._first: _Key | None = None

    def values(self, rows: list[Arrived]) -> None:
        """Take values with what was decided on them, in the order of arrival."""
        study, terms = self._study, self._study.row.terms
        for seq, number, attempt, metric, step, value, at, *decided in rows:
            if self._next is not None and self._next.seq < seq:
                self.others_until(seq)
            study.seq, study.at = seq, at
            trial = study.trial(number)
            if value is None:
                value = math.nan
            trial.keep(attempt, metric, step, value)
            if metric != terms.metric:
                continue
            if terms.passes(step):
                trial.passed(step)
            report = Report(number, attempt, step, value)
            self._search_sees(report, seq, pruned=decided[0] == "Prune")
            judged = as_judged(study.judge.ledger, report)
            if judged is not None:
                self._judge(trial, judged, step, at, seq, decided)
            elif not trial.ended and follows_last_step(study.judge, report):
                trial.progressed(attempt, step, value, at)

    def _search_sees(self, report: Report, seq: int, *, pruned: bool) -> None:
        """Let the study's search see a value of the objective, and what was pruned at it."""
        search_log = self._study.search_log
        search_log.value(report)
        if pruned:
            search_log.prune(report.trial)
        for stored in self._on_others.get(seq, ()):
            if stored.prunes:
                search_log.prune(stored.trial)

    def _judge(
        self,
        trial: TrialMemory,
        report: Report,
        step: int,
        at: float,
        seq: int,
        decided: Sequence[object],
    ) -> None:
        study, decision = self._study, None
        others: Sequence[Decision] = ()
        verdict = verdict_of(study.judge, report, at)
        if verdict is not None:
            decision, others = verdict.decision, verdict.decisions[1:]
        if verdict is None or verdict.receipt in ADVANCES:
            trial.progressed(report.attempt, step, report.value, at)
        action = decided[0]
        if action is not None:
            self._last[report.trial] = report.attempt, report.step
            self._since.pop(report.trial, None)
            if action == "Prune" and (decision is None or not decision.prunes):
                close_trial(study.judge, report.trial, TrialState.PRUNED, at)
        if not self._same(decision, decided):
            self._differs(report.trial, report.attempt, report.step)
        self._judge_others({other.trial: other for other in others}, seq, at)

    def _judge_others(self, made: dict[int, Decision], seq: int, at: float) -> None:
        """Compare what a value, or a person, led to with what is stored, which stands."""
        for stored in self._on_others.pop(seq, ()):
            self._since[stored.trial] = stored
            decision = made.pop(stored.trial, None)
            if stored.prunes and (decision is None or not decision.prunes):
                by_person = stored.reason is Reason.PRUNED_BY_PERSON
                close_trial(
                    self._study.judge, stored.trial, TrialState.PRUNED, at, by_person=by_person
                )
            if not stored.same_as(decision):
                self._differs(stored.trial, stored.attempt, stored.step)
        for decision in made.values():
            self._differs(decision.trial, decision.attempt, decision.step)

    def _differs(self, *key: int) -> None:
        self._different += 1
        self._first = key if self._first is None else min(key, self._first)

    def _same(self, decision: Decision | None, decided: Sequence[object]) -> bool:
        """Whether a decision is the stored one, its evidence aside."""
        if decision is None:
            return decided[0] is None
        action, reason, rung, bracket, rule = decided
        return (
            decision.action == action
            and decision.reason.value == reason
            and decision.rung == rung
            and decision.bracket == bracket
            and self._study.rules.find(decision) == rule
        )

    def others_until(self, seq: float) -> None:
        """Take the endings, and the changes of restraint, that came before a value."""
        while self._next is not None and self._next.seq < seq:
            if isinstance(self._next, StoredChange):
                self._changed(self._next)
            else:
                self._ended(self._next.seq, self._next.trial, self._next.end)
            self._next = next(self._others, None)

    def _changed(self, change: StoredChange) -> None:
        study, seq = self._study, change.seq
        study.seq, study.at = seq, change.at
        made = take_course(study.judge, change.restraint, change.wishes, change.at)
        for stored in self._on_others.get(seq, ()):
            study.search_log.prune(stored.trial)
        self._judge_others({decision.trial: decision for decision in made}, seq, change.at)

    def _ended(self, seq: int, number: int, end: End) -> None:
        study, trial = self._study, self._study.trial(number)
        study.seq = seq
        trial.ended = True
        study.search_log.end(number, end)
        trial.finished(end)
        trial.let_go()
        close_trial(study.judge, number, end.state, end.at)

    async def restore_decisions(self, store: Store) -> None:
        """Give each trial the decision that is stored last."""
        study = self._study
        places = ((number, *place) for number, place in self._last.items())
        for number, decision in (await store.decisions(study.row.id, places)).items():
            study.trial(number).decide(decision, own=True)
            study.trial(number).judged(decision)
        for number, decision in self._since.items():
            study.trial(number).decide(decision, own=False)
            study.trial(number).judged(decision)
        if self._different:
            _LOG.warning(
                "study %s/%s: %d stored decisions differ from what this version of Espalier would "
                "decide, the first one at (trial, attempt, step) %s; the stored ones stand; "
                "`espalier replay` tells them",
                study.row.namespace,
                study.row.name,
                self._different,
                self._first,
            )
