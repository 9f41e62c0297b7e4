"""The engine of one study: ledger, pruner, guards, exempt trials and shadows together."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from espalier.pruning.decisions.decision import NO_EVIDENCE, Decision
from espalier.pruning.decisions.reason import Reason
from espalier.pruning.history.best_trials import BestTrials
from espalier.pruning.history.curve import Curve
from espalier.pruning.history.expected_ends import Leaders
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import Receipt, Report, TrialState
from espalier.pruning.oversight.breaker import Breaker
from espalier.pruning.oversight.exempt import EndedBy, Exemption, ExemptTrials
from espalier.pruning.oversight.guards import Guards, behind, overrule
from espalier.pruning.oversight.pruner_state import PrunerState, Said
from espalier.pruning.oversight.restraint import Restraint
from espalier.pruning.oversight.shadow import Shadow
from espalier.pruning.oversight.summary import JudgeSummary, clopper_pearson
from espalier.pruning.oversight.wish import Will, Wish, decision_of
from espalier.pruning.pruners.base import Pruner
from espalier.pruning.repeats import is_repeat
from espalier.pruning.terms import Terms

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a report.

    Parameters
    ----------
    receipt
        What the ledger did with it.
    decisions
        What was decided: first on the trial that reported, then on others, at most once a trial;
        none if the report changed nothing.
    shadows
        What the shadow pruners decided, each with its name; on trials that they would have pruned
        before they decide nothing.
    """

    receipt: Receipt
    decisions: tuple[Decision, ...] = ()
    shadows: tuple[tuple[str, Decision], ...] = ()

    @property
    def decision(self) -> Decision | None:
        """The decision on the trial that reported; None if the report changed nothing."""
        return self.decisions[0] if self.decisions else None


class Judge:
    """Judges the trials of one study as their values arrive.

    The same reports, ends and changes of restraint in the same order give the same verdicts, bit
    for bit: a restart is a replay of the study's log. Nothing here reads a clock; the time is an
    argument.

    Parameters
    ----------
    pruner
        The pruner that acts.
    terms
        What defines the study.
    guards
        What stands above it.
    shadows
        Pruners by name that judge the same values without acting.

    Attributes
    ----------
    ledger
        All that the study's trials have reported.
    pruner_state
        The pruner that acts, with its votes and the risk that it has spent.
    exempt, exempt_trials
        Which trials are exempt by their number, and those of them that have reported.
    breaker
        The circuit breaker.
    protected
        Numbers of trials that are never pruned.
    """

    def __init__(
        self,
        pruner: Pruner,
        terms: Terms,
        guards: Guards | None = None,
        shadows: Sequence[tuple[str, Pruner]] = (),
    ) -> None:
        self.guards = guards or Guards()
        self.ledger = Ledger(terms)
        self.pruner_state = PrunerState(pruner)
        breaker, edition = self.guards.breaker, terms.edition
        self.shadows = tuple(
            Shadow(name, shadow, Breaker(breaker, edition)) for name, shadow in shadows
        )
        self.exempt = Exemption(terms, self.guards.exempt_percent)
        self.exempt_trials = ExemptTrials()
        # First of all that listens: what another raises takes nothing from a summary.
        self.ledger.derived("exempt trials", lambda _: self.exempt_trials)
        for place, each in enumerate(self.shadows):
            self.ledger.derived(("shadow", place), each.of)
        self.breaker = Breaker(breaker, edition)
        self.protected: frozenset[int] = frozenset()
        self._best = BestTrials.of(self.ledger, self.guards.keep_best)
        self._leaders = Leaders.of(self.ledger)
        self._kept = self._pruned = 0
        self._now = 0.0

    @property
    def restraint(self) -> Restraint:
        """What holds pruning back now."""
        return Restraint(self.guards.paused, self.guards.keep_best, self.protected)

    def restrain(self, restraint: Restraint) -> None:
        """Let something else hold pruning back, from the next value on; nothing is forgotten."""
        self.guards = replace(self.guards, paused=restraint.paused, keep_best=restraint.keep_best)
        self.protected = restraint.protected
        self._best = BestTrials.of(self.ledger, restraint.keep_best)

    def report(self, report: Report, at: float) -> Verdict:
        """Take in a value that arrived at a time in seconds, and judge its trial."""
        self._now = at
        ledger = self.ledger
        receipt = ledger.append(report, at)
        if receipt is not Receipt.APPENDED:
            if receipt is Receipt.BACKFILLED:
                return Verdict(receipt, (behind(ledger.curve(report.trial), report.step),))
            return Verdict(receipt)
        curve = ledger.curve(report.trial)
        if len(curve.steps) == 1 and self.exempt(report.trial):
            self._exempt(report.trial)
        self.breaker.reported(report.trial, at)
        for shadow in self.shadows:
            shadow.reported(report.trial, at)
        given = self.guards.before(ledger, curve)
        shadows = tuple(self._shadows_decide(curve, given, at)) if self.shadows else ()
        state = self.pruner_state
        decision = given or state.judge(ledger, curve)
        # Heard before anything takes effect: what raises here leaves all trials as they were.
        others = state.hear_others(ledger, curve) if state.judges_others else ()
        decisions: tuple[Decision, ...] = (self._decide(decision, given, at),)
        if others:
            decisions += tuple(self._decide_others(others, at))
        return Verdict(receipt, decisions, shadows)

    def close(self, trial: int, state: TrialState, at: float, *, by_person: bool = False) -> None:
        """Take in how a trial ended, or that a person prunes it; the first end stands."""
        self._now = at
        self._end(trial, state, by_person=by_person)

    def summary(self) -> JudgeSummary:
        """Say how the study's pruning stands."""
        stated, spent = self.pruner_state.stated, self.pruner_state.spent
        told = self.exempt_trials.calibration()
        tries = told.would if told.comparable else 0
        low, high = clopper_pearson(told.false, tries)
        return JudgeSummary(
            judged=self._kept + self._pruned,
            kept=self._kept,
            pruned=self._pruned,
            risk_stated=stated,
            risk_spent=spent,
            risk_left=None if stated is None else max(0.0, stated - spent),
            exempt=len(self.exempt_trials),
            exempt_finished=told.finished,
            exempt_would_prune=told.would,
            false_prunes=told.false,
            false_prune_rate=told.false / tries if tries else None,
            false_prune_low=low,
            false_prune_high=high,
            breaker_open=self.breaker.open_at(self._now),
            breaker_trips=self.breaker.trips,
            late=self.ledger.receipts[Receipt.LATE],
            shadows=tuple(shadow.summary(self.ledger) for shadow in self.shadows),
            paused=self.guards.paused,
            leaders=self._leaders.told(),
        )

    def _exempt(self, trial: int) -> None:
        for held in (self.exempt_trials, *(shadow.exempt_trials for shadow in self.shadows)):
            held.enter(trial)

    def _decide(self, decision: Decision, given: Decision | None, at: float) -> Decision:
        """Let a decision of the acting pruner, or of a guard, take effect; return what it came to.

        Parameters
        ----------
        given
            The decision, where a guard gave it.
        at
            Seconds.
        """
        if decision.prunes:
            decision = self._guarded(decision, given, self.exempt_trials, self.breaker, at)
        if not decision.prunes:
            self._kept += 1
            return decision
        self._pruned += 1
        if given is None:
            self.pruner_state.commit(decision)
        self.breaker.pruned(decision.trial, at)
        self._end(decision.trial, TrialState.PRUNED)
        return decision

    def _decide_others(self, others: Iterable[Said], at: float) -> Iterator[Decision]:
        for said in others:
            if (decision := self.pruner_state.weigh(said)) is not None:
                yield self._decide(decision, None, at)

    def _guarded(
        self,
        decision: Decision,
        given: Decision | None,
        exempt: ExemptTrials,
        breaker: Breaker,
        at: float,
    ) -> Decision:
        """Let the guards that stand above the pruner overrule a decision to prune."""
        trial = decision.trial
        if self.ledger.is_last(self.ledger.curve(trial)):
            return overrule(decision, Reason.LAST_STEP, NO_EVIDENCE)
        if given is None and trial in self._best:
            return overrule(decision, Reason.AMONG_BEST, {"keepBest": self.guards.keep_best})
        # Nothing is measured by an exempt trial that would not have been pruned either.
        if self.guards.paused:
            return overrule(decision, Reason.PRUNING_PAUSED, NO_EVIDENCE)
        if trial in exempt and not breaker.open_at(at):
            exempt.would_end(trial, EndedBy.PRUNER if given is None else EndedBy.GUARD)
            return overrule(decision, Reason.EXEMPT, NO_EVIDENCE)
        if trial in self.protected:
            return overrule(decision, Reason.PROTECTED, NO_EVIDENCE)
        if not breaker.allows(trial, at):
            trip = breaker.trip
            assert trip is not None
            why = {"prunes": trip.prunes, "running": trip.running, "seconds": trip.seconds}
            return overrule(decision, Reason.BREAKER_OPEN, why)
        return decision

    def _shadows_decide(
        self, curve: Curve, given: Decision | None, at: float
    ) -> Iterator[tuple[str, Decision]]:
        """Let the shadows judge, each under guards of its own."""
        for shadow in self.shadows:
            decision = shadow.judge(self.ledger, curve, given)
            if decision is None:
                continue
            others = shadow.hear_others(self.ledger, curve)
            yield shadow.name, self._shadow_decides(shadow, decision, given, at)
            for said in others:
                if (other := shadow.weigh(said)) is not None:
                    yield shadow.name, self._shadow_decides(shadow, other, None, at)

    def _shadow_decides(
        self, shadow: Shadow, decision: Decision, given: Decision | None, at: float
    ) -> Decision:
        if decision.prunes:
            exempt, breaker = shadow.exempt_trials, shadow.breaker
            decision = self._guarded(decision, given, exempt, breaker, at)
        if decision.prunes:
            shadow.commit(decision, self.ledger.curve(decision.trial), given, at)
        return decision

    def _end(self, trial: int, state: TrialState, *, by_person: bool = False) -> None:
        if self.ledger.close(trial, state, by_person=by_person):
            self.breaker.ended(trial)
            self.pruner_state.forget(trial)
            for shadow in self.shadows:
                shadow.forget(trial)


def as_judged(ledger: Ledger, report: Report) -> Report | None:
    """Return a value of the objective as it is judged; None where it is only stored.

    The first value of an attempt at or beyond the last step is judged as the last step's; what
    comes there after it tells the pruner nothing new. Of a finalist's repeats none is judged.
    """
    if is_repeat(report.trial):
        return None
    terms = ledger.terms
    step = terms.within(report.step)
    if not terms.clamps:
        return report if step == report.step else None
    if step == terms.horizon and ledger.knows(report.trial, report.attempt, step):
        return None
    return report if step == report.step else replace(report, step=step)


def follows_last_step(judge: Judge, report: Report) -> bool:
    """Whether a value that is only stored (`as_judged`) says how a trial is that has not ended."""
    terms = judge.ledger.terms
    if is_repeat(report.trial):
        return terms.clamps or not terms.passes(report.step)
    return terms.clamps and judge.ledger.curve(report.trial).state is TrialState.RUNNING


def verdict_of(judge: Judge, report: Report, at: float) -> Verdict | None:
    """Judge a value; None where the pruner raised, which must not cost the value.

    What raises once raises again at the same place of a replay, so the trial goes on unjudged at
    this step, before and after a restart alike.
    """
    try:
        return judge.report(report, at)
    except Exception:
        _LOG.exception("the pruner failed on %s; the trial is kept: please report it", report)
        return None


def take_course(
    judge: Judge, restraint: Restraint, wishes: Iterable[Wish], at: float
) -> list[Decision]:
    """Let people change what a study is judged by; return what they decided about its trials.

    Their decisions pass by all that stands above a pruner: guards, votes, risk, exempt and
    protected trials, the breaker. Of a finalist's repeat, too, there is one. None is taken about a
    trial that has ended.
    """
    judge.restrain(restraint)
    decisions = []
    for wish in wishes:
        curve = judge.ledger.curve(wish.trial)
        if wish.will is Will.PRUNE and curve.state is TrialState.RUNNING:
            decisions.append(decision_of(wish, curve))
            close_trial(judge, wish.trial, TrialState.PRUNED, at, by_person=True)
    return decisions


def close_trial(
    judge: Judge, trial: int, state: TrialState, at: float, *, by_person: bool = False
) -> None:
    """Take in how a trial ended; where a pruner raises at that, the trial has ended all the same.

    What raises once raises again at the same place of a replay, before and after a restart alike.
    Of a finalist's repeat, which is not judged, the judge learns nothing.
    """
    if is_repeat(trial):
        return
    try:
        judge.close(trial, state, at, by_person=by_person)
    except Exception:
        _LOG.exception("the pruner failed on the end of trial %d: please report it", trial)
