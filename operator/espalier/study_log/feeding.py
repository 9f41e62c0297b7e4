"""What happened in a study, given to a judge that is to come to what was decided then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from espalier.pruning import (
    Decision,
    Judge,
    Report,
    as_judged,
    close_trial,
    take_course,
    verdict_of,
)
from espalier.study_log.log import StoredChange, StoredEnd, StoredObservation

Happened = StoredObservation | StoredEnd | StoredChange
"""What a judge is told: decisions are its own, and proposals the search's."""


class Decided(NamedTuple):
    """What follows from something that happened."""

    decisions: Sequence[Decision] = ()
    """Those that act."""
    shadows: Sequence[tuple[str, Decision]] = ()
    """Those that do not, each with its shadow's name."""


NOTHING = Decided()


def feed(judge: Judge, event: Happened) -> Decided:
    """Give one value, end or change to a judge; return what is decided on it."""
    if isinstance(event, StoredChange):
        return Decided(take_course(judge, event.restraint, event.wishes, event.at))
    if isinstance(event, StoredEnd):
        close_trial(judge, event.trial, event.end.state, event.end.at)
        return NOTHING
    if event.metric != judge.ledger.terms.metric:
        return NOTHING
    report = as_judged(judge.ledger, Report(event.trial, event.attempt, event.step, event.value))
    verdict = None if report is None else verdict_of(judge, report, event.at)
    return NOTHING if verdict is None else Decided(verdict.decisions, verdict.shadows)
