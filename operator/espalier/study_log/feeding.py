"""What happened in a study, given to a judge that is to come to what was decided then."""

from __future__ import annotations

from espalier.pruning import Judge, Report, Verdict, as_judged, close_trial, verdict_of
from espalier.study_log.log import StoredChange, StoredEnd, StoredObservation

Happened = StoredObservation | StoredEnd | StoredChange
"""What a judge is told: decisions are its own, and proposals the search's."""


def feed(judge: Judge, event: Happened) -> Verdict | None:
    """Give one value, end or change to a judge; return what it says to a value that it judges."""
    if isinstance(event, StoredChange):
        judge.restrain(event.restraint)
        return None
    if isinstance(event, StoredEnd):
        close_trial(judge, event.trial, event.end.state, event.end.at)
        return None
    if event.metric != judge.ledger.terms.metric:
        return None
    report = as_judged(judge.ledger, Report(event.trial, event.attempt, event.step, event.value))
    return None if report is None else verdict_of(judge, report, event.at)
