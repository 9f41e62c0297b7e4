"""A study's stored log, fed to a judge."""

from __future__ import annotations

from collections.abc import Iterator

from espalier.api.judging import is_judged
from espalier.pruning import Judge, Report, Verdict, verdict_of
from espalier.store import Log, StoredEnd, StoredObservation


def arrivals(log: Log) -> Iterator[StoredObservation | StoredEnd]:
    """Yield a log's values and endings in the order in which they came."""
    ends = iter(log.ends)
    end = next(ends, None)
    for seen in log.observations:
        while end is not None and end.seq < seen.seq:
            yield end
            end = next(ends, None)
        yield seen
    while end is not None:
        yield end
        end = next(ends, None)


def replay(
    judge: Judge, log: Log
) -> Iterator[tuple[StoredObservation | StoredEnd, Verdict | None]]:
    """Feed a log to a fresh judge; yield each arrival with its verdict, if judged."""
    settings = log.study.settings
    for arrival in arrivals(log):
        if isinstance(arrival, StoredEnd):
            judge.close(arrival.trial, arrival.end.state, arrival.end.at)
            yield arrival, None
        elif is_judged(settings, arrival.metric, arrival.step):
            report = Report(arrival.trial, arrival.attempt, arrival.step, arrival.value)
            yield arrival, verdict_of(judge, report, arrival.at)
        else:
            yield arrival, None
