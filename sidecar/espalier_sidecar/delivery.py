"""Brings what is spooled to the operator, for as long as it takes."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from http.client import HTTPException

from espalier_sidecar.backoff import Backoff
from espalier_sidecar.ingest_client import Answer
from espalier_sidecar.log import log_line, log_line_limited
from espalier_sidecar.prune_notice import PruneNotice
from espalier_sidecar.rejected import Rejected
from espalier_sidecar.report import Report
from espalier_sidecar.spool import LineEnd, Spool
from espalier_sidecar.wire import (
    MAX_REPORTS,
    ReadAnswer,
    Treatment,
    encode_batch,
    fitting,
    read_answer,
)

DRAIN_PAUSE_SECONDS = 0.25


class Delivery(threading.Thread):
    """Posts the first value at once, and then whatever has queued during the post before.

    Parameters
    ----------
    trial
        The trial that the reports belong to, as `namespace/name`.
    metric
        The study's metric.
    spool
        Where they wait.
    post
        Sends a body to ingest; raises where no answer came.
    notice
        Is told of what was decided.
    rejected
        Is given what the operator refuses.
    undelivered
        Called after each try that failed, so that what is left can be written down in case
        this process does not get to say goodbye.

    Attributes
    ----------
    delivered
        How many reports the operator has acknowledged since the container started.
    came
        Whether reports of the study's metric have come since then.
    """

    def __init__(
        self,
        trial: str,
        metric: str,
        spool: Spool,
        post: Callable[[bytes], Answer],
        notice: PruneNotice,
        rejected: Rejected,
        undelivered: Callable[[], None],
    ) -> None:
        super().__init__(name="delivery", daemon=True)
        self._trial = trial
        self._metric = metric
        self._spool = spool
        self._post = post
        self._notice = notice
        self._rejected = rejected
        self._undelivered = undelivered
        self._backoff = Backoff()
        self._draining = threading.Event()
        self._failing_since: float | None = None
        self.delivered = 0
        self.came = False

    def drain(self, seconds: float) -> None:
        """Deliver what is left, and return when that is done, hopeless, or takes too long."""
        self._draining.set()
        self._spool.wake()
        self.join(seconds)

    def run(self) -> None:
        """Deliver until drained."""
        while True:
            batch = self._spool.peek(MAX_REPORTS)
            if batch:
                most = fitting(self._trial, [report for _, report in batch])
                if not self._deliver(batch[:most]):
                    return
            elif self._draining.is_set() and not self._spool.pending:
                return
            else:
                self._spool.wait(1.0 if self._draining.is_set() else None)

    def _deliver(self, batch: list[tuple[LineEnd, Report]]) -> bool:
        """Send until the batch is stored or set aside; false if that is given up."""
        left = list(batch)
        self.came = self.came or any(report.metric == self._metric for _, report in batch)
        while left:
            final = self._draining.is_set() and self._spool.ends_at(batch[-1][0])
            outcome = self._attempt([report for _, report in left], final)
            if outcome.treatment is Treatment.ACKNOWLEDGE:
                self._acknowledged(outcome, len(left))
                break
            if outcome.treatment is Treatment.SET_ASIDE:
                self._rejected.add(left.pop(outcome.refused)[1], outcome.message)
            elif outcome.treatment is Treatment.HALVE:
                half = len(left) // 2
                if not self._deliver(left[:half]):
                    return False
                left = left[half:]
            elif not self._pause(outcome):
                return False
        self._spool.acknowledge(batch[-1][0])
        return True

    def _attempt(self, reports: list[Report], final: bool) -> ReadAnswer:
        try:
            answer = self._post(encode_batch(self._trial, reports, final))
        except (OSError, HTTPException, ValueError) as error:
            return ReadAnswer(Treatment.AGAIN, f"{type(error).__name__}: {error}")
        return read_answer(answer.status, answer.retry_after, answer.body, len(reports))

    def _acknowledged(self, outcome: ReadAnswer, count: int) -> None:
        self.delivered += count
        self._backoff.reset()
        if self._failing_since is not None:
            away = time.monotonic() - self._failing_since
            log_line(f"the operator answers again after {away:.1f} s")
            self._failing_since = None
        self._notice.record(outcome.decision)

    def _pause(self, outcome: ReadAnswer) -> bool:
        """Wait before the next try; false if there shall be none."""
        if self._failing_since is None:
            self._failing_since = time.monotonic()
        delay = max(self._backoff.next(random.random()), outcome.after or 0.0)
        draining = self._draining.is_set()
        if draining:
            delay = min(delay, DRAIN_PAUSE_SECONDS)
        log_line_limited(
            "undelivered",
            f"{self._spool.pending} values wait, next try in {delay:.1f} s: {outcome.message}",
        )
        self._undelivered()
        if draining:
            time.sleep(delay)
        else:
            self._draining.wait(delay)
        # Another answer to the same token is not to be had in the seconds that are left.
        return not (outcome.denied and self._draining.is_set())
