"""The one writer of one study: values in, decisions out, both durable together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from espalier.engine.reports.recorded import Recorded
from espalier.engine.reports.rule_numbers import RuleNumbers
from espalier.engine.reports.settling import Settling
from espalier.engine.reports.submission import CheckedReport
from espalier.engine.reports.taking import Taking
from espalier.engine.reports.trial_memory import TrialMemory
from espalier.errors import RetryLater
from espalier.planning.proposing.search_log import SearchLog
from espalier.planning.standing.sightings import joined
from espalier.planning.world.record import (
    AttemptRecord,
    End,
    StudyRecord,
    TrialRecord,
    confirmed_leaders,
)
from espalier.pruning import (
    Decision,
    Judge,
    Receipt,
    Report,
    Restraint,
    Wish,
    as_judged,
    close_trial,
    follows_last_step,
    take_course,
    verdict_of,
)
from espalier.store import (
    Batch,
    Head,
    Store,
    StudyRow,
    change_row,
    decision_row,
    end_row,
    finite_or_none,
    sighting_row,
)

ADVANCES = (Receipt.APPENDED, Receipt.BACKFILLED, Receipt.REPLAYED)
"""Values that are news of their attempt, also where an earlier attempt has passed that step."""


class StudyWriter:
    """A study in memory, in step with its log in the store.

    Every change happens in one call without a pause in it, and is queued for the store before the
    call ends: the log has the same order as the judge saw. A batch may take several such calls;
    if the process dies between them, the sender sends it again, and a repeat changes nothing. If
    the store fails, this object is thrown away and read again.

    Parameters
    ----------
    row : StudyRow
        The study in the store.
    judge : Judge
        Brought up to date with the study's log.
    store : Store
        Where the log is.
    on_prune : callable
        Called with the trial's number and the decision once a Prune is durable.
    on_rest : callable
        Called when all trials have ended and the store knows what they came to.

    Attributes
    ----------
    restraint : Restraint
        What holds pruning back, as far as that is durable.
    exempt : frozenset of int
        Of the trials that are known, those that are exempt.
    search_log : SearchLog
        What the study's search knows of its trials.
    turn : asyncio.Lock
        Held by whoever takes a batch: batches are taken one after the other.
    """

    def __init__(
        self,
        row: StudyRow,
        judge: Judge,
        store: Store,
        on_prune: Callable[[int, Decision], None],
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        self.row = row
        self.judge = judge
        self.trials: dict[int, TrialMemory] = {}
        self.seq = 0
        self.at = 0.0
        self.sampled = row.sampled
        self.restraint = judge.restraint
        self.exempt: frozenset[int] = frozenset()
        self.rules = RuleNumbers()
        self.failures = store.failures(row.id)
        self.turn = asyncio.Lock()
        self.search_log = SearchLog(row.terms)
        self._store = store
        self._on_prune = on_prune
        self._on_rest = on_rest
        self._last_commit: asyncio.Future[None] | None = None
        self._record: StudyRecord | None = None
        self._recorded = Recorded(row.terms.direction)
        self._changed: set[int] = set()
        self._settling = Settling()

    def begin(self, head: Head) -> None:
        """Take in what is stored of the study beside its values and endings."""
        self.rules = RuleNumbers({rule: number for number, rule in head.rules.items()})
        self.sampled = head.sampled
        self._settling = Settling(head.settled, head.figured)
        for number, attempt, pod_uid in head.attempts:
            self.trial(number).attempts[pod_uid] = attempt
        for number, seen in head.sightings:
            self.trial(number).saw(seen)

    @property
    def sound(self) -> bool:
        """Whether all that was judged is stored or on its way."""
        return self.failures == self._store.failures(self.row.id)

    def trial(self, number: int) -> TrialMemory:
        """Return a trial, a new one if nothing is known of it."""
        trial = self.trials.get(number)
        if trial is None:
            trial = self.trials[number] = TrialMemory(number, self.row.terms, self._changed)
            if self.judge.exempt(number):
                self.exempt |= {number}
        return trial

    # -- values -----------------------------------------------------------------------------

    def go_on(self, taking: Taking, now: float, out_of_time: Callable[[], bool]) -> None:
        """Append, judge and queue what is left of a batch, or as much of it as time allows.

        The batch was admitted (`espalier.engine.reports.admitting`); `end` must follow.

        Raises
        ------
        RetryLater
            If the store takes nothing now; nothing changed.
        """
        self._store.ready()
        self.at = max(self.at, now)
        rows = Batch(self.row.id)
        advanced: list[CheckedReport] = []
        decisions: list[Decision] = []
        trial = taking.trial
        while not taking.done:
            report = taking.news[taking.taken]
            taking.count(self._append(trial, taking.attempt, report, rows, advanced, decisions))
            taking.taken += 1
            if out_of_time():
                break
        taking.commit = self._commit(rows)
        trial.in_flight += 1
        attempt, at = taking.attempt, self.at
        taking.commit.add_done_callback(
            lambda done: self._taken(done, trial, attempt, at, advanced, decisions)
        )
        taking.pruned |= any(decision.prunes for decision in decisions)

    def contradicted(self, number: int) -> None:
        """Note that a value of a trial was refused."""
        self.trial(number).contradicted()
        self._record = None

    def end(self, taking: Taking) -> None:
        """Say that no more of a batch will be taken now."""
        taking.trial.in_flight -= 1
        taking.trial.let_go()

    def _append(
        self,
        trial: TrialMemory,
        attempt: int,
        report: CheckedReport,
        rows: Batch,
        advanced: list[CheckedReport],
        decisions: list[Decision],
    ) -> Receipt:
        metric, step, value = report
        self.seq += 1
        study, number, seq, at = self.row.id, trial.number, self.seq, self.at
        trial.keep(attempt, metric, step, value)
        rows.observations.append(
            (study, number, attempt, metric, step, finite_or_none(value), seq, at)
        )
        receipt = Receipt.APPENDED
        if metric != self.row.terms.metric:
            return receipt
        if self.row.terms.passes(step):
            trial.passed(step)
        came = Report(number, attempt, step, value)
        self.search_log.value(came)
        judged = as_judged(self.judge.ledger, came)
        if judged is not None:
            verdict = verdict_of(self.judge, judged, at)
            if verdict is not None:
                receipt = verdict.receipt
                for decision in verdict.decisions:
                    self._decided(rows, decision, "", seq, number)
                    self.trial(decision.trial).decide(decision, own=decision.trial == number)
                    if decision.prunes:
                        self.search_log.prune(decision.trial)
                    decisions.append(decision)
                for name, shadow in verdict.shadows:
                    self._decided(rows, shadow, name, seq, number)
            if receipt in ADVANCES:
                advanced.append(report)
        elif not trial.ended and follows_last_step(self.judge, came):
            advanced.append(report)
        return receipt

    def _decided(
        self, rows: Batch, decision: Decision, shadow: str, seq: int, reporter: int | None
    ) -> None:
        rule = self._rule(rows, decision)
        table = rows.decisions if decision.trial == reporter else rows.decisions_on_others
        table.append(decision_row(self.row.id, decision, shadow, rule, seq, self.at))

    def _rule(self, rows: Batch, decision: Decision) -> int:
        """Return the number under which a decision's pruner and settings are stored."""
        rule = self.rules.find(decision)
        if rule is None:
            rule, text = self.rules.add(decision)
            rows.rules.append((self.row.id, rule, decision.pruner, text))
        return rule

    def _taken(
        self,
        done: asyncio.Future[None],
        trial: TrialMemory,
        attempt: int,
        at: float,
        advanced: list[CheckedReport],
        decisions: list[Decision],
    ) -> None:
        trial.in_flight -= 1
        if done.cancelled() or done.exception() is not None:
            return
        self._record = None
        for report in advanced:
            trial.progressed(attempt, report.step, report.value, at)
        for decision in decisions:
            self.trial(decision.trial).judged(decision)
            if decision.prunes:
                self._on_prune(decision.trial, decision)
        if trial.ended:
            trial.let_go()
            self.settle()

    # -- attempts and endings ---------------------------------------------------------------

    def attempt(self, number: int, pod_uid: str) -> tuple[int, asyncio.Future[None] | None]:
        """Return the ordinal of a pod among its trial's, a new one for a new pod."""
        trial = self.trial(number)
        ordinal = trial.attempts.get(pod_uid)
        if ordinal is not None:
            return ordinal, self.on_its_way()
        self._store.ready()
        ordinal = trial.attempts[pod_uid] = max(trial.attempts.values(), default=0) + 1
        commit = self._commit(
            Batch(self.row.id, attempts=[(self.row.id, number, ordinal, pod_uid)])
        )
        self._once_durable(commit, trial.attempted)
        return ordinal, commit

    def note_attempt(self, number: int, seen: AttemptRecord) -> asyncio.Future[None] | None:
        """Note what was seen of an attempt, besides what is known of it; ended trials are past it.

        A pod that has no number yet gets one.
        """
        trial = self.trial(number)
        ordinal = trial.attempts.get(seen.pod_uid)
        known = trial.noted(ordinal) if ordinal is not None else None
        if trial.ended:
            return self.on_its_way()
        rows = Batch(self.row.id)
        self._store.ready()
        if ordinal is None:
            ordinal = trial.attempts[seen.pod_uid] = max(trial.attempts.values(), default=0) + 1
            rows.attempts.append((self.row.id, number, ordinal, seen.pod_uid))
        seen = replace(seen, attempt=ordinal)
        if known is not None and (seen := joined(known, seen)) == known:
            return self.on_its_way()
        trial.seen_ahead[ordinal] = seen
        rows.sightings.append(sighting_row(self.row.id, number, seen))
        commit = self._commit(rows)
        self._once_durable(commit, lambda: trial.saw(seen))
        return commit

    def finish(self, number: int, end: End) -> tuple[bool, asyncio.Future[None] | None]:
        """Record how a trial ended; False if it had ended already: the first ending stands."""
        trial = self.trial(number)
        if trial.ended:
            return False, self.on_its_way()
        self._store.ready()
        self.seq += 1
        trial.ended = True
        self.search_log.end(number, end)
        close_trial(self.judge, number, end.state, end.at)
        commit = self._commit(
            Batch(self.row.id, ends=[end_row(self.row.id, number, end, self.seq)])
        )
        self._once_durable(commit, lambda: self._finished(trial, end))
        return True, commit

    def _finished(self, trial: TrialMemory, end: End) -> None:
        trial.finished(end)
        trial.let_go()
        self.settle()

    # -- changes ----------------------------------------------------------------------------

    def take_course(
        self, restraint: Restraint, wishes: Iterable[Wish], now: float
    ) -> asyncio.Future[None] | None:
        """Let people hold pruning back from the next value on, and prune trials themselves.

        What they want of a trial that has ended, or is pruned already, comes too late.
        """
        wishes = [wish for wish in wishes if not self._is_late(wish)]
        if restraint == self.judge.restraint and not wishes:
            return self.on_its_way()
        self._store.ready()
        self.seq += 1
        self.at = max(self.at, now)
        rows = Batch(self.row.id)
        rows.changes.append(change_row(self.row.id, restraint, self.seq, self.at, wishes))
        decisions = take_course(self.judge, restraint, wishes, self.at)
        for decision in decisions:
            self._decided(rows, decision, "", self.seq, None)
            self.trial(decision.trial).decide(decision, own=False)
            self.search_log.prune(decision.trial)
        commit = self._commit(rows)
        self._once_durable(commit, lambda: self._took_course(restraint, decisions))
        return commit

    def _is_late(self, wish: Wish) -> bool:
        trial = self.trials.get(wish.trial)
        return trial is not None and (trial.ended or trial.prune_ahead is not None)

    def _took_course(self, restraint: Restraint, decisions: Iterable[Decision]) -> None:
        self.restraint = restraint
        for decision in decisions:
            self.trial(decision.trial).judged(decision)
            self._on_prune(decision.trial, decision)
        self.settle()

    # -- rest -------------------------------------------------------------------------------

    @property
    def at_rest(self) -> bool:
        """Whether all that is known of the study is stored, and none of its trials goes on."""
        return self._settling.settled and self.sound and self.on_its_way() is None

    def settle(self) -> None:
        """If all trials have ended, store what they came to."""
        if self._settling.settled or not self.sound or self.on_its_way() is not None:
            return
        # Newest first: while a study goes on, one of these does.
        if any(each.known and each.end is None for each in reversed(self.trials.values())):
            return
        trials = self.record().trials
        if not trials or any(each.prune not in (None, each.decision) for each in trials.values()):
            return
        summary = self.judge.summary()
        rows = self._settling.settle(self.row.id, trials, summary, self.rules)
        try:
            commit = self._last_commit = self._store.commit(rows)
        except RetryLater:
            return  # It is replayed at the next start, or settled when something else happens.
        self._settling.settled = True
        commit.add_done_callback(lambda done: self._settled(done, trials))

    def _settled(self, done: asyncio.Future[None], trials: Mapping[int, TrialRecord]) -> None:
        if not done.cancelled() and done.exception() is None:
            self._settling.stored(trials)
            self._on_rest()

    def note_sampled(self, upto: int) -> asyncio.Future[None] | None:
        """Note that numbers below this have been sampled."""
        if upto <= self.sampled:
            return self.on_its_way()
        commit = self._last_commit = self._store.commit(Batch(self.row.id, sampled=upto))
        self._once_durable(commit, lambda: self._sampled(upto))
        return commit

    def _sampled(self, upto: int) -> None:
        self.sampled = max(self.sampled, upto)
        self.settle()

    # -- the store --------------------------------------------------------------------------

    def _commit(self, rows: Batch) -> asyncio.Future[None]:
        settled = self._settling.settled
        self._settling.stir(rows)
        try:
            self._last_commit = self._store.commit(rows)
        except RetryLater:
            self._settling.settled = settled
            raise
        return self._last_commit

    def _once_durable(self, commit: asyncio.Future[None], then: Callable[[], None]) -> None:
        """Do something that planning will see, once a commit is durable; not if it fails."""

        def durable(done: asyncio.Future[None]) -> None:
            if not done.cancelled() and done.exception() is None:
                self._record = None
                then()

        commit.add_done_callback(durable)

    def on_its_way(self) -> asyncio.Future[None] | None:
        """Return what to wait for before saying that something known is durable."""
        last = self._last_commit
        return None if last is None or last.done() else last

    async def settled(self) -> None:
        """Wait until nothing of this study is on its way to the store."""
        if (last := self.on_its_way()) is not None:
            await asyncio.wait([last])

    # -- what planning sees -----------------------------------------------------------------

    def record(self) -> StudyRecord:
        """Return what is durable of the study."""
        if self._record is None:
            changed = [self.trials[number] for number in self._changed]
            self._changed.clear()
            self._recorded.take(each.record for each in changed if each.known)
            summary = self.judge.summary()
            self._record = StudyRecord(
                uid=self.row.uid,
                trials=self._recorded.trials,
                best=self._recorded.best,
                summary=summary,
                sampled=self.sampled,
                restraint=self.restraint,
                exempt=self.exempt,
                leaders=confirmed_leaders(summary, self._recorded.trials),
            )
        return self._record
