"""A study's judge as it was before a value, to be asked what it would have said to another one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from math import inf
from operator import attrgetter
from typing import Any

from espalier.api.judging import JudgeSettings, judge_of
from espalier.pruning import Decision, Judge, Report, TrialState, as_judged
from espalier.pruning.decisions.decision import NO_EVIDENCE
from espalier.study_log.feeding import Happened, feed
from espalier.study_log.log import StoredDecision, StoredObservation
from espalier.views.gathered import Gathered


class Rewound:
    """Asks the acting judge of a study about other values than the one that a trial reported.

    Parameters
    ----------
    settings
        What the judge is built from.
    past
        What happened before the value.
    observation
        The value.

    Raises
    ------
    SpecError
        If no judge can be built.
    """

    def __init__(
        self, settings: JudgeSettings, past: Sequence[Happened], observation: StoredObservation
    ) -> None:
        self.observation = observation
        self._past = past
        self._settings = _without_shadows(settings)
        self._judge: Judge | None = self._fed()

    def says(self, value: float) -> Decision | None:
        """Return what is decided on the trial if it reports this value; None where nothing is."""
        judge, seen = self._before(), self.observation
        report = Report(seen.trial, seen.attempt, seen.step, value)
        try:
            known = as_judged(judge.ledger, report)
            verdict = None if known is None else judge.report(known, seen.at)
        except Exception:
            # What a pruner of a person's own makes of a value that never came is not known.
            return None
        return None if verdict is None else verdict.decision

    def _before(self) -> Judge:
        """Return a judge that knows what came before the value, and may be told another one."""
        if self._judge is None:
            return self._fed()
        try:
            return deepcopy(self._judge, _shared(self._judge))
        except Exception:
            # A pruner of a person's own may keep what cannot be copied: then all is told again.
            self._judge = None
            return self._fed()

    def _fed(self) -> Judge:
        judge = judge_of(self._settings)
        for event in self._past:
            feed(judge, event)
        return judge


def happened(gathered: Gathered, before: float = inf) -> Iterator[Happened]:
    """Yield what came before a place in the log, in order; of values the objective's alone."""
    metric, events = gathered.study.terms.metric, list[Happened]()
    for trial, values in gathered.values.items():
        columns = (values.seqs, values.attempts, values.steps, values.values, values.at)
        events += [
            StoredObservation(seq, trial, attempt, metric, step, value, at)
            for seq, attempt, step, value, at in zip(*columns, strict=True)
            if seq < before
        ]
    events += [end for end in gathered.ends.values() if end.seq < before]
    events += [change for change in gathered.changes if change.seq < before]
    events.sort(key=attrgetter("seq"))
    yield from events


def arrived_before(gathered: Gathered, before: int) -> int:
    """Return how many values came before a place in the log."""
    return sum(bisect_left(values.seqs, before) for values in gathered.values.values())


def reported(gathered: Gathered, stored: StoredDecision) -> StoredObservation | None:
    """Return the value that led to a decision; None where another trial reported it."""
    values, trial = gathered.values.get(stored.decision.trial), stored.decision.trial
    if values is None or stored.seq not in values.seqs:
        return None
    place = values.seqs.index(stored.seq)
    columns = (values.attempts[place], values.steps[place], values.values[place], values.at[place])
    attempt, step, value, at = columns
    metric = gathered.study.terms.metric
    return StoredObservation(stored.seq, trial, attempt, metric, step, value, at)


def _without_shadows(settings: JudgeSettings) -> JudgeSettings:
    """Leave out what judges without acting: the acting judge decides the same without it."""
    kept = {name: value for name, value in settings.pruning.items() if name != "shadows"}
    return replace(settings, pruning=kept)


def _shared(judge: Judge) -> dict[int, Any]:
    """Return what copies of a judge may share, as `deepcopy` takes it: nothing changes it."""
    state = judge.pruner_state
    fixed: list[Any] = [state.pruner, *state.leaves, judge.guards, judge.ledger.terms, NO_EVIDENCE]
    fixed += [getattr(pruner, "settings", None) for pruner in (state.pruner, *state.leaves)]
    if judge.ledger.terms.window is None:
        # What has ended stays as it is; only who leaves a window is marked.
        fixed += [c for c in judge.ledger.curves() if c.state is not TrialState.RUNNING]
    return {id(each): each for each in fixed}
