"""What a line of a followed file says: JSON, or whatever a pattern finds in it."""

import atexit
import re
import signal
from collections.abc import Callable
from itertools import islice

from espalier_sidecar.errors import BadReport
from espalier_sidecar.log import log_line
from espalier_sidecar.report import Report, make_report, parse_reports
from espalier_sidecar.text import clip

LONGEST_LOG_LINE = 4096
MOST_MATCHES = 512
MATCH_SECONDS = 0.1
MATCHES_TOO_SLOW = 3


class TooSlow(Exception):
    """A pattern took too long over one line."""


def json_line(metric: str) -> Callable[[bytes], list[Report]]:
    """Read lines of JSON, one report or a list of them each."""
    return lambda line: parse_reports(line, metric) if line.strip() else []


class LogLine:
    """Finds values in a log by a pattern with the groups `step`, `value` and perhaps `metric`.

    A pattern that takes more than 0.1 s over a line, three times, is given up: it would hold up
    everything else here. It is stopped by a timer that goes on ticking, since to set one for each
    line would cost more than most patterns do: what is still at the same line at the next tick is
    too slow. Made and run in the main thread, where signals are heard.
    """

    def __init__(self, pattern: re.Pattern[str], metric: str) -> None:
        self._pattern = pattern
        self._metric = metric
        self._slow = 0
        self._line = 0
        self._matching = 0
        self._ticked_at = 0
        atexit.register(stop_ticking)
        signal.signal(signal.SIGALRM, self._tick)
        signal.setitimer(signal.ITIMER_REAL, MATCH_SECONDS, MATCH_SECONDS)

    def __call__(self, line: bytes) -> list[Report]:
        """Return the reports that the line holds."""
        if self._slow >= MATCHES_TOO_SLOW:
            return []
        if len(line) > LONGEST_LOG_LINE:
            raise BadReport(f"expected at most {LONGEST_LOG_LINE} bytes; came {len(line)}")
        text = line.decode(errors="replace")
        try:
            matches = self._matches(text)
        except TooSlow:
            self._matching = 0
            self._count_slow()
            raise BadReport(f"the pattern took over {MATCH_SECONDS} s on {clip(text)}") from None
        if len(matches) > MOST_MATCHES:
            raise BadReport(f"expected at most {MOST_MATCHES} values in a line; came more")
        return [self._report(match) for match in matches]

    def _matches(self, text: str) -> list[re.Match[str]]:
        self._line += 1
        try:
            self._matching = self._line
            return list(islice(self._pattern.finditer(text), MOST_MATCHES + 1))
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
        if self._slow == MATCHES_TOO_SLOW:
            log_line(
                f"gave up the pattern {clip(self._pattern.pattern)}: too slow on "
                f"{self._slow} lines; write one without nested repetition"
            )


def stop_ticking() -> None:
    """Stop the timer: a tick while the interpreter ends would kill the process."""
    signal.setitimer(signal.ITIMER_REAL, 0)
