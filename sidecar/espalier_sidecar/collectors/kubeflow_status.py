"""Answers what Hugging Face's Trainer, and Kubeflow's SDK, post of a training's progress."""

from __future__ import annotations

import json
import threading

from espalier_sidecar.byte_budget import BudgetExhausted
from espalier_sidecar.collectors.base import Collected, Context, Health, Served
from espalier_sidecar.collectors.call import Call
from espalier_sidecar.collectors.kubeflow import (
    EPOCH,
    GLOBAL_STEP,
    PREFIX,
    KubeflowCallback,
)
from espalier_sidecar.collectors.kubeflow_progress import Snapshot, progress_of
from espalier_sidecar.collectors.reading import Reading
from espalier_sidecar.errors import BadReport, SpoolFull
from espalier_sidecar.log import log_line_limited
from espalier_sidecar.metric_name import is_metric_name
from espalier_sidecar.report import Report
from espalier_sidecar.text import clip

MOST_METRICS = 256
"""Both clients post no more, and neither does Kubeflow take more."""
LONGEST_BODY = 128 * 1024
SHORTEST_METRIC = 24  # bytes; none is written in fewer
FORM = '{"trainerStatus": {"metrics": [{"name": "eval_loss", "value": "0.31"}]}}'


class KubeflowStatus(Served):
    """Takes out of each post what was logged since the one before.

    Parameters
    ----------
    context
        Where values are kept, and what was known before a restart.
    section
        What the step is.
    """

    def __init__(self, context: Context, section: KubeflowCallback) -> None:
        self.prefix = PREFIX
        self._context = context
        self._unit = section.step
        kept = context.positions.state(PREFIX)
        context.translation.resume(kept.get("counts"))
        self._progress = progress_of(kept)
        self._lock = threading.Lock()
        self._seen = 0
        self._matched = 0
        self._bad = 0
        self._passed_over = ""

    def serve(self, call: Call) -> None:
        """Answer a post, once its values are in the spool."""
        if call.command != "POST":
            call.hang_up()
            call.complain(405, f"expected POST {PREFIX}; came {call.command} {call.path[:80]}")
            return
        length = call.body_length()
        if length is None:
            return
        if length > LONGEST_BODY:
            call.hang_up()
            call.complain(413, f"expected at most {LONGEST_BODY} bytes; came {length}")
            return
        try:
            with call.reserved(length):
                body = call.read_body(length)
                if body is not None:
                    # One at a time: the bound on what parsing needs is for one.
                    with self._lock:
                        self._take(call, body)
        except BudgetExhausted:
            call.hang_up()
            call.complain(503, "expected fewer large posts at a time", retry_after=1)

    def poll(self, until: float, last: bool) -> Collected:
        """Return nothing: what is posted is spooled as it comes."""
        return Collected([], False)

    def health(self) -> Health:
        """Return how it is."""
        return Health(
            source=PREFIX,
            fault="",
            seen=self._seen,
            matched=self._matched,
            bad=self._bad,
            passed_over=self._passed_over,
            names=tuple(self._context.translation.names),
        )

    def kept(self) -> None:
        """Write down what the next post is compared with."""
        state = self._progress.state()
        if counts := self._context.translation.state():
            state["counts"] = counts
        self._context.positions.put(PREFIX, None, state)

    def skip(self) -> None:
        """Leave nothing out: nothing waits."""

    def close(self) -> None:
        """Hold nothing."""

    def _take(self, call: Call, body: bytearray) -> None:
        self._seen += 1
        counts = self._context.translation.state()
        try:
            progress, readings = self._progress.after(read_post(body), self._unit)
            reports = self._reports(readings)
            if reports:
                self._context.keep(reports)
        except BadReport as error:
            self._bad += 1
            self._passed_over = str(error)
            log_line_limited(PREFIX, f"{PREFIX}: answered 400: {error}")
            call.complain(400, str(error))
        except SpoolFull as error:
            # The next post says the same again.
            self._context.translation.resume(counts)
            log_line_limited("full", f"answered 507: {error}")
            call.complain(507, f"the values were not kept, their volume is full: {error}")
        else:
            self._progress = progress
            self._matched += bool(reports)
            call.answer(200, "{}")

    def _reports(self, readings: list[Reading]) -> list[Report]:
        """Return what can be used, and say of the study's own metric why it cannot be."""
        translation = self._context.translation
        reports = []
        for reading in readings:
            try:
                reports.append(translation.report(reading))
            except BadReport as error:
                if translation.ours(reading.metric) == self._context.metric:
                    self._bad += 1
                    self._passed_over = f"{clip(reading.metric)}: {error}{self._advice(reading)}"
                    log_line_limited(PREFIX, f"{PREFIX}: passed over {self._passed_over}")
        return reports

    def _advice(self, reading: Reading) -> str:
        inside = self._unit == EPOCH and reading.step is not None and reading.step % 1 != 0
        return f", or choose step: {GLOBAL_STEP} under kubeflow" if inside else ""


def read_post(body: bytes | bytearray) -> Snapshot:
    """Return the metrics of a post, by their names; those that are no numbers are left out.

    Raises
    ------
    BadReport
        If it is none of the two clients' posts.
    """
    try:
        # What has more objects than a post can have is not parsed: it would need much memory.
        if body.count(b"{") + body.count(b"[") > 4 + len(body) // SHORTEST_METRIC:
            raise ValueError
        status = json.loads(body)["trainerStatus"]
        metrics = status.get("metrics") or []
        if len(metrics) > MOST_METRICS:
            raise BadReport(f"expected at most {MOST_METRICS} metrics; came {len(metrics)}")
        named = [(each["name"], _number(each["value"])) for each in metrics]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadReport(f"expected {FORM}; came {clip(bytes(body[:100]))}") from error
    return {name: value for name, value in named if value is not None and is_metric_name(name)}


def _number(value: object) -> float | None:
    """Return a value, which both clients write as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return None if "_" in str(value) else float(value)
    except (ValueError, OverflowError):
        return None
