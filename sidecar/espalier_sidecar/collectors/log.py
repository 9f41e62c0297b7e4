"""Type Log: a log file in the shared volume, and a pattern that finds values in its lines."""

from __future__ import annotations

import atexit
import re
import signal
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from espalier_sidecar.collectors.base import Collector, Context, Health, text_in
from espalier_sidecar.collectors.followed_file import FollowedFile
from espalier_sidecar.errors import BadEnvironment, BadReport
from espalier_sidecar.log import log_line
from espalier_sidecar.report import Report, make_report
from espalier_sidecar.text import clip

MAX_LINE_BYTES = 4096
MATCHES_A_LINE = 512
MATCH_SECONDS = 0.1
SLOW_LINES = 3
"""Of so many lines that took longer than `MATCH_SECONDS` the last gives the pattern up."""


class TooSlow(Exception):
    """A pattern took too long over one line."""


class LogFile(NamedTuple):
    """A log file, and the pattern that finds values in it."""

    path: str
    """Its path, as the trainer says it."""
    pattern: re.Pattern[str]
    """Has groups named `step` and `value`, and perhaps `metric`."""

    def collector(self, context: Context) -> Collector:
        """Make the collector."""
        return FollowedLog(context, self)


def read_section(section: Mapping[str, Any]) -> LogFile:
    """Return what `spec.collector.log` says.

    Raises
    ------
    BadEnvironment
        If its pattern is no regular expression, or lacks a group.
    """
    try:
        pattern = re.compile(text_in(section, "pattern"))
    except (re.error, OverflowError, RecursionError) as error:
        raise BadEnvironment(
            f"spec.collector.log.pattern: expected a regular expression; {error}"
        ) from error
    missing = {"step", "value"} - pattern.groupindex.keys()
    if missing:
        raise BadEnvironment(
            "spec.collector.log.pattern: expected groups (?P<step>...) and (?P<value>...); "
            f"{' and '.join(sorted(missing))} not named in {clip(section['pattern'])}"
        )
    return LogFile(text_in(section, "path"), pattern)


class FollowedLog(FollowedFile):
    """Follows a log, for as long as its pattern is quick enough."""

    def __init__(self, context: Context, log: LogFile) -> None:
        self._pattern = PatternReader(log.pattern, context.metric)
        super().__init__(context, log.path, self._pattern)

    def health(self) -> Health:
        """Return how the log is, and whether its pattern was given up."""
        health = super().health()
        return health._replace(fault=self._pattern.fault or health.fault)

    def close(self) -> None:
        """Close the log, and stop its pattern's timer."""
        super().close()
        stop_timer()


class PatternReader:
    """Finds values in a log by a pattern with the groups `step`, `value` and perhaps `metric`.

    A pattern that takes more than 0.1 s over a line, three times, is given up: it would hold up
    everything else here. It is stopped by a timer that goes on ticking, since to set one for each
    line would cost more than most patterns do: what is still at the same line at the next tick is
    too slow. Made and run in the main thread, where signals are heard.

    Parameters
    ----------
    pattern
        The regular expression.
    metric
        The metric of a match that names none.
    """

    def __init__(self, pattern: re.Pattern[str], metric: str) -> None:
        self._pattern = pattern
        self._metric = metric
        self.fault = ""
        self._slow = 0
        self._line = 0
        self._matching = 0
        self._ticked_at = 0
        atexit.register(stop_timer)
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, MATCH_SECONDS, MATCH_SECONDS)

    def __call__(self, line: bytes) -> list[Report]:
        """Return the reports that the line holds.

        Raises
        ------
        BadReport
            If it is too long, too slow, or holds no numbers where the pattern says.
        """
        if self._slow >= SLOW_LINES:
            return []
        if len(line) > MAX_LINE_BYTES:
            raise BadReport(f"expected at most {MAX_LINE_BYTES} bytes; came {len(line)}")
        text = line.decode(errors="replace")
        try:
            matches = self._matches(text)
        except TooSlow:
            self._matching = 0
            self._count_slow()
            raise BadReport(f"the pattern took over {MATCH_SECONDS} s on {clip(text)}") from None
        if len(matches) > MATCHES_A_LINE:
            raise BadReport(f"expected at most {MATCHES_A_LINE} values in a line; came more")
        return [self._report(match) for match in matches]

    def _matches(self, text: str) -> list[re.Match[str]]:
        self._line += 1
        try:
            self._matching = self._line
            return list(islice(self._pattern.finditer(text), MATCHES_A_LINE + 1))
        finally:
            self._matching = 0

    def _tick(self, *_: object) -> None:
        if self._matching and self._matching == self._ticked_at:
            raise TooSlow
        self._ticked_at = self._matching

    def _report(self, match: re.Match[str]) -> Report:
        found = match.groupdict()
        metric = found.get("metric") or self._metric
        try:
            step, value = int(found["step"]), float(found["value"])
        except (ValueError, TypeError) as error:
            raise BadReport(
                "expected a whole number as step and a number as value; "
                f"came {clip(found['step'])} and {clip(found['value'])}"
            ) from error
        return make_report(metric, step, value)

    def _count_slow(self) -> None:
        self._slow += 1
        if self._slow == SLOW_LINES:
            self.fault = (
                f"gave up the pattern {clip(self._pattern.pattern)}: too slow on "
                f"{self._slow} lines; write one without nested repetition"
            )
            log_line(self.fault)


def stop_timer() -> None:
    """Stop the timer: a tick while the interpreter ends would kill the process."""
    signal.setitimer(signal.ITIMER_REAL, 0)
