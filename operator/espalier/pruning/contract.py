"""The contract of a pruner, as tests: ours pass them, and yours should.

Subclass `PrunerContract` in a test module of your own; pytest finds the rest::

    from espalier.pruning import PrunerContract

    class TestMine(PrunerContract):
        def make(self):
            return Mine(strictness=2)

The scenarios are drawn for pruners that compare a trial with others or with itself. Override
`hopeless`, `promising` or `peers` where yours decides by something else.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence

from espalier.pruning.decisions.decision import Action, Decision
from espalier.pruning.direction import Direction
from espalier.pruning.history.ledger import Ledger
from espalier.pruning.history.report import Report, TrialState
from espalier.pruning.judge import Judge
from espalier.pruning.oversight.guards import Guards
from espalier.pruning.pruners.base import Pruner
from espalier.pruning.pruners.optional_parts import JudgesOthers
from espalier.pruning.terms import Terms

HORIZON = 30
PEERS = 16
TRIAL = PEERS
BOTH = (Direction.MAXIMIZE, Direction.MINIMIZE)
UNGUARDED = Guards(nan_patience=0, keep_best=0, exempt_percent=0.0)

Value = Callable[[int], float]


class PrunerContract:
    """Five categories: never prunes, known prune, known keep, warm-up, independence of trials.

    Values are of a metric that is better the larger it is; every test also runs on their mirror
    image. Trials count their steps from 1 to 30.
    """

    prunes = True
    """Whether the pruner ever prunes; False for one that does not by design."""

    def make(self) -> Pruner:
        """Make the pruner, with a new object each time."""
        raise NotImplementedError

    def make_warm(self, step: int) -> Pruner | None:
        """Make one that prunes nothing before a step; None if it has no such setting."""
        raise NotImplementedError

    def peers(self, trial: int) -> Value:
        """Return the curve of one of 16 trials that complete before the judged one."""
        return lambda step: 1.0 + trial / 100 - 0.5 / step

    def hopeless(self, step: int) -> float:
        """Return a value of a trial that every pruner ought to end before its last step."""
        return -20.0 - step

    def promising(self, step: int) -> float:
        """Return a value of a trial that no pruner may end."""
        return 3.0 - 1.0 / step

    # Never prunes.

    def test_never_prunes_before_a_value_is_reported(self) -> None:
        """A trial that is silent is kept, in an empty study and in a full one."""
        for direction in BOTH:
            assert self.make().judge(Ledger(Terms(direction, HORIZON)), 0).action is Action.KEEP
            ledger = self._study(direction)
            assert self.make().judge(ledger, TRIAL).action is Action.KEEP

    def test_never_prunes_the_only_trial(self) -> None:
        """Nothing can be said of a promising trial without others."""
        for direction in BOTH:
            ledger = Ledger(Terms(direction, HORIZON))
            assert not any(self._run(self.make(), ledger, 0, self.promising, direction))

    def test_never_prunes_at_the_last_step(self) -> None:
        """There is nothing left to save; the judge that runs every pruner sees to it."""
        for direction in BOTH:
            judge = self._judge(self.make(), direction)
            verdict = judge.report(Report(TRIAL, 1, HORIZON, -20.0 * direction.sign), HORIZON)
            assert verdict.decision is not None
            assert verdict.decision.action is Action.KEEP

    # Known prune, known keep.

    def test_known_prune(self) -> None:
        """A hopeless trial is pruned before its end; or never, if the pruner never prunes."""
        for direction in BOTH:
            pruned = self._run(self.make(), self._study(direction), TRIAL, self.hopeless, direction)
            assert any(pruned[:-1]) == self.prunes

    def test_known_keep(self) -> None:
        """A trial that is better than all others at every step is kept at every step."""
        for direction in BOTH:
            ledger = self._study(direction)
            assert not any(self._run(self.make(), ledger, TRIAL, self.promising, direction))

    # Warm-up.

    def test_warm_up(self) -> None:
        """Nothing is pruned before the warm-up is over."""
        for direction in BOTH:
            pruner = self.make_warm(10)
            if pruner is None:
                return
            pruned = self._run(pruner, self._study(direction), TRIAL, self.hopeless, direction)
            assert not any(pruned[:9])
            assert any(pruned) == self.prunes

    # Independence of trials.

    def test_judging_one_trial_does_not_change_another(self) -> None:
        """To judge is to look: asking about any trial, in any order, changes no answer."""
        for direction in BOTH:
            quiet, asked = self._study(direction), self._study(direction)
            pruner, other = self.make(), self.make()
            for step in range(1, HORIZON):
                for ledger in (quiet, asked):
                    self._append(ledger, TRIAL, step, self.hopeless(step), direction)
                for trial in (*range(PEERS), TRIAL, TRIAL + 1):
                    other.judge(asked, trial)
                assert pruner.judge(quiet, TRIAL) == other.judge(asked, TRIAL)

    def test_the_order_in_which_other_trials_report_does_not_matter(self) -> None:
        """Only what is known counts, not in which order it became known."""
        for direction in BOTH:
            decisions = {
                repr(self._last_decision(self._study(direction, shuffle), direction))
                for shuffle in range(5)
            }
            assert len(decisions) == 1

    def test_repeated_reports_change_nothing(self) -> None:
        """A value that arrives twice is one value."""
        for direction in BOTH:
            once, twice = self._judge(self.make(), direction), self._judge(self.make(), direction)
            for step in range(1, HORIZON):
                report = Report(TRIAL, 1, step, self.hopeless(step) * direction.sign)
                first, second = once.report(report, step), twice.report(report, step)
                assert first == second
                assert twice.report(report, step).decision is None

    def test_what_it_says_of_others_is_of_others_and_changes_nothing(self) -> None:
        """Where a pruner judges others, too: to ask it twice, or of any trial, is to look."""
        for direction in BOTH:
            pruner, judge = self.make(), self._judge(self.make(), direction)
            if not isinstance(pruner, JudgesOthers):
                return
            for trial in (TRIAL, TRIAL + 1):
                for step in range(1, HORIZON):
                    judge.report(Report(trial, 1, step, self.hopeless(step) * direction.sign), step)
            for trial in (*range(PEERS), TRIAL, TRIAL + 1):
                said = list(pruner.judge_others(judge.ledger, trial))
                again = list(pruner.judge_others(judge.ledger, trial))
                assert [each.to_dict() for each in said] == [each.to_dict() for each in again]
                assert all(each.trial != trial and each.sentence() for each in said)

    def test_decisions_are_values(self) -> None:
        """A decision says why in words, survives JSON, and equals what it is made of again."""
        for direction in BOTH:
            decision = self._last_decision(self._study(direction), direction)
            assert decision.sentence()
            assert Decision.from_dict(json.loads(json.dumps(decision.to_dict()))) == decision
            assert self._last_decision(self._study(direction), direction) == decision

    def _study(self, direction: Direction, shuffle: int = 0) -> Ledger:
        """Make a study whose trials but the last have completed."""
        ledger = Ledger(Terms(direction, HORIZON, study_uid="contract", trials=40))
        order = [trial for trial in range(PEERS) for _ in range(HORIZON)]
        if shuffle:
            random.Random(shuffle).shuffle(order)
        done = [0] * PEERS
        for trial in order:
            done[trial] += 1
            self._append(ledger, trial, done[trial], self.peers(trial)(done[trial]), direction)
        for trial in sorted(range(PEERS), key=lambda trial: (trial * shuffle) % 7):
            ledger.close(trial, TrialState.COMPLETED)
        return ledger

    def _judge(self, pruner: Pruner, direction: Direction) -> Judge:
        judge = Judge(pruner, Terms(direction, HORIZON, study_uid="contract", trials=40), UNGUARDED)
        for trial in range(PEERS):
            for step in range(1, HORIZON + 1):
                value = self.peers(trial)(step) * direction.sign
                judge.report(Report(trial, 1, step, value), float(step))
            judge.close(trial, TrialState.COMPLETED, float(HORIZON))
        return judge

    def _last_decision(self, ledger: Ledger, direction: Direction) -> Decision:
        pruner = self.make()
        for step in range(1, HORIZON):
            self._append(ledger, TRIAL, step, self.hopeless(step), direction)
            decision = pruner.judge(ledger, TRIAL)
            if decision.prunes:
                break
        return decision

    def _run(
        self, pruner: Pruner, ledger: Ledger, trial: int, value: Value, direction: Direction
    ) -> Sequence[bool]:
        pruned = []
        for step in range(1, HORIZON + 1):
            self._append(ledger, trial, step, value(step), direction)
            pruned.append(pruner.judge(ledger, trial).prunes)
        return pruned

    @staticmethod
    def _append(ledger: Ledger, trial: int, step: int, value: float, direction: Direction) -> None:
        ledger.append(Report(trial, 1, step, value * direction.sign), float(step))
