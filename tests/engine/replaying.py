"""The oracle of stored decisions: a fresh judge that is fed the stored log, all of it at once."""

from __future__ import annotations

from espalier.pruning import (
    Judge,
    Receipt,
    Report,
    Verdict,
    as_judged,
    close_trial,
    take_course,
    verdict_of,
)
from espalier.store import Log, StoredChange, StoredEnd


def replay(judge: Judge, log: Log) -> list[tuple[int, Verdict]]:
    """Feed a log to a fresh judge; return its verdicts, each with the place of what led to it."""
    verdicts = []
    arrivals = [*log.observations, *log.ends, *log.changes]
    for arrival in sorted(arrivals, key=lambda arrival: arrival.seq):
        if isinstance(arrival, StoredChange):
            decided = take_course(judge, arrival.restraint, arrival.wishes, arrival.at)
            if decided:
                verdicts.append((arrival.seq, Verdict(Receipt.APPENDED, tuple(decided))))
        elif isinstance(arrival, StoredEnd):
            close_trial(judge, arrival.trial, arrival.end.state, arrival.end.at)
        elif log.study.terms.metric == arrival.metric:
            report = Report(arrival.trial, arrival.attempt, arrival.step, arrival.value)
            judged = as_judged(judge.ledger, report)
            if judged is None:
                continue
            verdict = verdict_of(judge, judged, arrival.at)
            assert verdict is not None
            verdicts.append((arrival.seq, verdict))
    return verdicts
